"""The microphone: who takes it, what is withdrawn then, and who hears that a person is needed."""

from datetime import timedelta

import pytest

from leads import handoff
from leads.enums import Delivery, HandoffReason, Holder
from leads.models import ActivityLog, ChatMessage, Conversation
from tests.factories import ChatMessageFactory

pytestmark = pytest.mark.django_db


def now(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def why(conversation: Conversation) -> str:
    """The second line of the brief."""
    return conversation.brief.split("\n")[1]


def logged() -> list[str]:
    return list(ActivityLog.objects.order_by("id").values_list("action_type", flat=True))


def test_a_person_takes_the_microphone_once(chatting, conversation, agent, at) -> None:
    for _ in range(2):
        handoff.take(chatting, by=agent, at=at)
    held = now(conversation)
    assert (held.holder, held.held_by, held.version) == (Holder.USER, agent, 2)
    assert logged() == ["conversation_taken"]


def test_another_person_takes_it_from_the_first(chatting, conversation, agent, agent2, at) -> None:
    handoff.take(chatting, by=agent, at=at)
    handoff.take(chatting, by=agent2, at=at)
    assert (now(conversation).held_by, now(conversation).version) == (agent2, 3)


def test_taking_it_withdraws_what_was_written_by_itself_and_not_yet_sent(
    chatting, agent, at
) -> None:
    made = [
        ChatMessageFactory(
            broker=chatting.broker, lead=chatting, direction="out", author=author, status=status
        )
        for author in ("assistant", "campaign", "user", "system")
        for status in ("pending", "sending", "sent")
    ]
    handoff.take(chatting, by=agent, at=at)
    kept = {(each.author, each.status): ChatMessage.objects.get(pk=each.pk).status for each in made}
    assert {pair for pair, status in kept.items() if status != pair[1]} == {
        ("assistant", "pending"),
        ("campaign", "pending"),
    }
    withdrawn = ChatMessage.objects.filter(status=Delivery.BLOCKED)
    assert set(withdrawn.values_list("reason", flat=True)) == {"person_took_over"}


def test_given_back_the_assistant_answers_from_the_next_message_on(
    chatting, conversation, agent, at
) -> None:
    handoff.take(chatting, by=agent, at=at)
    Conversation.objects.update(last_inbound_id=77)
    for _ in range(2):
        handoff.give_back(chatting, by=agent, at=at)
    back = now(conversation)
    assert (back.holder, back.held_by, back.version) == (Holder.ASSISTANT, None, 3)
    assert back.answered_up_to == 77
    assert logged() == ["conversation_taken", "conversation_given_back"]


def test_asking_for_a_person_leaves_it_to_nobody_with_a_reason_and_a_brief(
    chatting, conversation, agent, at
) -> None:
    for brief in ("Reclama una reserva", "otra"):
        handoff.ask_for_person(chatting, reason="anger", brief=brief, at=at)
    waiting = now(conversation)
    assert (waiting.holder, waiting.waiting_since, waiting.version) == (Holder.WAITING, at, 2)
    assert (waiting.waiting_reason, why(waiting)) == ("anger", "Está molesto. Reclama una reserva.")
    handoff.take(chatting, by=agent, at=at + timedelta(minutes=5))
    taken = now(conversation)
    assert (taken.holder, taken.waiting_since, taken.waiting_reason) == (Holder.USER, None, "")
    assert taken.brief == waiting.brief
    handoff.give_back(chatting, by=agent, at=at + timedelta(minutes=9))
    assert now(conversation).brief == ""


def test_a_person_who_has_it_keeps_it(chatting, conversation, agent, at) -> None:
    handoff.take(chatting, by=agent, at=at)
    handoff.ask_for_person(chatting, reason="anger", at=at)
    assert (now(conversation).holder, now(conversation).version) == (Holder.USER, 2)


def test_a_flag_shows_a_decision_and_leaves_the_microphone(
    chatting, conversation, agent, at
) -> None:
    handoff.flag(chatting, reason=HandoffReason.NOT_QUALIFIED, brief="Decide", at=at)
    flagged = now(conversation)
    assert (flagged.holder, flagged.version) == (Holder.ASSISTANT, 1)
    assert (flagged.waiting_reason, why(flagged)) == ("not_qualified", "Decide.")
    handoff.take(chatting, by=agent, at=at)
    assert now(conversation).waiting_reason == ""


def test_a_flag_does_not_hide_why_somebody_waits(chatting, conversation, at) -> None:
    handoff.ask_for_person(chatting, reason="anger", brief="Está molesta", at=at)
    handoff.flag(chatting, reason=HandoffReason.NOT_QUALIFIED, brief="Decide", at=at)
    still = now(conversation)
    assert (still.waiting_reason, why(still)) == ("anger", "Está molesto. Está molesta.")


@pytest.mark.parametrize("held", [False, True])
def test_a_legal_threat_counts_whoever_has_the_microphone_and_once(
    chatting, conversation, agent, at, held
) -> None:
    handoff.ask_for_person(chatting, reason="requested", at=at)
    if held:
        handoff.take(chatting, by=agent, at=at)
    before = now(conversation)
    for _ in range(2):
        handoff.ask_for_person(chatting, reason="legal_threat", brief="Nombra al Sernac", at=at)
    noted = now(conversation)
    assert (noted.holder, noted.version) == (before.holder, before.version)
    assert noted.waiting_reason == "legal_threat"
    assert why(noted) == "Mencionó acciones legales. Nombra al Sernac."
    assert handoff.is_threatened(chatting)
    assert logged().count("person_requested") == 2
    handoff.take(chatting, by=agent, at=at)
    handoff.give_back(chatting, by=agent, at=at)
    assert not handoff.is_threatened(chatting)


def test_a_lead_without_a_conversation_gets_one(lead, agent, at) -> None:
    assert handoff.take(lead, by=agent, at=at).broker_id == lead.broker_id
