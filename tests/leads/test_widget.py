"""The web chat on a brokerage's own site: which sites may show it, and its script."""

import gzip

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from crm.errors import DomainError
from leads import outbox, widget
from leads.models import Lead
from tests.leads.test_chat import poll, post

pytestmark = pytest.mark.django_db


def policy(client: Client, slug: str = "andes") -> str:
    page = client.get(f"/chat/{slug}/?widget=1")
    assert "X-Frame-Options" not in page
    return str(page["Content-Security-Policy"])


def test_only_the_brokers_own_sites_may_frame_its_chat(
    client: Client, broker: Broker, rival: Broker
) -> None:
    assert policy(client) == "frame-ancestors 'self'"
    given = ["https://www.andes.cl/contacto?x=1", "andes.cl", "HTTPS://*.Andes.cl", "andes.cl", ""]
    widget.allow(broker, given=[*given, "http://localhost:3000"])
    assert policy(client) == (
        "frame-ancestors 'self' https://www.andes.cl https://andes.cl https://*.andes.cl "
        "http://localhost:3000"
    )
    assert policy(client, "rival") == "frame-ancestors 'self'"
    widget.allow(broker, given=[])
    assert policy(client) == "frame-ancestors 'self'"


@pytest.mark.parametrize(
    "given",
    [
        "http://andes.cl",
        "javascript:alert(1)",
        "https://",
        "https://a b.cl",
        "https://andes.cl; script-src *",
        "https://*",
        "https://*.cl;",
        "https://user:pass@andes.cl",
        "https://andes.cl:99999",
        "ftp://andes.cl",
        "x" * 300,
    ],
)
def test_what_is_no_site_is_refused_and_nothing_changes(broker: Broker, given: str) -> None:
    widget.allow(broker, given=["https://andes.cl"])
    with pytest.raises(DomainError):
        widget.allow(broker, given=["https://otro.cl", given])
    broker.brokerchatconfig.refresh_from_db()
    assert widget.origins(broker.brokerchatconfig) == ["https://andes.cl"]


def test_the_script_is_small_public_and_of_an_open_broker(client: Client, broker: Broker) -> None:
    script = client.get("/chat/andes/widget.js")
    assert script["Content-Type"].startswith("text/javascript")
    assert script["Cache-Control"] == "public, max-age=300"
    assert len(gzip.compress(script.content)) < 3_000
    assert widget.tag(broker).count("/chat/andes/widget.js") == 1
    assert client.get("/chat/nobody/widget.js").status_code == 404


def test_an_admin_names_the_sites_in_admin_and_reads_the_line_to_paste(
    client: Client, broker: Broker, admin: User, rival_admin: User
) -> None:
    config = broker.brokerchatconfig
    page = reverse("admin:brokers_brokerchatconfig_embed_chat", args=[config.pk])
    client.force_login(rival_admin)
    assert client.post(page, {"origins": "https://rival.cl"}).status_code == 404
    client.force_login(admin)
    assert "/chat/andes/widget.js" in client.get(page).text
    refused = client.post(page, {"origins": "http://andes.cl"})
    assert refused.status_code == 409
    client.post(page, {"origins": "https://andes.cl\r\nhttps://www.andes.cl"})
    config.refresh_from_db()
    assert widget.origins(config) == ["https://andes.cl", "https://www.andes.cl"]


def test_slots_come_as_choices_that_the_page_shows_as_buttons(
    client: Client, broker: Broker, at: object
) -> None:
    visitor = post(client, text="hola").json()["visitor"]
    lead = Lead.objects.get()
    message = outbox.queue(
        lead,
        text="¿Cuál te acomoda?",
        author="assistant",
        purpose="reply",
        at=lead.created_at,
        metadata={"choices": [{"label": "martes 10:00", "value": "a"}]},
    )
    outbox.deliver(message.pk, at=lead.created_at)
    told = poll(client, visitor)["messages"]
    assert [each["choices"] for each in told] == [[], ["martes 10:00"]]
