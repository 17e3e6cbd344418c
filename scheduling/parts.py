"""What hangs on a lead here: appointments and offered slots, exported, erased, merged and shown."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import DomainError
from leads.models import Lead
from leads.parts import (
    Deed,
    LeadPart,
    Panel,
    Remains,
    erase_rows,
    export_rows,
    move_rows,
    register,
    return_rows,
)
from scheduling import availability, booking, reminders
from scheduling.calendars import outbox
from scheduling.models import ACTIVE, Appointment, AppointmentStatus, CalendarEvent, SlotOffer
from scheduling.speech import spoken

SHOWN = 20
EXPORTED = [
    "id", "appointment_type", "status", "start_time", "end_time", "location", "meet_url",
    "cancelled_at", "cancellation_reason", "requested", "notes", "created_at",
]  # fmt: skip
EXPORTED_OFFERS = ["id", "appointment_type", "start_time", "end_time", "taken", "created_at"]

_move_appointments = move_rows(Appointment)
_return_appointments = return_rows(Appointment)
_erase_appointments = erase_rows(Appointment)


def clashes(loser: Lead, survivor: Lead, at: datetime) -> list[tuple[Appointment, Appointment]]:
    """Of each type that both have an active appointment of: the one that stands, the other.

    The survivor's stands, unless it is over and the loser's is still ahead.
    """
    active = Appointment.objects.filter(status__in=ACTIVE).select_related("lead__broker")
    theirs = {each.appointment_type: each for each in active.filter(lead=survivor)}
    pairs = [
        (theirs[each.appointment_type], each)
        for each in active.filter(lead=loser).order_by("pk")
        if each.appointment_type in theirs
    ]
    return [
        (other, mine) if mine.end_time <= at < other.end_time else (mine, other)
        for mine, other in pairs
    ]


def foresee(loser: Lead, survivor: Lead, deed: Deed) -> list[str]:
    zone = availability.zone_of(survivor.broker)
    return [
        _(
            "Los dos tienen una cita activa (%(type)s): queda la de %(kept)s y se cancela la de %(gone)s."
        )
        % {
            "type": kept.get_appointment_type_display(),
            "kept": spoken(kept.start_time, zone),
            "gone": spoken(gone.start_time, zone),
        }
        for kept, gone in clashes(loser, survivor, deed.at)
    ]


def merge_appointments(loser: Lead, survivor: Lead, deed: Deed) -> dict[str, list[int]]:
    """Appointments follow the survivor; of two active ones of a type one is cancelled."""
    gone = [each for _kept, each in clashes(loser, survivor, deed.at)]
    confirmed = [each.pk for each in gone if each.status == AppointmentStatus.CONFIRMED]
    for appointment in gone:
        reason = _("Lead unido con otro.")
        booking.cancel(appointment, reason=reason, by=deed.by, at=deed.at)
    moved = _move_appointments(loser, survivor, deed)
    return {"moved": moved, "cancelled": [each.pk for each in gone], "confirmed": confirmed}


def unmerge_appointments(
    loser: Lead, survivor: Lead, record: dict[str, list[int]], deed: Deed
) -> list[str]:
    """What moved goes back; what the merge cancelled stands again where its time is free."""
    _return_appointments(loser, survivor, record, deed)
    lost = []
    cancelled = Appointment.objects.filter(
        pk__in=record["cancelled"], status=AppointmentStatus.CANCELLED
    )
    for appointment in cancelled.order_by("pk"):
        try:
            stands = booking.reinstate(appointment, by=deed.by, at=deed.at, even_past=True)
            if stands.pk in record["confirmed"]:
                booking.confirm(stands, by=deed.by, at=deed.at)
        except DomainError as refusal:
            when = spoken(appointment.start_time, availability.zone_of(loser.broker))
            lost.append(_("Cita de %(when)s: %(why)s") % {"when": when, "why": refusal})
    return lost


def erase_appointments(lead: Lead) -> int:
    """What stands in agents' calendars goes too: the rows of the outbox outlive the appointments."""
    rows = Appointment.objects.filter(lead=lead)
    outbox.withdraw(rows, at=timezone.now())
    return _erase_appointments(lead)


def remains(lead: Lead) -> list[Remains]:
    """Google is asked to delete its copies; a calendar that was unjoined keeps them."""
    copies = CalendarEvent.objects.filter(appointment__lead=lead).count()
    return [Remains("calendar_events", copies, "calendar_asked")]


def panel(lead: Lead, user: Any) -> Panel:
    """The lead's appointments that the user may see: those ahead first, then the latest ones."""
    now = timezone.now()
    rows = Appointment.objects.visible_to(user).filter(lead=lead).select_related("agent")
    shown = list(rows.order_by("-start_time")[:SHOWN])
    ahead = [each for each in shown if each.status in ACTIVE and each.end_time > now]
    context = {
        "zone": lead.broker.timezone,
        "upcoming": ahead[::-1],
        "past": [each for each in shown if each not in ahead],
    }
    return Panel(_("Citas"), "scheduling/lead_panel.html", context)


register(
    LeadPart(
        "appointments",
        Appointment,
        export_rows(Appointment, EXPORTED),
        erase_appointments,
        merge_appointments,
        panel,
        next_due=reminders.next_due,
        unmerge=unmerge_appointments,
        foresee=foresee,
        remains=remains,
    )
)
register(
    LeadPart(
        "slot_offers",
        SlotOffer,
        export_rows(SlotOffer, EXPORTED_OFFERS),
        erase_rows(SlotOffer),
        move_rows(SlotOffer, "agent", "start_time", "appointment_type"),
    )
)
