"""The only way out: whether a lead may be contacted on a channel, for a purpose, now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from leads import identity, parts, quiet
from leads.enums import CALLS, PUSHED, Channel, Delivery, Direction, Holder, Purpose
from leads.models import ChannelIdentity, ChatMessage, Conversation, Lead, Suppression
from leads.stages import Treatment

SERVICE_WINDOW = timedelta(hours=24)
WHOEVER_HOLDS = (Purpose.HUMAN, Purpose.CONFIRM_OPT_OUT)  # may go out whoever has the microphone
HUMAN_DELAY = timedelta(days=1)
COUNTED = (Delivery.PENDING, Delivery.SENDING, Delivery.SENT, Delivery.DELIVERED, Delivery.READ)


@dataclass(frozen=True)
class Verdict:
    """``reason`` is a stable code; ``next_allowed_at`` is None where waiting does not help.

    ``to`` is whom an allowed message goes to on its channel; e-mail and calls have none.
    """

    allowed: bool
    reason: str = ""
    next_allowed_at: datetime | None = None
    to: ChannelIdentity | None = None


YES = Verdict(True)


class Records:
    """What the gate looks up besides the lead's own row, its conversation and its broker.

    A forecast answers for many leads from memory, by the same words.
    """

    def identities(self, lead: Lead, channel: Channel | str) -> list[ChannelIdentity]:
        return list(lead.identities.filter(channel=channel).order_by("-id"))

    def suppressed_since(
        self, lead: Lead, identifiers: Sequence[str], scope: str
    ) -> datetime | None:
        marks = Suppression.objects.filter(
            identifier__in=identifiers, broker_id=lead.broker_id, channel__in=["", scope]
        )
        return marks.order_by("-created_at").values_list("created_at", flat=True).first()

    def contacts(
        self,
        lead: Lead,
        since: datetime,
        until: datetime,
        ignore_message: int | None,
        ignore_call: int | None,
    ) -> int:
        """How often the lead was, or is about to be, contacted of ours."""
        made = messages([lead.pk], since, until, ignore_message).count()
        for part in parts.parts():
            if part.contacts:
                made += part.contacts([lead.pk], since, until, ignore_call).count()
        return made


STORED = Records()


def may_contact(
    lead: Lead,
    channel: Channel | str,
    purpose: Purpose | str,
    at: datetime,
    *,
    version: int | None = None,
    template_approved: bool = False,
    ignore_message: int | None = None,
    ignore_call: int | None = None,
    records: Records = STORED,
) -> Verdict:
    """Ask before making a message, and again right before sending it.

    ``version`` is the conversation's when the draft began: another one means that somebody took
    the microphone meanwhile. ``ignore_message`` and ``ignore_call`` keep what asks from counting
    against itself.
    """
    asked = Question(
        lead, Channel(channel), Purpose(purpose), at, version, template_approved, records
    )
    for check in (_enabled, _reachable, _consented, _treated, _held, _in_window, _awake):
        verdict = check(asked)
        if not verdict.allowed:
            return verdict
    verdict = _under_cap(asked, ignore_message, ignore_call)
    return replace(verdict, to=asked.identity) if verdict.allowed else verdict


def may_call(
    lead: Lead, at: datetime, *, ignore_call: int | None = None, records: Records = STORED
) -> Verdict:
    """Ask before placing a call, and again right before dialling: about the phone alone."""
    channel = lead.conversation.channel  # where it would be written of, which no check reads
    return may_contact(lead, channel, Purpose.CALL, at, ignore_call=ignore_call, records=records)


@dataclass(frozen=True)
class Question:
    lead: Lead
    channel: Channel
    purpose: Purpose
    at: datetime
    version: int | None
    template_approved: bool
    records: Records

    @property
    def conversation(self) -> Conversation:
        return self.lead.conversation

    @property
    def last_inbound_at(self) -> datetime | None:
        return self.conversation.last_inbound_at

    @property
    def answers_in_time(self) -> bool:
        return is_window_open(self.lead, self.at)

    @cached_property
    def identities(self) -> list[ChannelIdentity]:
        """The lead's on the channel; nobody is known by an identity for calls."""
        if self.purpose == Purpose.CALL:
            return []
        return self.records.identities(self.lead, self.channel)

    @cached_property
    def identity(self) -> ChannelIdentity | None:
        written = self.purpose != Purpose.CALL and self.channel != Channel.EMAIL
        return _speaker(self.lead, self.channel, self.identities) if written else None

    @property
    def scope(self) -> str:
        """What the lead would have to have stopped: the channel, or calls."""
        return CALLS if self.purpose == Purpose.CALL else self.channel


def is_window_open(lead: Lead, at: datetime) -> bool:
    """Whether the lead wrote within the last 24 hours: then a channel takes free text."""
    latest = lead.conversation.last_inbound_at
    return latest is not None and at - latest < SERVICE_WINDOW


def needs_template(lead: Lead, at: datetime) -> bool:
    """Whether the lead's channel takes an approved template only."""
    return lead.conversation.channel == Channel.WHATSAPP and not is_window_open(lead, at)


def identity_on(lead: Lead, channel: Channel | str) -> ChannelIdentity | None:
    """The identity to write to: of several on the channel the one that wrote last, else the latest."""
    return _speaker(lead, channel, STORED.identities(lead, channel))


def _speaker(
    lead: Lead, channel: Channel | str, known: Sequence[ChannelIdentity]
) -> ChannelIdentity | None:
    if len(known) < 2:
        return known[0] if known else None
    heard = ChatMessage.objects.filter(lead=lead, provider=channel, direction=Direction.IN)
    last = heard.order_by("-id").values_list("channel_user_id", flat=True).first()
    return next((each for each in known if each.external_id == last), known[0])


def _enabled(asked: Question) -> Verdict:
    """A channel that the broker turned off sends nothing by itself or by hand."""
    if asked.purpose == Purpose.CALL:
        return YES
    return YES if asked.lead.broker.has_channel(asked.channel) else Verdict(False, "channel_off")


def _reachable(asked: Question) -> Verdict:
    if asked.purpose == Purpose.CALL:
        return YES if asked.lead.phone_e164 else Verdict(False, "no_phone")
    if asked.channel == Channel.EMAIL:
        return YES if asked.lead.email else Verdict(False, "no_identity")
    known = asked.identity
    if known is None:
        return Verdict(False, "no_identity")
    return YES if known.blocked_at is None else Verdict(False, "blocked_by_lead")


def _consented(asked: Question) -> Verdict:
    if asked.purpose == Purpose.CONFIRM_OPT_OUT:
        return YES
    since = _suppressed_since(asked)
    if since is None:
        return YES
    wrote_later = asked.last_inbound_at is not None and asked.last_inbound_at > since
    if wrote_later and asked.purpose not in PUSHED:
        return YES
    return Verdict(False, "suppressed")


def _suppressed_since(asked: Question) -> datetime | None:
    """When the lead asked to be left alone on this channel (or phone) or everywhere."""
    external = [each.external_id for each in asked.identities]
    known = [*identity.identifiers(asked.lead), *external]
    return asked.records.suppressed_since(asked.lead, known, asked.scope)


def _treated(asked: Question) -> Verdict:
    treatment = asked.lead.treatment_type
    if treatment == Treatment.HOLD and asked.purpose != Purpose.HUMAN:
        return Verdict(False, "on_hold")
    if treatment == Treatment.MANUAL_FOLLOW_UP and asked.purpose in PUSHED:
        return Verdict(False, "manual_follow_up")
    return YES


def _held(asked: Question) -> Verdict:
    if asked.purpose in WHOEVER_HOLDS:
        return YES
    if asked.version is not None:
        current = asked.version == asked.conversation.version
        return YES if current else Verdict(False, "conversation_moved_on")
    if asked.conversation.holder == Holder.ASSISTANT:
        return YES
    later = asked.at + HUMAN_DELAY if asked.purpose in PUSHED else None
    return Verdict(False, "held_by_person", later)


def _in_window(asked: Question) -> Verdict:
    if asked.purpose == Purpose.REPLY and not asked.answers_in_time:
        return Verdict(False, "reply_too_late")
    if asked.purpose == Purpose.CALL:
        return YES
    if asked.channel != Channel.WHATSAPP or asked.answers_in_time or asked.template_approved:
        return YES
    return Verdict(False, "whatsapp_window_closed")


def _awake(asked: Question) -> Verdict:
    if asked.purpose in (Purpose.REPLY, Purpose.HUMAN, Purpose.CONFIRM_OPT_OUT):
        return YES
    hours = hours_of(asked.lead)
    is_reminder = asked.purpose == Purpose.REMINDER
    if not hours.covers(asked.at, nights_only=is_reminder):
        return YES
    # A reminder that missed its evening is skipped: in the morning it would come too late.
    return Verdict(False, "quiet_hours", None if is_reminder else hours.next_open(asked.at))


def hours_of(lead: Lead) -> quiet.QuietHours:
    """The broker's quiet hours in the lead's zone."""
    broker = lead.broker
    zone = lead.timezone or broker.timezone
    return quiet.quiet_hours(broker.brokerleadconfig, country=broker.country, zone=zone)


def _under_cap(asked: Question, ignore_message: int | None, ignore_call: int | None) -> Verdict:
    """Campaign messages and the assistant's calls of a day share one limit."""
    if asked.purpose not in PUSHED:
        return YES
    lead = asked.lead
    limit = lead.broker.brokerleadconfig.max_messages_per_day
    if limit == 0:  # no day would ever be the next one
        return Verdict(False, "cap_is_zero")
    zone = ZoneInfo(lead.timezone or lead.broker.timezone)
    midnight = asked.at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = midnight + timedelta(days=1)
    made = asked.records.contacts(lead, midnight, tomorrow, ignore_message, ignore_call)
    if made < limit:
        return YES
    return Verdict(False, "daily_cap", hours_of(lead).next_open(tomorrow))


def messages(
    lead_ids: Sequence[int], since: datetime, until: datetime, ignore: int | None = None
) -> QuerySet[Any]:
    """Marketing to these leads that left, or is about to, as (lead, moment)."""
    made = ChatMessage.objects.filter(
        lead__in=lead_ids,
        direction=Direction.OUT,
        purpose=Purpose.MARKETING,
        status__in=COUNTED,
        due_at__gte=since,
        due_at__lt=until,
    )
    if ignore is not None:
        # Those that wait behind it do not count, or two at the limit would hold each other up.
        made = made.exclude(pk=ignore)
        made = made.exclude(pk__gt=ignore, status=Delivery.PENDING)
    return made.order_by().values_list("lead_id", "due_at")
