"""What is said against a person's word: kept, told, decided by a person."""

from datetime import datetime, timedelta

import pytest

from brokers.models import User
from leads import facts
from leads.facts import Facts
from leads.models import ActivityLog, Lead
from tests.api import codes, signed_in
from tests.factories import ChatMessageFactory

pytestmark = pytest.mark.django_db

UF_3500 = {"amount": 3500, "currency": "UF"}
UF_4200 = {"amount": 4200, "currency": "UF"}


def url(lead: Lead, action: str = "conflicts/") -> str:
    return f"/api/v1/leads/{lead.pk}/{action}"


@pytest.fixture
def disputed(lead: Lead, agent: User, at: datetime) -> Lead:
    """Ana noted 3,500 UF; the lead wrote 4,200 later."""
    facts.record(lead, Facts(budget=UF_3500), source="person", user=agent, at=at)
    message = ChatMessageFactory(broker=lead.broker, lead=lead)
    later = at + timedelta(hours=1)
    facts.record(
        lead, Facts(budget=UF_4200), source="lead", message=message, at=later, confidence=0.8
    )
    return lead


def test_the_persons_word_stands_and_the_other_is_told(disputed: Lead, agent: User) -> None:
    answer = signed_in(agent).get(url(disputed, "")).json()
    assert answer["metadata"]["budget"] == UF_3500
    [told] = answer["conflicts"]
    message = disputed.messages.get()
    assert {
        name: told[name]
        for name in ("fact", "label", "stands", "value", "by", "message", "confidence")
    } == {
        "fact": "budget",
        "label": "Presupuesto",
        "stands": UF_3500,
        "value": UF_4200,
        "by": "lead",
        "message": message.pk,
        "confidence": 0.8,
    }


def test_accepted_it_is_a_persons_word_from_that_message(disputed: Lead, agent: User) -> None:
    answer = signed_in(agent).post(url(disputed), {"fact": "budget", "accept": True}).json()
    assert (answer["metadata"]["budget"], answer["conflicts"]) == (UF_4200, [])
    said = answer["metadata"]["provenance"]["budget"]
    assert (said["by"], said["user"], said["message"]) == (
        "person",
        agent.pk,
        disputed.messages.get().pk,
    )


def test_rejected_it_is_not_told_again_until_something_else_is_said(
    disputed: Lead, agent: User, at: datetime
) -> None:
    answer = signed_in(agent).post(url(disputed), {"fact": "budget", "accept": False}).json()
    assert (answer["metadata"]["budget"], answer["conflicts"]) == (UF_3500, [])
    facts.record(disputed, Facts(budget=UF_4200), source="lead", at=at)
    assert "conflicts" not in Lead.objects.get(pk=disputed.pk).metadata
    facts.record(disputed, Facts(budget={"amount": 5000, "currency": "UF"}), source="lead", at=at)
    assert (
        Lead.objects.get(pk=disputed.pk).metadata["conflicts"]["budget"]["value"]["amount"] == 5000
    )
    logged = ActivityLog.objects.filter(lead=disputed, action_type="fact_rejected").get()
    assert (logged.user, logged.details) == (agent, {"facts": {"budget": UF_4200}})


def test_only_what_the_person_saw_is_decided(disputed: Lead, agent: User, at: datetime) -> None:
    [told] = signed_in(agent).get(url(disputed, "")).json()["conflicts"]
    facts.record(disputed, Facts(budget={"amount": 9000, "currency": "UF"}), source="lead", at=at)
    decided = {"fact": "budget", "accept": True, "said_at": told["at"]}
    answer = signed_in(agent).post(url(disputed), decided)
    assert (answer.status_code, codes(answer)) == (409, [(None, "conflict_settled")])
    assert Lead.objects.get(pk=disputed.pk).metadata["budget"] == UF_3500
    nothing = signed_in(agent).post(url(disputed), {"fact": "provenance", "accept": True})
    assert nothing.status_code == 409


def test_a_person_who_corrects_the_fact_settles_it(disputed: Lead, agent: User) -> None:
    change = {"metadata": {"budget": {"amount": 4000, "currency": "UF"}}}
    assert signed_in(agent).patch(url(disputed, ""), change).json()["conflicts"] == []


def test_the_list_finds_leads_in_conflict(disputed: Lead, agent: User) -> None:
    client = signed_in(agent)
    for asked, found in (("true", [disputed.pk]), ("false", [])):
        rows = client.get(f"/api/v1/leads/?conflicts={asked}").json()["results"]
        assert [row["id"] for row in rows] == found


def test_scores_are_told_over_time_with_their_receipts(disputed: Lead, agent: User) -> None:
    results = signed_in(agent).get(url(disputed, "scores/")).json()["results"]
    assert [round(sum(line["points"] for line in row["lines"]), 1) for row in results] == [
        row["total"] for row in results
    ]
    assert results[0]["total"] == Lead.objects.get(pk=disputed.pk).lead_score


def test_a_line_of_the_receipt_quotes_what_the_lead_wrote(
    lead: Lead, agent: User, at: datetime
) -> None:
    message = ChatMessageFactory(broker=lead.broker, lead=lead, message_text="¿Dan crédito?")
    facts.record(lead, Facts(asked_financing=True), source="lead", message=message, at=at)
    lines = signed_in(agent).get(url(lead, "")).json()["score_receipt"]["lines"]
    [line] = [line for line in lines if line["rule"] == "financing"]
    assert (line["label"], line["points"], line["message"]) == (
        "Preguntó por financiamiento o subsidio",
        4.0,
        "¿Dan crédito?",
    )
