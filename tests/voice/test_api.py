"""Calls under /api/v1/: who places them, who reads them, and what a refusal says."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from brokers.models import User
from leads.models import Lead
from tests.api import codes, signed_in
from tests.factories import CallTranscriptFactory, VoiceCallFactory
from voice.models import VoiceCall

pytestmark = pytest.mark.django_db
CALLS = "/api/v1/calls/"


@pytest.fixture(autouse=True)
def _awake(lead: Lead) -> None:
    """Tests run at any hour; the broker of these is awake."""
    config = lead.broker.brokerleadconfig
    config.quiet_hours = {"start": "23:59", "end": "00:00", "sundays": False, "holidays": False}
    config.save()


def test_an_agent_places_a_call_to_their_lead(lead: Lead, agent: User) -> None:
    told = signed_in(agent).post(CALLS, {"lead": lead.pk, "call_purpose": "qualification"})
    assert told.status_code == 201
    call = VoiceCall.objects.get()
    assert told.json()["id"] == call.pk
    assert (told.json()["status"], told.json()["placed_by"]) == ("initiated", agent.pk)


def test_the_same_intent_key_answers_with_the_first_call(lead: Lead, agent: User) -> None:
    client, order = signed_in(agent), {"lead": lead.pk, "intent_key": "one"}
    first, again = client.post(CALLS, order), client.post(CALLS, order)
    assert first.json()["id"] == again.json()["id"]
    assert VoiceCall.objects.count() == 1


def test_an_intent_key_is_each_person_s_own(lead: Lead, agent: User, admin: User) -> None:
    order = {"lead": lead.pk, "intent_key": "one"}
    assert signed_in(agent).post(CALLS, order).status_code == 201
    told = signed_in(admin).post(CALLS, order)
    assert (told.status_code, told.json()["data"]["reason"]) == (409, "call_under_way")


def test_a_refusal_says_why_and_until_when(lead: Lead, agent: User) -> None:
    lead.broker.brokerleadconfig.quiet_hours = {"start": "00:00", "end": "23:59"}
    lead.broker.brokerleadconfig.save()
    told = signed_in(agent).post(CALLS, {"lead": lead.pk})
    assert (told.status_code, codes(told)) == (409, [(None, "call_refused")])
    assert told.json()["data"]["reason"] == "quiet_hours"
    assert datetime.fromisoformat(told.json()["data"]["next_allowed_at"])
    assert told.json()["errors"][0]["detail"] == "Es horario de silencio para el lead."


def test_an_agent_neither_calls_nor_reads_another_s_lead(lead: Lead, agent2: User) -> None:
    call = VoiceCallFactory(broker=lead.broker, lead=lead)
    client = signed_in(agent2)
    told = client.post(CALLS, {"lead": lead.pk})
    assert (told.status_code, codes(told)) == (400, [("lead", "does_not_exist")])
    assert client.get(f"{CALLS}{call.pk}/transcript/").status_code == 404


def test_the_transcript_is_listed_in_order(lead: Lead, agent: User) -> None:
    call = VoiceCallFactory(broker=lead.broker, lead=lead)
    for position in (2, 0, 1):
        CallTranscriptFactory(broker=lead.broker, call=call, position=position)
    told = signed_in(agent).get(f"{CALLS}{call.pk}/transcript/").json()
    assert told["count"] == 3
    assert [line["position"] for line in told["results"]] == [0, 1, 2]
    assert set(told["results"][0]) == {
        "id", "position", "speaker", "text", "timestamp", "confidence",
    }  # fmt: skip


def test_a_call_that_has_not_left_is_cancelled(lead: Lead, agent: User) -> None:
    client = signed_in(agent)
    made = client.post(CALLS, {"lead": lead.pk}).json()
    assert client.post(f"{CALLS}{made['id']}/cancel/").json()["status"] == "cancelled"
    again = client.post(f"{CALLS}{made['id']}/cancel/")
    assert (again.status_code, codes(again)) == (409, [(None, "call_not_cancellable")])


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"status": "completed"}, ["a"]),
        ({"disposition": "interested"}, ["a"]),
        ({"call_purpose": "campaign"}, ["b"]),
        ({"search": "DICOM"}, ["a"]),
        ({"ordering": "created_at"}, ["a", "b"]),
        ({}, ["b", "a"]),
    ],
)
def test_calls_are_filtered_searched_and_ordered(
    lead: Lead, admin: User, at: datetime, asked: Any, found: list[str]
) -> None:
    VoiceCallFactory(
        broker=lead.broker, lead=lead, intent_key="a", status="completed",
        disposition="interested", summary="Sin DICOM", created_at=at,
    )  # fmt: skip
    VoiceCallFactory(
        broker=lead.broker, lead=lead, intent_key="b", call_purpose="campaign",
        created_at=at + timedelta(days=1),
    )  # fmt: skip
    told = signed_in(admin).get(CALLS, {"lead": lead.pk, **asked}).json()
    assert [row["intent_key"] for row in told["results"]] == found


def test_nothing_of_a_call_is_edited_or_deleted(lead: Lead, admin: User) -> None:
    call = VoiceCallFactory(broker=lead.broker, lead=lead)
    client = signed_in(admin)
    address = f"{CALLS}{call.pk}/"
    told = [client.patch(address, {}), client.put(address, {}), client.delete(address)]
    assert [each.status_code for each in told] == [405, 405, 405]
