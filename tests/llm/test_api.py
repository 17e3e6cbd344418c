"""Prompts, model calls and costs through the API."""

from brokers.models import User
from llm.models import PromptVersion
from tests.api import codes, signed_in
from tests.factories import LLMCallFactory, PromptVersionFactory

PROMPTS, CALLS, COSTS = "/api/v1/prompts/", "/api/v1/llm/calls/", "/api/v1/llm/costs/"


def test_a_prompt_version_is_made_once_and_activated(admin: User) -> None:
    client = signed_in(admin)
    before = PromptVersionFactory(broker=admin.broker, is_active=True)
    made = client.post(PROMPTS, {"version_tag": "v2", "content": "Eres Camila."}).json()
    assert (made["is_active"], made["created_by"], len(made["prompt_hash"])) == (
        False,
        admin.pk,
        64,
    )
    again = client.post(PROMPTS, {"version_tag": "v2", "content": "Otra"})
    assert again.status_code == 400
    assert client.patch(f"{PROMPTS}{made['id']}/", {"content": "x"}).status_code == 405
    assert client.post(f"{PROMPTS}{made['id']}/activate/").json()["is_active"] is True
    before = PromptVersion.objects.get(pk=before.pk)
    assert before.is_active is False


def test_an_agent_sees_neither_prompts_nor_costs(agent: User) -> None:
    client = signed_in(agent)
    assert {client.get(path).status_code for path in (PROMPTS, CALLS, COSTS)} == {403}


def test_calls_are_filtered(admin: User) -> None:
    call = LLMCallFactory(broker=admin.broker, provider="google", used_fallback=True)
    LLMCallFactory(broker=admin.broker)
    client = signed_in(admin)
    for query in ({"provider": "google"}, {"trace_id": call.trace_id}, {"used_fallback": "true"}):
        assert [row["id"] for row in client.get(CALLS, query).json()["results"]] == [call.pk]
    assert codes(client.get(CALLS, {"since": "ayer"}))[0][0] == "since"
