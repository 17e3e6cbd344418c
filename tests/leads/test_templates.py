"""Message templates through the API: admins keep them, agents read them."""

from typing import Any

import pytest

from brokers.models import User
from leads.models import MessageTemplate
from tests.api import codes, signed_in
from tests.factories import MessageTemplateFactory

TEMPLATES = "/api/v1/templates/"
HELLO = {"name": "Saludo", "channel": "telegram", "content": "Hola {{name}}, soy {{agent}}"}


def test_an_admin_keeps_the_templates_and_variables_follow_the_text(admin: User) -> None:
    client = signed_in(admin)
    made = client.post(TEMPLATES, {**HELLO, "variables": ["x"], "approval": "approved"})
    assert (made.status_code, made.json()["variables"]) == (201, ["name", "agent"])
    assert made.json()["approval"] == "none"
    url = f"{TEMPLATES}{made.json()['id']}/"
    assert client.patch(url, {"content": "Chao {{name}}"}).json()["variables"] == ["name"]
    assert client.delete(url).status_code == 204
    assert not MessageTemplate.objects.exists()


def test_an_agent_reads_templates_and_writes_none(agent: User) -> None:
    template = MessageTemplateFactory(broker=agent.broker)
    client, url = signed_in(agent), f"{TEMPLATES}{template.pk}/"
    assert client.get(url).json()["name"] == template.name
    answers = [client.post(TEMPLATES, HELLO), client.patch(url, HELLO), client.delete(url)]
    assert [answer.status_code for answer in answers] == [403, 403, 403]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"content": "Hola {{tu nombre}}"}, "content"),
        ({"content": ""}, "content"),
        ({"channel": "paloma"}, "channel"),
        ({"agent_type": "jefe"}, "agent_type"),
    ],
)
def test_a_template_that_does_not_fit_is_refused_by_field(
    admin: User, change: dict[str, Any], field: str
) -> None:
    answer = signed_in(admin).post(TEMPLATES, {**HELLO, **change})
    assert (answer.status_code, codes(answer)[0][0]) == (400, field)


def test_a_name_is_taken_once_a_channel(admin: User) -> None:
    client = signed_in(admin)
    other = {**HELLO, "channel": "whatsapp"}
    assert [client.post(TEMPLATES, each).status_code for each in (HELLO, other, HELLO)] == [
        201,
        201,
        400,
    ]


def test_templates_are_listed_by_channel(admin: User) -> None:
    MessageTemplateFactory(broker=admin.broker, channel="whatsapp")
    mine = MessageTemplateFactory(broker=admin.broker, channel="email")
    found = signed_in(admin).get(TEMPLATES, {"channel": "email"}).json()["results"]
    assert [row["id"] for row in found] == [mine.pk]
