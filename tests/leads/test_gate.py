"""The gate: every purpose against every check, with the reason and the next time that helps."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leads import consenting, gate, handoff
from leads.enums import Channel, Delivery, Holder, Purpose
from leads.gate import may_contact
from leads.models import ChannelIdentity, ChatMessage, Conversation, Lead, Suppression
from leads.stages import Treatment
from tests.factories import ChatMessageFactory, VoiceCallFactory

pytestmark = pytest.mark.django_db

R, H, N, C, M, K = Purpose
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SANTIAGO = ZoneInfo("America/Santiago")
ALL = set(Purpose)


def ask(lead: Lead, purpose: Purpose, at: datetime, channel=Channel.TELEGRAM, **more):
    fresh = Lead.objects.select_related("broker__brokerleadconfig", "conversation").get(pk=lead.pk)
    return may_contact(fresh, channel, purpose, at, **more)


def refusals(lead: Lead, at: datetime, channel=Channel.TELEGRAM, **more) -> dict[str, str]:
    verdicts = {purpose: ask(lead, purpose, at, channel, **more) for purpose in Purpose}
    return {purpose: each.reason for purpose, each in verdicts.items() if not each.allowed}


def all_but(*free: Purpose, reason: str) -> dict[str, str]:
    return dict.fromkeys(ALL - set(free), reason)


def of(lead: Lead, **fields) -> None:
    Conversation.objects.filter(lead=lead).update(**fields)


def marketing(lead: Lead, at: datetime, status: str = "sent", due: datetime | None = None):
    return ChatMessageFactory(
        broker=lead.broker, lead=lead, direction="out", author="campaign", purpose="marketing",
        status=status, at=at, due_at=due or at,
    )  # fmt: skip


def test_who_just_wrote_may_be_answered_reminded_called_and_sent_marketing(chatting, at) -> None:
    for channel in (Channel.WEBCHAT, Channel.TELEGRAM, Channel.WHATSAPP, Channel.EMAIL):
        assert refusals(chatting, at, channel) == {}


# --- An identity on the channel --------------------------------------------------------------------


def test_without_an_identity_nobody_is_reached(chatting, at) -> None:
    ChannelIdentity.objects.all().delete()
    assert refusals(chatting, at) == all_but(K, reason="no_identity")


def test_a_blocked_identity_is_not_written_to(chatting, at) -> None:
    ChannelIdentity.objects.update(blocked_at=at)
    assert refusals(chatting, at) == all_but(K, reason="blocked_by_lead")


def test_the_latest_identity_of_the_channel_counts(chatting, at) -> None:
    ChannelIdentity.objects.update(blocked_at=at)
    ChannelIdentity.objects.create(
        broker=chatting.broker, lead=chatting, channel="telegram", external_id="new"
    )
    assert refusals(chatting, at) == {}


def test_mail_needs_an_address_and_calls_a_dialable_phone(chatting, at) -> None:
    Lead.objects.update(email=None, phone="llámame", phone_e164=None)
    assert refusals(chatting, at, Channel.EMAIL) == {
        **all_but(K, reason="no_identity"),
        K: "no_phone",
    }


# --- Suppression and opt-out -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "identifier"),
    [
        ("", "+56900000001"),
        ("", "camila@example.com"),
        ("telegram", "+56900000001"),
        ("telegram", "telegram-1"),
    ],
)
def test_a_suppressed_identifier_is_left_alone_but_for_the_confirmation(
    chatting, at, channel, identifier
) -> None:
    Lead.objects.update(phone_e164="+56900000001")
    Suppression.objects.create(
        broker=chatting.broker, channel=channel, identifier=identifier, created_at=at
    )
    free = {C} if channel == "" else {C, K}
    assert refusals(chatting, at) == all_but(*free, reason="suppressed")


def test_calls_are_stopped_by_the_phone_and_not_by_the_channel_last_used(chatting, at) -> None:
    consenting.stop_calls(chatting, evidence="no me llamen, escríbanme", at=at)
    assert refusals(chatting, at) == {K: "suppressed"}
    of(chatting, last_inbound_at=at + HOUR)
    assert refusals(chatting, at + HOUR) == {K: "suppressed"}


def test_another_channels_or_another_brokers_suppression_is_not_this_one(
    chatting, rival, at
) -> None:
    Lead.objects.update(phone_e164="+56900000001")
    for owner, channel in ((chatting.broker, "whatsapp"), (rival, "")):
        Suppression.objects.create(
            broker=owner, channel=channel, identifier="+56900000001", created_at=at
        )
    assert refusals(chatting, at) == {}


def test_a_later_message_of_the_lead_reopens_service_and_not_marketing(chatting, at) -> None:
    consenting.opt_out(chatting, channel="telegram", everything=False, evidence="alto", at=at)
    assert refusals(chatting, at) == all_but(C, K, reason="suppressed")
    of(chatting, last_inbound_at=at + HOUR)
    assert refusals(chatting, at + HOUR) == {M: "suppressed"}


def test_asked_a_second_time_service_stops_again(chatting, at) -> None:
    for hour in (0, 2):
        moment = at + hour * HOUR
        of(chatting, last_inbound_at=moment)
        consenting.opt_out(
            chatting, channel="telegram", everything=False, evidence="alto", at=moment
        )
    assert refusals(chatting, at + 2 * HOUR) == all_but(C, K, reason="suppressed")


# --- Treatment -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("treatment", "refused"),
    [
        (Treatment.AUTOMATED_TELEGRAM, {}),
        (Treatment.AUTOMATED_CALL, {}),
        (Treatment.MANUAL_FOLLOW_UP, {M: "manual_follow_up", K: "manual_follow_up"}),
        (Treatment.HOLD, all_but(H, reason="on_hold")),
    ],
)
def test_treatment(chatting, at, treatment, refused) -> None:
    Lead.objects.update(treatment_type=treatment)
    assert refusals(chatting, at) == refused


# --- The microphone --------------------------------------------------------------------------------


@pytest.mark.parametrize("holder", [Holder.USER, Holder.WAITING])
def test_while_a_person_holds_or_is_awaited_only_people_write(chatting, agent, at, holder) -> None:
    if holder == Holder.USER:
        handoff.take(chatting, by=agent, at=at)
    else:
        handoff.ask_for_person(chatting, reason="requested", at=at)
    assert refusals(chatting, at) == all_but(H, C, reason="held_by_person")
    put_off = {purpose: ask(chatting, purpose, at).next_allowed_at for purpose in (R, N, M, K)}
    assert put_off == {R: None, N: None, M: at + DAY, K: at + DAY}


def test_a_draft_of_an_older_version_is_stopped_whoever_holds_now(chatting, agent, at) -> None:
    assert ask(chatting, R, at, version=1).allowed
    handoff.take(chatting, by=agent, at=at)
    handoff.give_back(chatting, by=agent, at=at)
    assert ask(chatting, R, at, version=1).reason == "conversation_moved_on"
    assert ask(chatting, R, at, version=3).allowed


def test_the_farewell_of_a_handover_goes_out_with_the_version_it_made(chatting, at) -> None:
    now = handoff.ask_for_person(chatting, reason="anger", at=at)
    assert ask(chatting, R, at, version=now.version).allowed


# --- 24 hours --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "refused"),
    [
        (DAY - timedelta(seconds=1), {}),
        (DAY, {R: "reply_too_late"}),
        (None, {R: "reply_too_late"}),
    ],
)
def test_a_reply_is_due_within_24_hours_of_an_inbound(chatting, at, since, refused) -> None:
    of(chatting, last_inbound_at=since and at - since)
    assert refusals(chatting, at) == refused


def test_whatsapp_closes_after_24_hours_but_for_approved_templates(chatting, at) -> None:
    of(chatting, last_inbound_at=at - DAY)
    closed = all_but(R, K, reason="whatsapp_window_closed") | {R: "reply_too_late"}
    assert refusals(chatting, at, Channel.WHATSAPP) == closed
    assert refusals(chatting, at, Channel.WHATSAPP, template_approved=True) == {R: "reply_too_late"}


# --- Quiet hours -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "refused", "opens"),
    [
        ((2026, 11, 24, 20, 59), set(), None),
        ((2026, 11, 24, 21, 0), {N, M, K}, (2026, 11, 25, 9)),
        ((2026, 11, 25, 8, 59), {N, M, K}, (2026, 11, 25, 9)),
        ((2026, 11, 29, 12, 0), {M, K}, (2026, 11, 30, 9)),  # Sunday
        ((2026, 9, 18, 12, 0), {M, K}, (2026, 9, 21, 9)),
        ((2026, 4, 4, 23, 30), {N, M, K}, (2026, 4, 6, 9)),
        ((2026, 9, 6, 1, 0), {N, M, K}, (2026, 9, 7, 9)),
    ],
)
def test_quiet_hours_bind_what_nobody_asked_for(chatting, moment, refused, opens) -> None:
    at = datetime(*moment, tzinfo=SANTIAGO)
    of(chatting, last_inbound_at=at - HOUR)
    assert refusals(chatting, at) == dict.fromkeys(refused, "quiet_hours")
    for purpose in refused & {M, K}:
        assert ask(chatting, purpose, at).next_allowed_at == datetime(*opens, tzinfo=SANTIAGO)
    if N in refused:
        assert ask(chatting, N, at).next_allowed_at is None


def test_quiet_hours_are_those_of_the_lead_s_zone(chatting) -> None:
    at = datetime(2026, 6, 23, 20, 30, tzinfo=SANTIAGO)
    Lead.objects.update(timezone="America/Punta_Arenas")
    verdict = ask(chatting, M, at)
    opens = datetime(2026, 6, 24, 9, tzinfo=ZoneInfo("America/Punta_Arenas"))
    assert (verdict.reason, verdict.next_allowed_at) == ("quiet_hours", opens)


# --- The cap ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "full"),
    [
        ([], False),
        (["sent"], False),
        (["sent", "sent"], True),
        (["delivered", "read"], True),
        (["pending", "sending"], True),
        (["failed", "blocked", "sent"], False),
    ],
)
def test_marketing_and_calls_keep_to_two_messages_a_day(chatting, at, statuses, full) -> None:
    for status in statuses:
        marketing(chatting, at - HOUR, status)
    capped = {M: "daily_cap", K: "daily_cap"}
    assert refusals(chatting, at) == (capped if full else {})
    if full:
        tomorrow = datetime(2026, 11, 25, 9, tzinfo=SANTIAGO)
        assert ask(chatting, M, at).next_allowed_at == tomorrow


def test_replies_do_not_count(chatting, at) -> None:
    for _ in range(5):
        ChatMessageFactory(
            broker=chatting.broker, lead=chatting, direction="out", author="assistant",
            status="sent", at=at, due_at=at,
        )  # fmt: skip
    assert refusals(chatting, at) == {}


def test_the_cap_is_counted_per_day_of_the_lead_s_zone(chatting) -> None:
    first = datetime(2026, 11, 24, 20, 0, tzinfo=SANTIAGO)
    for _ in range(2):
        marketing(chatting, first)
    assert ask(chatting, M, first + timedelta(minutes=30)).reason == "daily_cap"
    # Past midnight in UTC it is still the same evening in Santiago; in the morning it is not.
    assert ask(chatting, M, datetime(2026, 11, 25, 9, tzinfo=SANTIAGO)).allowed
    Lead.objects.update(timezone="Pacific/Auckland")
    assert ask(chatting, M, first + timedelta(minutes=30)).reason == "daily_cap"


def test_a_message_put_off_counts_on_the_day_it_leaves(chatting, at) -> None:
    for _ in range(2):
        marketing(chatting, at - DAY, "sent", due=at)
        marketing(chatting, at, "pending", due=at + DAY)
    assert ask(chatting, M, at).reason == "daily_cap"
    ChatMessage.objects.filter(status="sent").delete()
    assert ask(chatting, M, at).allowed


def test_waiting_messages_do_not_hold_each_other_up_at_the_limit(chatting, at) -> None:
    waiting = [marketing(chatting, at, "pending") for _ in range(3)]
    verdicts = [ask(chatting, M, at, ignore_message=each.pk).reason for each in waiting]
    assert verdicts == ["", "", "daily_cap"]


def test_the_broker_sets_the_cap(chatting, at) -> None:
    config = chatting.broker.brokerleadconfig
    config.max_messages_per_day = 1
    config.save()
    marketing(chatting, at - HOUR)
    assert ask(chatting, M, at).reason == "daily_cap"


def test_a_cap_of_zero_is_said_and_has_no_next_day(chatting, at) -> None:
    config = chatting.broker.brokerleadconfig
    config.max_messages_per_day = 0
    config.save()
    for purpose in (M, K):
        verdict = ask(chatting, purpose, at)
        assert (verdict.reason, verdict.next_allowed_at) == ("cap_is_zero", None)
    assert set(refusals(chatting, at)) == {M, K}


def test_calls_and_campaign_messages_share_the_cap(chatting, at) -> None:
    made = {"broker": chatting.broker, "lead": chatting, "created_at": at - HOUR}
    for status in ("cancelled", "failed"):  # these disturbed nobody
        VoiceCallFactory(status=status, **made)
    rang = VoiceCallFactory(status="no_answer", **made)
    assert ask(chatting, M, at).allowed
    marketing(chatting, at - HOUR)
    assert refusals(chatting, at) == {M: "daily_cap", K: "daily_cap"}
    assert ask(chatting, K, at, ignore_call=rang.pk).allowed


def test_a_channel_that_is_off_sends_nothing(chatting, at) -> None:
    config = chatting.broker.brokerchatconfig
    config.enabled_providers = ["webchat"]
    config.save()
    assert refusals(chatting, at) == all_but(K, reason="channel_off")
    assert refusals(chatting, at, Channel.WEBCHAT) == {}


def test_the_identity_to_write_to_is_the_latest_of_the_channel(chatting) -> None:
    newer = ChannelIdentity.objects.create(
        broker=chatting.broker, lead=chatting, channel="telegram", external_id="new"
    )
    assert gate.identity_on(chatting, "telegram") == newer
    assert gate.identity_on(chatting, "instagram") is None


def test_a_blocked_message_never_counts_as_pending(chatting, at) -> None:
    marketing(chatting, at, Delivery.BLOCKED)
    marketing(chatting, at, Delivery.FAILED)
    assert ask(chatting, M, at).allowed
