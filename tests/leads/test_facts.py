"""Facts: who said them, which are refused and why, and what follows from a new one."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from brokers.models import User
from leads import consenting, facts, gate
from leads.enums import Actor, HandoffReason, Holder
from leads.facts import Facts, Source
from leads.models import (
    ActivityLog,
    ChannelIdentity,
    Conversation,
    Lead,
    MergeSuggestion,
    Suppression,
)
from leads.stages import Stage, Treatment
from tests.factories import ChatMessageFactory, LeadFactory

pytestmark = pytest.mark.django_db

BLANK: dict[str, Any] = {"name": None, "phone": "", "phone_e164": None}


@pytest.fixture
def stranger(broker) -> Lead:
    return LeadFactory(broker=broker, **BLANK)


def record(lead: Lead, at: datetime, *, source: str = "lead", **said: Any) -> facts.Recorded:
    extra = {name: said.pop(name) for name in ("message", "user", "confidence") if name in said}
    return facts.record(lead, Facts(**said), source=source, at=at, **extra)


def events(lead: Lead, *kinds: str) -> list[ActivityLog]:
    return list(ActivityLog.objects.filter(lead=lead, action_type__in=kinds).order_by("id"))


def test_each_fact_keeps_who_said_it_and_in_which_message(stranger, at) -> None:
    message = ChatMessageFactory(broker=stranger.broker, lead=stranger)
    result = record(
        stranger, at, name="camila rojas", dicom="clean", message=message, confidence=0.8
    )
    assert (result.recorded, result.refused) == (["name", "dicom"], {})
    said = {
        "by": "lead",
        "message": message.pk,
        "user": None,
        "at": at.isoformat(),
        "confidence": 0.8,
    }
    stored = Lead.objects.get(pk=stranger.pk)
    assert stored.name == "Camila Rojas"
    assert stored.metadata["provenance"] == {"name": said, "dicom": said}
    entry = events(stranger, "facts_recorded")[0]
    assert (entry.actor, entry.details) == (
        Actor.ASSISTANT,
        {"facts": {"name": "Camila Rojas", "dicom": "clean"}, "message": message.pk},
    )


def test_the_caller_s_object_is_brought_up_to_date(stranger, at) -> None:
    record(stranger, at, name="Camila Rojas", dicom="clean")
    stored = Lead.objects.get(pk=stranger.pk)
    for column in ("name", "metadata", "version", "lead_score", "status", "pipeline_stage"):
        assert getattr(stranger, column) == getattr(stored, column)


FACTS: dict[str, Any] = {
    "name": "Camila Rojas",
    "phone": "9 8765 4321",
    "email": "Camila@Example.com",
    "location": ["nunoa", "Las Condes"],
    "budget": {"amount": 3500.0, "currency": "UF"},
    "income": {"amount": 1_200_000.0},
    "dicom": "has_debt",
    "debt_amount": 300_000.0,
    "timeline": {"horizon": "now", "text": "este mes"},
    "property_type": " departamento ",
    "bedrooms": 2,
    "asked_financing": True,
    "operation": "buy",
    "pets": True,
    "delivery": "immediate",
    "subsidy": "DS19",
}
KEPT: dict[str, Any] = {
    "name": "Camila Rojas",
    "phone": "+56987654321",
    "email": "camila@example.com",
    "location": ["Ñuñoa", "Las Condes"],
    "budget": {"amount": 3500, "currency": "UF"},
    "income": {"amount": 1_200_000, "currency": "CLP"},
    "dicom": "has_debt",
    "debt_amount": 300_000,
    "timeline": {"horizon": "now", "text": "este mes"},
    "property_type": "departamento",
    "bedrooms": 2,
    "asked_financing": True,
    "operation": "buy",
    "pets": True,
    "delivery": "immediate",
    "subsidy": "DS19",
}


def test_every_fact_is_kept_in_its_normal_form(stranger, at) -> None:
    result = record(stranger, at, **FACTS)
    stored = Lead.objects.get(pk=stranger.pk)
    assert sorted(result.recorded) == sorted(KEPT)
    assert facts.known(stored) == KEPT
    assert stored.phone_e164 == "+56987654321"
    assert stored.version == 2


def test_said_again_nothing_changes_is_logged_or_counted(stranger, at) -> None:
    record(stranger, at, **FACTS)
    before = Lead.objects.filter(pk=stranger.pk).values().get()
    logged = ActivityLog.objects.count()
    for source in Source:
        again = record(stranger, at, source=source, **FACTS)
        assert (again.recorded, again.refused) == ([], {})
    assert Lead.objects.filter(pk=stranger.pk).values().get() == before
    assert ActivityLog.objects.count() == logged


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"name": "12345"}, "not_a_name"),
        ({"name": "cliente"}, "not_a_name"),
        ({"phone": "no tengo"}, "not_dialable"),
        ({"phone": "123"}, "not_dialable"),
        ({"email": "camila arroba gmail"}, "not_an_email"),
        ({"email": f"{'a' * 120}@b.cl"}, "not_an_email"),
        ({"location": ["Narnia"]}, "not_a_comuna"),
        ({"location": []}, "not_a_comuna"),
        ({"property_type": " \x00 "}, "blank"),
    ],
)
def test_what_is_refused_says_why_and_the_rest_is_kept(stranger, at, said, reason) -> None:
    result = record(stranger, at, bedrooms=3, **said)
    assert (result.recorded, result.refused) == (["bedrooms"], {next(iter(said)): reason})
    assert facts.known(stranger) == {"bedrooms": 3}


def test_a_comuna_that_is_none_does_not_spoil_the_others(stranger, at) -> None:
    record(stranger, at, location=["Narnia", "puente alto", "Puente Alto"])
    assert stranger.metadata["location"] == ["Puente Alto"]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"budget": {"amount": -1}},
        {"income": {"amount": 1, "currency": "EUR"}},
        {"dicom": "maybe"},
        {"debt_amount": -5},
        {"timeline": {"horizon": "soon"}},
        {"bedrooms": 99},
        {"broker": 1},
        {"location": "Ñuñoa"},
    ],
)
def test_what_has_not_the_form_of_a_fact_never_reaches_the_lead(nonsense) -> None:
    with pytest.raises(ValidationError):
        Facts(**nonsense)


def test_text_that_the_database_cannot_keep_does_no_harm(stranger, at) -> None:
    record(
        stranger, at, name="Cami\x00la", property_type="ca\x00sa",
        timeline={"horizon": "now", "text": "ya\x00"},
    )  # fmt: skip
    stored = Lead.objects.get(pk=stranger.pk)
    assert (stored.name, stored.metadata["property_type"]) == ("Camila", "casa")
    assert stored.metadata["timeline"]["text"] == "ya"


# --- A person's word -----------------------------------------------------------------------------


@pytest.mark.parametrize("source", [Source.LEAD, Source.ASSISTANT, Source.IMPORT])
def test_a_persons_word_is_never_overwritten_by_another_source(stranger, agent, at, source) -> None:
    record(stranger, at, source="person", user=agent, **FACTS)
    others = {
        "name": "Otra Persona",
        "phone": "9 7654 3210",
        "email": "otra@example.com",
        "location": ["Maipú"],
        "income": {"amount": 1},
        "dicom": "clean",
        "bedrooms": 5,
    }
    result = record(stranger, at, source=source, **others)
    assert (result.recorded, set(result.refused.values())) == ([], {"confirmed_by_a_person"})
    assert facts.known(Lead.objects.get(pk=stranger.pk)) == KEPT


def test_a_person_overwrites_every_source_and_their_own_word(stranger, agent, agent2, at) -> None:
    record(stranger, at, dicom="has_debt")
    for person, state in ((agent, "clean"), (agent2, "unknown")):
        record(stranger, at, source="person", user=person, dicom=state)
        said = stranger.metadata["provenance"]["dicom"]
        assert (stranger.metadata["dicom"], said["by"], said["user"]) == (
            state,
            "person",
            person.pk,
        )
    assert events(stranger, "facts_recorded")[-1].actor == Actor.HUMAN


def test_a_debt_that_a_person_confirmed_is_not_talked_away(stranger, agent: User, at) -> None:
    record(stranger, at, source="person", user=agent, debt_amount=800_000)
    result = record(stranger, at, dicom="clean")
    assert result.refused == {"dicom": "confirmed_by_a_person"}
    assert stranger.metadata["debt_amount"] == 800_000


# --- DICOM and debt ------------------------------------------------------------------------------


def test_clean_means_a_debt_of_zero(stranger, at) -> None:
    record(stranger, at, dicom="has_debt", debt_amount=300_000)
    record(stranger, at, dicom="clean")
    assert stranger.metadata["debt_amount"] == 0
    assert stranger.metadata["calificacion"]["inputs"]["debt"] == 0


def test_a_debt_does_not_go_with_a_clean_dicom(stranger, at) -> None:
    result = record(stranger, at, dicom="clean", debt_amount=300_000)
    assert result.refused == {"debt_amount": "dicom_is_clean"}
    assert record(stranger, at, debt_amount=0).refused == {}
    assert stranger.metadata["debt_amount"] == 0


def test_who_was_clean_and_has_a_debt_after_all_is_asked_how_much(stranger, at) -> None:
    record(stranger, at, income={"amount": 2_000_000}, dicom="clean")
    record(stranger, at, dicom="has_debt")
    assert "debt_amount" in facts.missing(stranger)
    assert stranger.metadata["calificacion"]["missing"] == ["debt_amount"]
    record(stranger, at, debt_amount=100_000)
    assert stranger.metadata["calificacion"]["outcome"] == "POTENCIAL"


# --- What is missing -----------------------------------------------------------------------------


def test_missing_facts_are_asked_in_the_broker_s_order(stranger, at) -> None:
    order = ["name", "location", "budget", "phone", "income", "dicom", "timeline", "email"]
    assert facts.missing(stranger) == order
    record(stranger, at, name="Camila Rojas", dicom="has_debt", budget={"amount": 3000})
    assert facts.missing(stranger) == [
        "location", "phone", "income", "debt_amount", "timeline", "email",
    ]  # fmt: skip
    record(stranger, at, debt_amount=0)
    assert "debt_amount" not in facts.missing(stranger)


def test_i_do_not_know_is_an_answer_and_zero_is_a_value(stranger, at) -> None:
    stranger.broker.brokerleadconfig.field_priority = ["dicom", "bedrooms", "asked_financing"]
    record(stranger, at, dicom="unknown", bedrooms=0, asked_financing=False)
    assert facts.missing(stranger) == []


# --- What follows --------------------------------------------------------------------------------


def test_a_shared_phone_or_email_suggests_a_merge_and_touches_nobody(broker, rival, at) -> None:
    other = LeadFactory(broker=broker, phone_e164="+56987654321", email="o@example.com")
    LeadFactory(broker=rival, phone_e164="+56987654321")
    before = Lead.objects.filter(pk=other.pk).values().get()
    lead = LeadFactory(broker=broker, **BLANK)
    for _ in range(2):
        record(lead, at, phone="+56 9 8765 4321")
        record(lead, at, email="O@example.com")
    pairs = MergeSuggestion.objects.values_list("lead", "other", "reason", "broker")
    assert list(pairs) == [(lead.pk, other.pk, "phone", broker.pk)]
    assert Lead.objects.filter(pk=other.pk).values().get() == before
    assert not ActivityLog.objects.filter(lead=other).exists()
    assert "o@example.com" not in str(facts.known(lead)).replace("'email': 'o@example.com'", "")


def test_a_pair_is_suggested_once_whoever_comes_second(broker, at) -> None:
    first, second = (LeadFactory(broker=broker, **BLANK) for _ in "ab")
    record(first, at, phone="987654321")
    record(second, at, phone="987654321")
    record(first, at, email="a@b.cl")
    assert MergeSuggestion.objects.count() == 1


def test_a_new_phone_of_who_opted_out_is_suppressed_too(stranger, at) -> None:
    Conversation.objects.create(broker=stranger.broker, lead=stranger)
    ChannelIdentity.objects.create(
        broker=stranger.broker, lead=stranger, channel="webchat", external_id="v"
    )
    consenting.opt_out(stranger, channel="webchat", everything=True, evidence="", at=at)
    record(stranger, at, phone="987654321")
    assert Suppression.objects.filter(channel="", identifier="+56987654321").exists()
    assert gate.may_contact(stranger, "whatsapp", "call", at).reason == "suppressed"


def test_facts_walk_the_pipeline_and_rescore_with_their_message_as_cause(stranger, at) -> None:
    Lead.objects.filter(pk=stranger.pk).update(pipeline_stage=Stage.PROFILING)
    message = ChatMessageFactory(broker=stranger.broker, lead=stranger, at=at)
    record(stranger, at, message=message, **FACTS)
    assert stranger.pipeline_stage == Stage.QUALIFICATION
    told = events(stranger, "score_changed")[-1].details
    assert (told["message"], told["total"]) == (message.pk, stranger.lead_score)
    assert {line["message_id"] for line in told["lines"] if line["part"] == "base"} == {message.pk}


@pytest.mark.parametrize(
    ("said", "outcome", "treatment"),
    [
        ({"income": {"amount": 2e6}, "dicom": "clean"}, "CALIFICADO", "automated_telegram"),
        ({"income": {"amount": 6e5}, "dicom": "clean"}, "POTENCIAL", "automated_telegram"),
        ({"income": {"amount": 2e6}}, "pending", "automated_telegram"),
        ({"income": {"amount": 4e5}}, "NO_CALIFICADO", "manual_follow_up"),
        ({"dicom": "has_debt", "debt_amount": 5e6}, "NO_CALIFICADO", "manual_follow_up"),
    ],
)
def test_the_outcome_is_kept_told_once_and_sets_the_treatment(
    stranger, at, said, outcome, treatment
):
    record(stranger, at, **said)
    record(stranger, at, bedrooms=1)
    assert stranger.metadata["calificacion"]["outcome"] == outcome
    assert stranger.treatment_type == treatment
    assert [entry.details for entry in events(stranger, "qualified")] == [{"outcome": outcome}]


def test_not_qualifying_asks_a_person_and_neither_closes_the_lead_nor_silences_the_assistant(
    stranger, at
) -> None:
    record(stranger, at, income={"amount": 400_000})
    conversation = Conversation.objects.get(lead=stranger)
    assert (conversation.holder, conversation.waiting_reason, conversation.version) == (
        Holder.ASSISTANT,
        HandoffReason.NOT_QUALIFIED,
        1,
    )
    assert conversation.brief.split("\n")[1] == (
        "No califica: decide una persona. Renta líquida: $400.000."
    )
    assert [entry.details for entry in events(stranger, "person_requested")] == [
        {"reason": "not_qualified"}
    ]
    assert stranger.pipeline_stage == Stage.ENTRY
    record(stranger, at, income={"amount": 300_000})
    assert len(events(stranger, "person_requested")) == 1


def test_not_qualifying_leaves_a_lead_on_hold_on_hold(stranger, at) -> None:
    Lead.objects.filter(pk=stranger.pk).update(treatment_type=Treatment.HOLD)
    record(stranger, at, income={"amount": 400_000})
    assert Lead.objects.get(pk=stranger.pk).treatment_type == Treatment.HOLD


def test_criteria_of_the_broker_decide(stranger, at) -> None:
    config = stranger.broker.brokerleadconfig
    config.qualification_criteria = {"min_income": 300_000, "qualified_income": 350_000}
    config.save()
    record(stranger, at, income={"amount": 400_000}, dicom="clean")
    assert stranger.metadata["calificacion"]["outcome"] == "CALIFICADO"


@pytest.mark.parametrize(
    ("source", "kept"), [("lead", None), ("assistant", None), ("person", ["San Pedro"])]
)
def test_a_comuna_with_several_meanings_is_asked_and_not_guessed(
    stranger, at, source, kept
) -> None:
    result = record(stranger, at, source=source, location=["San Pedro"])
    refused = "ambiguous_comuna: San Pedro, San Pedro de la Paz, San Pedro de Atacama"
    assert result.refused == ({} if kept else {"location": refused})
    assert Lead.objects.get(pk=stranger.pk).metadata.get("location") == kept
