"""The rights of the person: asked once, answered within their term, and recorded."""

from datetime import timedelta

import pytest

from crm.errors import DomainError
from leads import consenting, facts, rights, scoring, tasks
from leads.models import ActivityLog, Conversation, Lead, RightsRequest
from tests.factories import ChatMessageFactory

pytestmark = pytest.mark.django_db


def fresh(lead: Lead) -> Lead:
    return Lead.objects.select_related("broker__brokerleadconfig").get(pk=lead.pk)


def test_a_request_is_owed_within_thirty_days_and_asked_again_is_the_same(lead, admin, at) -> None:
    asked = rights.ask(lead, kind="access", notes="por correo", by=admin, at=at)
    again = rights.ask(lead, kind="access", by=admin, at=at + timedelta(days=5))
    assert again == asked
    assert (asked.due_at, asked.state, asked.handled_by) == (at + timedelta(days=30), "open", admin)
    rights.settle(asked, by=admin, at=at)
    assert rights.ask(lead, kind="access", by=admin, at=at) != asked


def test_a_correction_is_the_persons_word_and_closes_the_request(lead, admin, at) -> None:
    asked = rights.ask(lead, kind="rectification", at=at)
    rights.rectify(
        lead, changes={"email": "nueva@example.com", "location": ["Ñuñoa"]}, by=admin, at=at,
    )  # fmt: skip
    lead = fresh(lead)
    assert (lead.email, lead.metadata["location"]) == ("nueva@example.com", ["Ñuñoa"])
    assert lead.metadata["provenance"]["email"]["by"] == "person"
    done = RightsRequest.objects.get(pk=asked.pk)
    assert (done.state, done.done_at, done.handled_by) == ("done", at, admin)
    assert done.receipt == {"fields": ["email", "location"]}
    told = facts.Facts(email="otra@example.com")
    refused = facts.record(lead, told, source=facts.Source.ASSISTANT, at=at).refused
    assert refused == {"email": "confirmed_by_a_person"}


def test_a_correction_that_is_refused_leaves_the_request_open(lead, admin, at) -> None:
    asked = rights.ask(lead, kind="rectification", at=at)
    with pytest.raises(DomainError):
        rights.rectify(lead, changes={"phone": "12"}, by=admin, at=at)
    assert RightsRequest.objects.get(pk=asked.pk).state == "open"


def test_an_objection_freezes_the_score_by_one_and_by_night_until_it_is_lifted(
    chatting, admin, at
) -> None:
    scoring.rescore(chatting, at=at)
    before = fresh(chatting)
    rights.object_to_scoring(chatting, notes="no quiere", by=admin, at=at)
    for minute in range(3):
        ChatMessageFactory(broker=chatting.broker, lead=chatting, at=at - timedelta(minutes=minute))
    told = facts.Facts(dicom="clean", income={"amount": 5_000_000, "currency": "CLP"})
    facts.record(chatting, told, source=facts.Source.ASSISTANT, at=at)
    consenting.opt_out(
        chatting, channel="webchat", everything=True, evidence="x", at=at, confirm=False
    )
    tasks.rescore_all()
    scoring.rescore(chatting, at=at)
    after = fresh(chatting)
    frozen = ("lead_score", "lead_score_components", "status")
    assert [getattr(after, name) for name in frozen] == [getattr(before, name) for name in frozen]
    assert not ActivityLog.objects.filter(
        lead=chatting, action_type="score_changed", timestamp__gt=at
    ).exists()
    with pytest.raises(DomainError) as refusal:
        rights.rescore(after, at=at)
    assert refusal.value.code == "score_frozen"
    rights.lift_objection(chatting, reason="Aceptó por correo", by=admin, at=at)
    thawed = fresh(chatting)
    assert thawed.score_frozen_at is None
    assert thawed.lead_score != before.lead_score
    assert thawed.lead_score == scoring.current_receipt(thawed, at=at).total


def test_an_objection_asks_a_person_and_is_made_once(chatting, admin, at) -> None:
    rights.object_to_scoring(chatting, by=admin, at=at)
    conversation = Conversation.objects.get(lead=chatting)
    assert (conversation.holder, conversation.waiting_reason) == ("assistant", "other")
    assert conversation.brief.split("\n")[1] == "Se opuso al puntaje automático."
    with pytest.raises(DomainError) as again:
        rights.object_to_scoring(chatting, by=admin, at=at)
    assert again.value.code == "score_frozen"
    request = RightsRequest.objects.get()
    assert (request.kind, request.state, request.done_at) == ("objection", "done", at)


def test_lifting_what_nobody_objected_to_or_without_a_reason_is_refused(
    chatting, admin, at
) -> None:
    with pytest.raises(DomainError) as nothing:
        rights.lift_objection(chatting, reason="x", by=admin, at=at)
    assert nothing.value.code == "score_not_frozen"
    rights.object_to_scoring(chatting, by=admin, at=at)
    with pytest.raises(DomainError) as wordless:
        rights.lift_objection(chatting, reason="  ", by=admin, at=at)
    assert wordless.value.code == "reason_required"
    assert fresh(chatting).score_frozen_at == at


def test_a_refusal_is_given_once_and_with_its_reason(lead, admin, at) -> None:
    asked = rights.ask(lead, kind="access", at=at)
    assert rights.refuse(asked, reason="No acreditó identidad", by=admin, at=at)
    assert not rights.refuse(asked, reason="otra", by=admin, at=at)
    asked.refresh_from_db()
    assert (asked.state, asked.done_at) == ("refused", None)
    assert asked.receipt == {"reason": "No acreditó identidad"}
