"""Reminders of a visit, a day and an hour before: when each is due, and how it is queued once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from brokers.language import in_language_of
from brokers.models import User
from crm.errors import NotAllowed
from crm.queues import in_turn
from leads import agenda, alerts, gate, outbox
from leads.channels.base import available
from leads.enums import AlertKind, Author, Channel, Delivery, Holder, Purpose
from leads.models import ChatMessage, Lead, LeadAlert
from leads.quiet import QuietHours
from leads.writing import in_language_of_lead
from scheduling.availability import zone_of
from scheduling.calendars.wording import place, visit_link
from scheduling.doors import door, lock_appointment
from scheduling.errors import NotActive
from scheduling.models import ACTIVE, Appointment
from scheduling.speech import spoken

BEFORE_NIGHT = timedelta(minutes=30)  # what a sweep and a busy worker may take
LONGEST_NIGHT = timedelta(days=1)
LIMIT = 500
HELD = ("held_by_person", "person_took_over")  # why a reminder did not go: the assistant is silent


@dataclass(frozen=True)
class Kind:
    """One of the reminders: how far ahead it goes, and the column that says it went."""

    name: str
    ahead: timedelta
    flag: str


DAY_BEFORE = Kind("24h", timedelta(hours=24), "reminder_sent_24h")
HOUR_BEFORE = Kind("1h", timedelta(hours=1), "reminder_sent_1h")
READ = (  # all it takes to know the moment: whole rows cost twice as much
    "start_time", "agreed_at", "reminder_sent_24h", "reminder_sent_1h",
    "lead__timezone", "lead__broker__timezone", "lead__broker__country",
    "lead__broker__brokerleadconfig__quiet_hours",
)  # fmt: skip
KINDS = {kind.name: kind for kind in (DAY_BEFORE, HOUR_BEFORE)}


def moment(start: datetime, kind: Kind, hours: QuietHours) -> datetime:
    """When the reminder goes; one that would fall into the night goes the evening before it."""
    due = start.astimezone(UTC) - kind.ahead
    if not hours.covers(due, nights_only=True):
        return due
    return hours.night_start(due).astimezone(UTC) - BEFORE_NIGHT


def next_due(lead_ids: Sequence[int], at: datetime) -> list[tuple[int, datetime]]:
    """When the reminders of these leads go."""
    rows = Appointment.objects.filter(
        Q(reminder_sent_24h=False) | Q(reminder_sent_1h=False),
        lead__in=lead_ids,
        status__in=ACTIVE,
        start_time__gt=at,
    ).select_related("lead__broker__brokerleadconfig")
    return [(row.lead_id, due) for row in rows.only("lead_id", *READ) for due in _planned(row, at)]


def _planned(appointment: Appointment, at: datetime) -> Iterator[datetime]:
    hours = gate.hours_of(appointment.lead)
    for kind in KINDS.values():
        due = moment(appointment.start_time, kind, hours)
        open_still = not getattr(appointment, kind.flag) and appointment.agreed_at < due
        if open_still and (due > at or is_due(appointment, kind, at=at)):
            yield due


def is_due(appointment: Appointment, kind: Kind, *, at: datetime) -> bool:
    """Its moment has come, later than the hour was agreed, and no later reminder's moment has."""
    hours = gate.hours_of(appointment.lead)
    due = moment(appointment.start_time, kind, hours)
    overtaken = kind is DAY_BEFORE and at >= moment(appointment.start_time, HOUR_BEFORE, hours)
    return appointment.agreed_at < due <= at < appointment.start_time and not overtaken


def due(*, at: datetime) -> list[tuple[int, str]]:
    """Reminders to queue now, as appointment and kind: one query, however many there are."""
    rows = Appointment.objects.filter(
        Q(reminder_sent_24h=False)
        | Q(reminder_sent_1h=False, start_time__lte=at + HOUR_BEFORE.ahead + LONGEST_NIGHT),
        broker__is_active=True,
        status__in=ACTIVE,
        start_time__gt=at,
        start_time__lte=at + DAY_BEFORE.ahead + LONGEST_NIGHT,
    )
    rows = rows.select_related("lead__broker__brokerleadconfig").only(*READ)
    waiting = (
        (row.pk, kind.name)
        for row in in_turn(rows, "start_time")
        for kind in KINDS.values()
        if not getattr(row, kind.flag) and is_due(row, kind, at=at)
    )
    return list(waiting)[:LIMIT]


@door
def remind(appointment_id: int, kind: Kind, *, at: datetime) -> bool:
    """Queue one reminder and note it, together; False when it is not to go (any more).

    Where the lead cannot be reached, the message is stored all the same: its delivery asks the
    gate and keeps the reason.
    """
    found = Appointment.objects.filter(pk=appointment_id).first()
    if found is None:
        return False
    appointment = lock_appointment(found)
    waiting = appointment.status in ACTIVE and not getattr(appointment, kind.flag)
    if not waiting or not is_due(appointment, kind, at=at):
        return False
    outbox.queue(
        appointment.lead,
        text=text(appointment),
        author=Author.ASSISTANT,
        purpose=Purpose.REMINDER,
        channel=channel_for(appointment.lead, at=at),
        idempotency_key=key(appointment, kind),
        metadata={"appointment": appointment.pk, "reminder": kind.name},
        at=at,
    )
    setattr(appointment, kind.flag, True)
    appointment.save(update_fields=[kind.flag, "updated_at"])
    agenda.refresh([appointment.lead_id], at=at)
    return True


def key(appointment: Appointment, kind: Kind) -> str:
    return f"reminder:{appointment.pk}:{kind.name}:{appointment.start_time.isoformat()}"


def channel_for(lead: Lead, *, at: datetime) -> str:
    """Where the lead talks to us; else the first other channel on which they may be reminded."""
    usual: str = lead.conversation.channel
    known = lead.identities.order_by("-id").values_list("channel", flat=True)
    can_send = available()
    options = dict.fromkeys([usual, *known, Channel.EMAIL.value])
    allowed = (
        channel
        for channel in options
        if channel in can_send and gate.may_contact(lead, channel, Purpose.REMINDER, at).allowed
    )
    return next(allowed, usual)


def text(appointment: Appointment) -> str:
    """What the lead reads: when, where, with whom, and the link to change it."""
    with in_language_of_lead(appointment.lead):
        return _text(appointment)


def _text(appointment: Appointment) -> str:
    lead, agent = appointment.lead, appointment.agent
    where = place(appointment)
    first_name = (lead.name or "").split(" ")[0]
    told = {
        "hello": _("Hola, %s.") % first_name if first_name else _("Hola."),
        "kind": appointment.get_appointment_type_display(),
        "when": spoken(appointment.start_time, zone_of(lead.broker)),
        "where": _(", en %s") % where if where else "",
        "agent": _(", con %s") % agent.name if agent else "",
        "link": visit_link(appointment),
    }
    return (
        _("%(hello)s Te recordamos tu %(kind)s: %(when)s%(where)s%(agent)s.") % told
        + "\n"
        + _("Confirma, cambia la hora o cancela aquí: %(link)s") % told
    )


# --- Where a person holds the conversation --------------------------------------------------------


def unsent(*, at: datetime) -> list[ChatMessage]:
    """Reminders of visits ahead that were held back for a person's sake, and nobody was told of."""
    told = LeadAlert.objects.filter(
        lead=OuterRef("lead"), kind=AlertKind.REMINDER_HELD, key=OuterRef("idempotency_key")
    )
    rows = ChatMessage.objects.filter(
        ~Exists(told),
        purpose=Purpose.REMINDER,
        status=Delivery.BLOCKED,
        reason__in=HELD,
        idempotency_key__startswith="reminder:",
        lead__appointments__status__in=ACTIVE,
        lead__appointments__start_time__gt=at,
        lead__appointments__start_time__lte=at + DAY_BEFORE.ahead + LONGEST_NIGHT,
    )
    each = ChatMessage.objects.filter(pk__in=rows.order_by().values("pk"))
    return list(in_turn(each, "-pk")[:LIMIT])


def tell_unsent(*, at: datetime) -> int:
    """Whoever holds a conversation is told, in time, of the reminder that did not go."""
    waiting = unsent(at=at)
    asked = [message.provider_metadata.get("appointment") for message in waiting]
    related = ("lead__broker", "lead__conversation")
    rows = Appointment.objects.filter(status__in=ACTIVE, start_time__gt=at)
    ahead = rows.select_related(*related).in_bulk(asked)
    pairs = [
        (ahead[pk], message) for pk, message in zip(asked, waiting, strict=True) if pk in ahead
    ]
    return sum(_tell(appointment, message, at) for appointment, message in pairs)


def _tell(appointment: Appointment, message: ChatMessage, at: datetime) -> bool:
    """False for a reminder of an hour that the visit no longer has."""
    if message.idempotency_key not in _keys(appointment):
        return False
    lead = appointment.lead
    with in_language_of(lead.broker):
        details = {"when": spoken(appointment.start_time, zone_of(lead.broker)), "why": _why(lead)}
    page = reverse("admin:scheduling_appointment_change", args=[appointment.pk])
    kind, key = AlertKind.REMINDER_HELD, message.idempotency_key
    return alerts.raise_for(
        appointment.broker_id, kind, lead=lead, key=key, at=at, page=page, **details
    )


def _why(lead: Lead) -> str:
    if lead.conversation.holder == Holder.USER:
        return _("tú llevas la conversación")
    return _("la conversación espera a una persona")


def _keys(appointment: Appointment) -> dict[str, Kind]:
    return {key(appointment, kind): kind for kind in KINDS.values()}


def messages(appointment: Appointment) -> dict[str, ChatMessage]:
    """The reminders of the hour as it stands that were made, by the name of their kind."""
    keys = _keys(appointment)
    rows = ChatMessage.objects.filter(broker=appointment.broker_id, idempotency_key__in=list(keys))
    return {keys[row.idempotency_key].name: row for row in rows if row.idempotency_key}


def send_by_person(appointment: Appointment, *, by: User, at: datetime) -> ChatMessage:
    """The reminder as a message of a person, who takes the conversation by it as by any other.

    Asked twice for the same hour and the same reminder, it goes once.
    """
    related = ("agent", "lead__broker__brokerleadconfig", "lead__conversation")
    fresh = Appointment.objects.select_related(*related).get(pk=appointment.pk)
    if fresh.status not in ACTIVE or fresh.start_time <= at:
        raise NotActive
    if not Lead.objects.visible_to(by).filter(pk=fresh.lead_id).exists():
        raise NotAllowed
    latest = HOUR_BEFORE if fresh.reminder_sent_1h else DAY_BEFORE
    asked = key(fresh, latest)
    return outbox.send_by_person(fresh.lead, by=by, text=text(fresh), at=at, idempotency_key=asked)
