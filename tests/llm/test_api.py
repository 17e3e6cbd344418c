"""Prompts, model calls and costs through the API."""

from brokers.models import User
from llm.desk import replaying
from llm.models import PromptVersion
from tests.api import codes, signed_in
from tests.factories import LLMCallFactory, PromptVersionFactory
from tests.llm.conftest import Write

REPLAYS = "/api/v1/llm/replays/"
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


def test_differences_go_from_the_active_version_or_from_another(admin: User) -> None:
    client = signed_in(admin)
    old = PromptVersionFactory(broker=admin.broker, content="Eres Sofía.", is_active=True)
    new = PromptVersionFactory(broker=admin.broker, content="Eres Elena.")
    for query in ({}, {"other": old.pk}):
        (told,) = client.get(f"{PROMPTS}{new.pk}/differences/", query).json()
        kinds = [(each["kind"], each["text"]) for each in told["pieces"]]
        assert kinds == [("same", "Eres "), ("removed", "Sofía."), ("added", "Elena.")]
        assert (told["section"], told["changed"]) == ("full_custom_prompt", True)
    theirs = PromptVersionFactory()
    assert client.get(f"{PROMPTS}{new.pk}/differences/", {"other": theirs.pk}).status_code == 404


def test_a_replay_is_asked_for_read_and_stopped(admin: User, agent: User, write: Write) -> None:
    client = signed_in(admin)
    refused = client.post(REPLAYS, {"asked": 10})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "nothing_to_replay")
    write("Hola, busco depto en Ñuñoa")
    asked = client.post(REPLAYS, {"asked": 10}).json()
    assert (asked["state"], asked["total"], asked["asked_by"]) == ("pending", 1, admin.pk)
    assert client.post(REPLAYS, {"asked": 10}).status_code == 409
    assert client.post(REPLAYS, {"asked": 9}).status_code == 400
    replaying.work(asked["id"], seconds=60)
    done = client.get(f"{REPLAYS}{asked['id']}/").json()
    assert (done["state"], done["result"]["conversations"]) == ("done", 1)
    (held,) = client.get(f"{REPLAYS}{asked['id']}/conversations/").json()["results"]
    assert held["exchanges"][0]["texts"] == ["Hola, busco depto en Ñuñoa"]
    assert client.post(f"{REPLAYS}{asked['id']}/stop/").status_code == 409
    assert signed_in(agent).get(REPLAYS).status_code == 403
