"""A brokerage's public booking page: a stranger chooses a free hour and leaves a name and a phone."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.cache import cache
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from redis.exceptions import RedisError

from brokers.language import in_language_of
from brokers.models import Broker, User
from crm import correlation, limits, rowsecurity
from crm.errors import DomainError, TooMany
from crm.tenancy import Role
from leads import webform
from leads.enums import Actor
from leads.webform import ContactForm
from scheduling import availability, booking, offers
from scheduling.availability import Slot
from scheduling.consequences import acting_as
from scheduling.doors import door
from scheduling.errors import SlotTaken, VisitAlreadySet
from scheduling.models import Appointment, AppointmentType, AvailabilitySlot
from scheduling.speech import hours_by_day, moment_of, spoken

TEMPLATE = "scheduling/book.html"
READS, BOOKINGS, BOOKINGS_A_DAY = 60, 12, 60
DAYS_AT_ONCE = 3
# A page that was sent twice, as by a double tap, is recognised for as long as it is likely open.
REMEMBERED = timedelta(hours=2)
PAGE_KEY = re.compile(r"[\w-]{20,64}", re.ASCII)
KINDS = (
    AppointmentType.PROPERTY_VISIT,
    AppointmentType.VIRTUAL_MEETING,
    AppointmentType.OFFICE_MEETING,
    AppointmentType.PHONE_CALL,
)


class BookingForm(ContactForm):
    """Who comes: the contact form's fields with a phone that is asked for, and the chosen hour."""

    field_order = ("name", "phone", "email", "message", "consent", "website")

    phone = forms.CharField(label=_("Teléfono"), max_length=20)
    start = forms.CharField(max_length=40, error_messages={"required": _("Elige una hora.")})


@csrf_exempt  # nothing here rides on cookies: the page may stand in a frame of any site
@xframe_options_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the free hours; POST books one and shows the visit, or says what is wrong."""
    rows = Broker.objects.filter(is_active=True).select_related("brokerpromptconfig")
    broker = rowsecurity.find(lambda: get_object_or_404(rows, slug=slug))
    correlation.bind(broker_id=broker.pk)
    with in_language_of(broker) as language:
        try:
            limits.require_few(
                request,
                f"book:{broker.pk}",
                reads=READS,
                posts=BOOKINGS,
                posts_a_day=BOOKINGS_A_DAY,
            )
            answer = _booked(request, broker) if request.method == "POST" else None
        except TooMany as refusal:
            answer = _refused(request, broker, refusal)
        answer = answer or _shown(request, broker, BookingForm())
    answer.headers["Content-Language"] = language
    return answer


# --- Booking ------------------------------------------------------------------------------------


def _booked(request: HttpRequest, broker: Broker) -> HttpResponse:
    asked = BookingForm(request.POST)
    if not asked.is_valid():
        return _shown(request, broker, asked, status=400)
    given = asked.cleaned_data
    if given["website"]:  # only robots fill that field in: they are thanked, and nothing happens
        return _confirmed(request, broker, moment_of(given["start"]), token="")
    key = request.POST.get("page_key", "")
    try:
        with acting_as(Actor.LEAD):
            visit, is_theirs = reserve(
                broker,
                given,
                agent=_agent(request, broker),
                appointment_type=_kind(request, _kinds(broker)),
                origin=webform.origin(request, request.POST),
                at=timezone.now(),
            )
    except DomainError as refusal:
        return _shown(request, broker, asked, status=refusal.status, error=str(refusal))
    is_theirs = is_theirs or _booked_before(key) == visit.token
    if is_theirs:
        _remember(key, visit.token)
    return _confirmed(request, broker, visit.start_time, token=visit.token if is_theirs else "")


@door
def reserve(
    broker: Broker,
    given: dict[str, Any],
    *,
    agent: User | None,
    appointment_type: str,
    origin: dict[str, str],
    at: datetime,
) -> tuple[Appointment, bool]:
    """Book the hour for whoever filled in the form; False: it was booked before, maybe by another.

    The hour is offered and taken at once, so that offers' rules hold. What is typed proves
    nothing: a lead who is known otherwise is not reached, and the visit that an equal entry made
    is neither moved nor shown to whoever types the same name and phone.
    """
    lead = webform.submit(broker, given, origin=origin, at=at).lead
    start = moment_of(given["start"])
    standing = booking.active(lead, appointment_type)
    if standing is not None:
        if standing.start_time == start:
            return standing, False
        raise VisitAlreadySet
    free = _free(broker, at, appointment_type, agent)
    slot = next((each for each in free if each.start == start), None)
    if slot is None or start is None:
        raise SlotTaken
    held = offers.offer(lead, slots=[slot], at=at, appointment_type=appointment_type)
    if not held:
        raise SlotTaken
    return booking.book_offer(lead, offer_id=held[0].pk, at=at), True


def _booked_before(key: str) -> str:
    """The token of the visit that this very page booked; with the cache away nobody knows."""
    if not PAGE_KEY.fullmatch(key):
        return ""
    try:
        return str(cache.get(f"booked:{key}") or "")
    except (RedisError, OSError):
        return ""


def _remember(key: str, token: str) -> None:
    if PAGE_KEY.fullmatch(key):
        try:
            cache.set(f"booked:{key}", token, int(REMEMBERED.total_seconds()))
        except (RedisError, OSError):
            return  # the visit stands; only a second tap will not show its link


# --- Choosing -----------------------------------------------------------------------------------


def _kinds(broker: Broker) -> list[AppointmentType]:
    """The kinds of meeting for which the brokerage has opened hours."""
    opened = set(
        AvailabilitySlot.objects.filter(broker=broker).values_list("appointment_type", flat=True)
    )
    return [kind for kind in KINDS if kind in opened or "" in opened]


def _kind(request: HttpRequest, kinds: Sequence[AppointmentType]) -> AppointmentType:
    chosen = request.POST.get("type") or request.GET.get("type")
    usual = kinds[0] if kinds else AppointmentType.PROPERTY_VISIT
    return next((kind for kind in kinds if kind == chosen), usual)


def _agent(request: HttpRequest, broker: Broker) -> User | None:
    """The agent whose own link this is; any other number means any agent."""
    chosen = request.POST.get("agent") or request.GET.get("agent") or ""
    if not re.fullmatch(r"[0-9]{1,12}", chosen):
        return None
    theirs = Q(pk=int(chosen), broker=broker, is_active=True, role=Role.AGENT)
    found: User | None = User.objects.filter(theirs).first()
    return found


def _free(broker: Broker, at: datetime, appointment_type: str, agent: User | None) -> list[Slot]:
    return availability.free_slots(
        broker,
        start=at,
        end=at + availability.meeting(broker).horizon,
        at=at,
        appointment_type=appointment_type,
        agent=agent,
    )


# --- Showing ------------------------------------------------------------------------------------


def _shown(
    request: HttpRequest, broker: Broker, asked: BookingForm, *, status: int = 200, error: str = ""
) -> HttpResponse:
    kinds, agent = _kinds(broker), _agent(request, broker)
    kind = _kind(request, kinds)
    slots = _free(broker, timezone.now(), kind, agent) if kinds else []
    days = hours_by_day([slot.start for slot in slots], availability.zone_of(broker))
    context = {
        "form": asked,
        "error": error or next(iter(asked.errors.get("start", [])), ""),
        "kinds": kinds,
        "kind": kind,
        "agent": agent,
        "chosen": asked.data.get("start", ""),
        "days": days[:DAYS_AT_ONCE],
        "more_days": days[DAYS_AT_ONCE:],
        "consent": webform.CONSENT % {"broker": broker.name},
        "origin": webform.origin(request, request.POST),
        "page_key": request.POST.get("page_key") or secrets.token_urlsafe(18),
    }
    return _answer(request, broker, context, status)


def _confirmed(
    request: HttpRequest, broker: Broker, start: datetime | None, *, token: str
) -> HttpResponse:
    when = spoken(start, availability.zone_of(broker)) if start else ""
    return _answer(request, broker, {"done": True, "when": when, "token": token}, 200)


def _refused(request: HttpRequest, broker: Broker, refusal: TooMany) -> HttpResponse:
    answer = _answer(request, broker, {"is_too_much": True}, refusal.status)
    answer.headers["Retry-After"] = str(refusal.data["retry_after"])
    return answer


def _answer(
    request: HttpRequest, broker: Broker, context: dict[str, Any], status: int
) -> HttpResponse:
    zone = broker.timezone.rpartition("/")[2].replace("_", " ")
    return render(
        request, TEMPLATE, {"broker": broker, "zone_name": zone, **context}, status=status
    )
