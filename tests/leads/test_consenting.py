"""Opt-outs: recorded, kept beyond the lead, confirmed once, and heard by everything that waits."""

from datetime import timedelta

import pytest

from leads import consenting, identity, outbox
from leads.enums import Author, Channel, Delivery, Purpose
from leads.models import ActivityLog, ChatMessage, Consent, Lead, Suppression
from leads.stages import Source

pytestmark = pytest.mark.django_db


def opt_out(lead: Lead, at, *, channel=Channel.WHATSAPP, everything=False, **more) -> None:
    told = {"evidence": "no me llamen", **more}
    consenting.opt_out(lead, channel=channel, everything=everything, at=at, **told)


def marks() -> set[tuple[str, str]]:
    return set(Suppression.objects.values_list("channel", "identifier"))


def test_one_channel_is_stopped_under_every_name_the_lead_has_there(chatting, at) -> None:
    opt_out(chatting, at)
    assert marks() == {
        ("whatsapp", chatting.phone_e164),
        ("whatsapp", "camila@example.com"),
        ("whatsapp", "whatsapp-1"),
    }
    consent = Consent.objects.get()
    assert (consent.channel, consent.purpose, consent.state, consent.at, consent.evidence) == (
        "whatsapp", "marketing", "withdrawn", at, "no me llamen",
    )  # fmt: skip


def test_everything_is_stopped_by_every_name_everywhere(chatting, at) -> None:
    opt_out(chatting, at, everything=True)
    assert marks() == {
        ("", chatting.phone_e164),
        ("", "camila@example.com"),
        ("webchat", "webchat-1"),
        ("whatsapp", "whatsapp-1"),
        ("telegram", "telegram-1"),
    }
    assert Consent.objects.get().channel == ""


def test_a_suppression_outlives_the_lead(chatting, broker, rival, at) -> None:
    phone = chatting.phone
    opt_out(chatting, at, everything=True)
    chatting.delete()
    assert ("", phone) in marks()
    again = identity.find_or_create(broker, phone=phone, source=Source.API, at=at)
    assert again.outcome == identity.Outcome.SUPPRESSED
    elsewhere = identity.find_or_create(rival, phone=phone, source=Source.API, at=at)
    assert elsewhere.outcome == identity.Outcome.CREATED


def test_it_is_confirmed_once_on_the_channel_it_came_by(chatting, at) -> None:
    for minute in range(3):
        opt_out(chatting, at + timedelta(minutes=minute))
    message = ChatMessage.objects.get()
    assert (message.provider, message.purpose, message.author) == (
        "whatsapp", Purpose.CONFIRM_OPT_OUT, Author.SYSTEM,
    )  # fmt: skip
    assert Consent.objects.count() == 1
    assert ActivityLog.objects.filter(action_type="opted_out").count() == 1


def test_the_confirmation_passes_the_gate_and_nothing_else_does(chatting, adapter, at) -> None:
    whatsapp = adapter(Channel.WHATSAPP)
    opt_out(chatting, at)
    reply = outbox.queue(
        chatting, text="Otra cosa", author=Author.ASSISTANT, purpose=Purpose.REPLY,
        channel=Channel.WHATSAPP, at=at,
    )  # fmt: skip
    for message in ChatMessage.objects.order_by("id"):
        outbox.deliver(message.pk, at=at)
    assert whatsapp.sent == [consenting.CONFIRMATIONS["es"]]
    reply.refresh_from_db()
    assert (reply.status, reply.reason) == (Delivery.BLOCKED, "suppressed")


def test_the_confirmation_is_in_the_language_of_who_asked(chatting, at) -> None:
    evidence = "please stop sending me these messages"
    consenting.opt_out(chatting, channel="whatsapp", everything=False, evidence=evidence, at=at)
    assert ChatMessage.objects.get().message_text == consenting.CONFIRMATIONS["en"]


def test_first_a_channel_then_everything(chatting, at) -> None:
    opt_out(chatting, at)
    opt_out(chatting, at, everything=True)
    opt_out(chatting, at, channel=Channel.TELEGRAM)
    channels = Consent.objects.order_by("id").values_list("channel", flat=True)
    assert list(channels) == ["whatsapp", ""]


@pytest.mark.parametrize(("everything", "left"), [(False, ["telegram"]), (True, [])])
def test_waiting_marketing_of_the_channel_is_withdrawn_at_once(chatting, at, everything, left):
    for channel in (Channel.WHATSAPP, Channel.TELEGRAM):
        outbox.queue(
            chatting, text="Oferta", author=Author.CAMPAIGN, purpose=Purpose.MARKETING,
            channel=channel, at=at,
        )  # fmt: skip
    opt_out(chatting, at, everything=everything, confirm=False)
    waiting = ChatMessage.objects.filter(status=Delivery.PENDING)
    assert list(waiting.values_list("provider", flat=True)) == left


def test_a_person_may_record_it_and_the_score_hears_of_it(chatting, agent, at) -> None:
    opt_out(chatting, at, by=agent, confirm=False)
    entry = ActivityLog.objects.get(action_type="opted_out")
    assert (entry.actor, entry.user, entry.details) == ("human", agent, {"channel": "whatsapp"})
    assert Lead.objects.get(pk=chatting.pk).lead_score_components["behavior"] == -30
    assert ChatMessage.objects.count() == 0


def test_asked_again_it_counts_from_then_on(chatting, at) -> None:
    opt_out(chatting, at)
    opt_out(chatting, at + timedelta(hours=1))
    assert set(Suppression.objects.values_list("created_at", flat=True)) == {
        at + timedelta(hours=1)
    }
