"""Inbound: one lead a sender, one row a message, however often and however fast it comes."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from leads import signals
from leads.enums import Channel, Delivery, Purpose
from leads.errors import ChannelOff
from leads.inbox import MAX_LENGTH, receive
from leads.models import (
    ChannelIdentity,
    ChatMessage,
    Consent,
    Conversation,
    Lead,
    Suppression,
)
from leads.stages import Stage
from tests.racing import race

pytestmark = pytest.mark.django_db


def test_a_first_message_makes_lead_identity_conversation_and_message(write, broker, at) -> None:
    received = write("Hola, busco depto", display_name="Cami")
    lead = Lead.objects.get()
    assert (lead.broker, lead.source, lead.pipeline_stage, lead.phone) == (
        broker, "webchat", Stage.ENTRY, "",
    )  # fmt: skip
    assert (lead.phone_e164, lead.status, lead.stage_entered_at) == (None, "cold", at)
    identity = ChannelIdentity.objects.get()
    assert (identity.lead, identity.external_id, identity.display_name) == (lead, "visitor", "Cami")
    message = received.message
    assert (received.is_new, message.direction, message.author, message.status) == (
        True, "in", "lead", Delivery.DELIVERED,
    )  # fmt: skip
    talk = lead.conversation
    assert (talk.channel, talk.last_inbound_id, talk.last_inbound_at) == ("webchat", message.pk, at)


def test_a_reply_is_owed_after_the_pause_in_which_people_finish_writing(write, at, settings):
    settings.TURN_DELAY_SECONDS = 3
    write()
    write(minute=1)
    assert Conversation.objects.get().turn_due_at == at + timedelta(minutes=1, seconds=3)


def test_the_same_sender_is_the_same_lead_and_another_broker_s_is_not(
    write, inbound, rival
) -> None:
    first, second = write(), write()
    other = inbound()
    elsewhere = receive(type(other)(**{**other.__dict__, "broker": rival}))
    assert first.message.lead_id == second.message.lead_id
    assert elsewhere.message.lead_id != first.message.lead_id
    assert Lead.objects.count() == 2


def test_a_repeat_changes_nothing_and_tells_nobody(
    inbound, django_capture_on_commit_callbacks
) -> None:
    heard = []

    def hear(**told):
        heard.append(told["message_id"])

    once = inbound("alto")
    signals.message_received.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            first = receive(once)
            again = receive(once)
    finally:
        signals.message_received.disconnect(hear)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.message == first.message
    assert heard == [first.message.pk]
    assert ChatMessage.objects.filter(direction="in").count() == 1


def test_an_older_message_that_comes_late_does_not_turn_the_clock_back(write, at) -> None:
    write(minute=5)
    write(minute=1)
    assert Conversation.objects.get().last_inbound_at == at + timedelta(minutes=5)


def test_text_is_stored_as_the_database_can_keep_it(write) -> None:
    received = write("a\x00b\ud800" + "c" * MAX_LENGTH, display_name="N\x00\udc00" + "n" * 300)
    received.message.refresh_from_db()
    assert received.message.message_text == "ab" + "c" * (MAX_LENGTH - 2)
    assert ChannelIdentity.objects.get().display_name == "N" + "n" * 199


@pytest.mark.parametrize(("text", "scope"), [("alto", "webchat"), ("no me contacten", "")])
def test_an_opt_out_is_taken_before_any_reply_is_owed(write, text, scope, at) -> None:
    write("hola")
    message = write(text, minute=1).message
    talk = Conversation.objects.get()
    assert (talk.turn_due_at, talk.answered_up_to) == (None, message.pk)
    consent = message.lead.consents.get()
    assert (consent.channel, consent.state, consent.evidence) == (scope, "withdrawn", text)
    assert Suppression.objects.filter(identifier="visitor", channel="webchat").count() == 1
    assert message.lead.messages.get(direction="out").purpose == Purpose.CONFIRM_OPT_OUT
    lead = Lead.objects.get()
    assert (lead.lead_score, lead.lead_score_components["behavior"]) == (0, -30)


def test_an_opt_out_asked_twice_is_confirmed_once(write) -> None:
    write("alto")
    write("alto", minute=1)
    assert ChatMessage.objects.filter(purpose=Purpose.CONFIRM_OPT_OUT).count() == 1


def test_a_wrong_number_counts_against_the_score(write) -> None:
    lead = write("número equivocado").message.lead
    assert set(lead.signals.values_list("kind", flat=True)) == {"wrong_number", "opted_out"}


def test_a_phone_that_the_channel_attests_is_the_lead_s(write) -> None:
    write(channel=Channel.WHATSAPP, external_user="56987654321", phone_e164="+56987654321")
    assert (Lead.objects.get().phone, Lead.objects.get().phone_e164) == ("+56987654321",) * 2


@pytest.mark.django_db(transaction=True)
def test_fifty_deliveries_of_one_first_message_are_one_lead_and_one_row(inbound) -> None:
    once = inbound()
    received = race(50, lambda _: receive(once))
    assert [each.is_new for each in received].count(True) == 1
    assert len({each.message.pk for each in received}) == 1
    assert (Lead.objects.count(), ChatMessage.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_ten_first_messages_of_one_visitor_at_once_are_one_lead(inbound) -> None:
    messages = [inbound(f"mensaje {n}") for n in range(10)]
    received = race(10, lambda n: receive(messages[n]))
    assert all(each.is_new for each in received)
    assert (Lead.objects.count(), Conversation.objects.count()) == (1, 1)
    latest = max(each.message.pk for each in received)
    assert Conversation.objects.get().last_inbound_id == latest


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", ["hola", "alto"])
def test_whose_lead_was_merged_while_the_message_waited_is_heard_in_the_living_one(
    inbound, text
) -> None:
    old, living = (receive(inbound(external_user=name)).message.lead for name in ("a", "b"))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            list(Lead.objects.select_for_update(of=("self",)).filter(pk=old.pk))
            Conversation.objects.select_for_update(of=("self",)).get(lead=old)
            writing = pool.submit(_in_own_connection, receive, inbound(text, external_user="a"))
            _until_somebody_waits()
            ChannelIdentity.objects.filter(lead=old).update(lead=living)
        received = writing.result(timeout=10)
    assert (received.is_new, received.message.lead_id) == (True, living.pk)
    assert Conversation.objects.get(lead=living).last_inbound_id == received.message.pk
    assert Conversation.objects.get(lead=old).last_inbound_id < received.message.pk


def _in_own_connection(call, *given):
    try:
        return call(*given)
    finally:
        connection.close()


def _until_somebody_waits() -> None:
    asked = (
        "SELECT count(*) FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(asked)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waited")


def test_who_writes_takes_us_back_on_that_channel(chatting, inbound, at) -> None:
    ChannelIdentity.objects.filter(lead=chatting).update(blocked_at=at)
    receive(inbound(channel=Channel.WHATSAPP, external_user="whatsapp-1"))
    blocked = ChannelIdentity.objects.filter(lead=chatting, blocked_at__isnull=False)
    assert set(blocked.values_list("channel", flat=True)) == {"telegram", "webchat"}


def test_who_is_off_receives_nobody_new_and_still_hears_whom_they_know(inbound, broker) -> None:
    known = receive(inbound(external_user="known")).message
    config = broker.brokerchatconfig
    config.enabled_providers = ["telegram"]
    config.save()
    assert receive(inbound(external_user="known")).message.lead_id == known.lead_id
    with pytest.raises(ChannelOff):
        receive(inbound(external_user="new"))
    assert Lead.objects.count() == 1


def test_no_calls_but_messages_is_heard_and_answered(inbound, broker) -> None:
    message = receive(inbound("no me llamen, escríbanme por acá")).message
    consent = Consent.objects.get()
    assert (consent.purpose, consent.channel) == ("call", "")
    assert Conversation.objects.get(lead=message.lead).turn_due_at is not None


def test_no_me_llamen_stops_the_channel_and_calls(inbound, broker) -> None:
    receive(inbound("no me llamen más"))
    assert set(Consent.objects.values_list("purpose", "channel")) == {
        ("marketing", "webchat"),
        ("call", ""),
    }
