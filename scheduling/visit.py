"""The lead's own page of a visit: its details, and to confirm it, change its hour or cancel it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from brokers.language import in_language_of
from crm import limits, rowsecurity
from crm.errors import DomainError, TooMany
from leads import storable
from leads.enums import Actor
from scheduling import availability, booking, offers
from scheduling.availability import Slot
from scheduling.consequences import acting_as
from scheduling.doors import door, lock_appointment
from scheduling.errors import NotActive, SlotTaken, Stale
from scheduling.models import ACTIVE, Appointment, AppointmentStatus
from scheduling.speech import hours_by_day, moment_of, spoken, spoken_day

TEMPLATE = "scheduling/visit.html"
TOKEN = re.compile(r"[\w-]{1,64}", re.ASCII)
REMEMBERED = timedelta(days=30)
MAX_REASON = 500
READS, CHANGES, MINUTE = 60, 12, 60
DAYS_AT_ONCE = 3

Verb = Callable[[Appointment, HttpRequest, datetime], Appointment]
Check = Callable[[Appointment, HttpRequest], bool]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    at = timezone.now()
    changes = request.method == "POST"
    if _is_too_much(request, token, changes):
        return _plain(request, "too_many", TooMany.status)
    appointment = _find(token, at)
    if appointment is None:
        return _plain(request, "missing", 404)
    with in_language_of(appointment.lead.broker) as language:
        answer = _change(request, appointment, at) if changes else _shown(request, appointment, at)
    answer.headers["Content-Language"] = language
    return answer


def _find(token: str, at: datetime) -> Appointment | None:
    """The visit, until a month after it; those of a closed broker are gone at once."""
    if not TOKEN.fullmatch(token):
        return None
    rows = Appointment.objects.filter(
        token=token, broker__is_active=True, end_time__gt=at - REMEMBERED
    )
    related = ("agent", "lead__broker__brokerpromptconfig", "lead__broker__brokerleadconfig")
    found: Appointment | None = rowsecurity.find(rows.select_related(*related).first)
    return found


def _is_too_much(request: HttpRequest, token: str, changes: bool) -> bool:
    reader = f"visit:{limits.address_of(request)}"
    if limits.exceeded(reader, limit=READS, seconds=MINUTE):
        return True
    return changes and limits.exceeded(f"visit-change:{token[:64]}", limit=CHANGES, seconds=MINUTE)


# --- Changing ---------------------------------------------------------------------------------


def _change(request: HttpRequest, appointment: Appointment, at: datetime) -> HttpResponse:
    wanted = request.POST.get("do", "")
    if wanted not in VERBS:
        return _shown(request, appointment, at, error=str(DomainError.message), status=400)
    try:
        with acting_as(Actor.LEAD):
            _run(wanted, appointment, request, at)
    except DomainError as refusal:
        fresh = _find(appointment.token, at) or appointment
        return _shown(request, fresh, at, error=str(refusal), status=refusal.status)
    return HttpResponseRedirect(f"{reverse('visit', args=[appointment.token])}?done={wanted}")


@door
def _run(wanted: str, appointment: Appointment, request: HttpRequest, at: datetime) -> Appointment:
    """Only what the lead sees is changed: of two open tabs, the older one is told so.

    A form sent twice, as by a double tap, finds its wish done.
    """
    fresh = lock_appointment(appointment)
    verb, is_done = VERBS[wanted]
    if is_done(fresh, request):
        return fresh
    if request.POST.get("seen") != _seen(fresh):
        raise Stale
    if not _is_open(fresh, at):
        raise NotActive
    return verb(fresh, request, at)


def _seen(appointment: Appointment) -> str:
    return f"{appointment.ics_sequence}-{appointment.status}"


def _is_open(appointment: Appointment, at: datetime) -> bool:
    return appointment.status in ACTIVE and appointment.start_time > at


def _confirm(appointment: Appointment, request: HttpRequest, at: datetime) -> Appointment:
    return booking.confirm(appointment, at=at)


def _cancel(appointment: Appointment, request: HttpRequest, at: datetime) -> Appointment:
    reason = storable.text(request.POST.get("reason", "")).strip()[:MAX_REASON]
    return booking.cancel(appointment, reason=reason or _("La canceló el lead."), at=at)


def _reschedule(appointment: Appointment, request: HttpRequest, at: datetime) -> Appointment:
    """The hour is offered to the lead and taken at once, so that the same rules hold."""
    start = moment_of(request.POST.get("start", ""))
    slot = next((each for each in _free(appointment, at) if each.start == start), None)
    if start is None or slot is None:
        raise SlotTaken
    kind = appointment.appointment_type
    if not offers.offer(
        appointment.lead, slots=[_keeping(slot, appointment)], at=at, appointment_type=kind
    ):
        raise SlotTaken
    return booking.reschedule(appointment, start=start, at=at)


def _keeping(slot: Slot, appointment: Appointment) -> Slot:
    """The same agent where they are free."""
    agent = appointment.agent_id
    return Slot(slot.start, slot.end, (agent,)) if agent in slot.agents else slot


def _is_confirmed(appointment: Appointment, request: HttpRequest) -> bool:
    same_hour = request.POST.get("seen", "").partition("-")[0] == str(appointment.ics_sequence)
    return same_hour and appointment.status == AppointmentStatus.CONFIRMED


def _is_moved(appointment: Appointment, request: HttpRequest) -> bool:
    is_there = moment_of(request.POST.get("start", "")) == appointment.start_time
    return is_there and appointment.status in ACTIVE


def _is_cancelled(appointment: Appointment, request: HttpRequest) -> bool:
    return appointment.status == AppointmentStatus.CANCELLED


VERBS: dict[str, tuple[Verb, Check]] = {
    "confirm": (_confirm, _is_confirmed),
    "reschedule": (_reschedule, _is_moved),
    "cancel": (_cancel, _is_cancelled),
}


# --- Showing ----------------------------------------------------------------------------------


def _shown(
    request: HttpRequest, appointment: Appointment, at: datetime, *, error: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """What stands now; an hour to choose only while there is something to change."""
    broker, is_open = appointment.lead.broker, _is_open(appointment, at)
    days = _days(appointment, at) if is_open else []
    context = {
        "appointment": appointment,
        "broker": broker,
        "state": "open" if is_open else _closed(appointment),
        "seen": _seen(appointment),
        "day": spoken_day(appointment.start_time, availability.zone_of(broker)),
        "zone": broker.timezone,
        "zone_name": broker.timezone.rpartition("/")[2].replace("_", " "),
        "is_online": appointment.appointment_type == "virtual_meeting",
        "days": days[:DAYS_AT_ONCE],
        "more_days": days[DAYS_AT_ONCE:],
        "is_choosing": bool(error) and request.POST.get("do") == "reschedule",
        "done": _done(request, appointment),
        "error": error,
    }
    return _answer(request, context, status)


def _closed(appointment: Appointment) -> str:
    return "cancelled" if appointment.status == AppointmentStatus.CANCELLED else "past"


def _done(request: HttpRequest, appointment: Appointment) -> str:
    """What just happened, while it is still so."""
    when = spoken(appointment.start_time, availability.zone_of(appointment.lead.broker))
    told = {
        ("confirm", AppointmentStatus.CONFIRMED): _("Listo, tu asistencia quedó confirmada."),
        ("reschedule", AppointmentStatus.SCHEDULED): _("Listo, te esperamos el %s.") % when,
        ("cancel", AppointmentStatus.CANCELLED): _("Listo, tu visita quedó cancelada."),
    }
    status = AppointmentStatus(appointment.status)
    return told.get((request.GET.get("done", ""), status), "")


def _free(appointment: Appointment, at: datetime) -> list[Slot]:
    broker = appointment.lead.broker
    return availability.free_slots(
        broker,
        start=at,
        end=at + availability.meeting(broker).horizon,
        at=at,
        duration=appointment.duration_minutes,
        appointment_type=appointment.appointment_type,
        lead=appointment.lead,
    )


def _days(appointment: Appointment, at: datetime) -> list[dict[str, Any]]:
    """The free hours, day by day, in the broker's zone."""
    starts = [slot.start for slot in _free(appointment, at)]
    return hours_by_day(starts, availability.zone_of(appointment.lead.broker))


def _plain(request: HttpRequest, state: str, status: int) -> HttpResponse:
    is_too_much = status == TooMany.status
    response = _answer(request, {"state": state, "is_too_much": is_too_much}, status)
    if is_too_much:
        response.headers["Retry-After"] = str(MINUTE)
    return response


def _answer(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    response = render(request, TEMPLATE, context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
