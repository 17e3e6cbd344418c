"""What hangs on a lead here: appointments and offered slots, exported, erased, merged and shown."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models import Lead
from leads.parts import LeadPart, Panel, Remains, erase_rows, export_rows, move_rows, register
from scheduling import booking
from scheduling.calendars import outbox
from scheduling.models import ACTIVE, Appointment, CalendarEvent, SlotOffer

SHOWN = 20
EXPORTED = [
    "id", "appointment_type", "status", "start_time", "end_time", "location", "meet_url",
    "cancelled_at", "cancellation_reason", "notes", "created_at",
]  # fmt: skip
EXPORTED_OFFERS = ["id", "appointment_type", "start_time", "end_time", "taken", "created_at"]

_move_appointments = move_rows(Appointment)
_erase_appointments = erase_rows(Appointment)


def merge_appointments(loser: Lead, survivor: Lead) -> list[int]:
    """Where both have an active appointment of a type, the survivor's stands."""
    standing = Appointment.objects.filter(lead=survivor, status__in=ACTIVE)
    twice = Appointment.objects.filter(
        lead=loser, status__in=ACTIVE, appointment_type__in=standing.values("appointment_type")
    )
    for appointment in twice:
        booking.cancel(appointment, reason=_("Lead fusionado con otro."), at=timezone.now())
    return _move_appointments(loser, survivor)


def drop_offers(loser: Lead, survivor: Lead) -> list[int]:
    """Offers last five minutes: the survivor is offered anew."""
    SlotOffer.objects.filter(lead=loser).delete()
    return []


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
        remains=remains,
    )
)
register(
    LeadPart(
        "slot_offers",
        SlotOffer,
        export_rows(SlotOffer, EXPORTED_OFFERS),
        erase_rows(SlotOffer),
        drop_offers,
    )
)
