"""An agent's visits as a calendar to subscribe to, at an address that only they know."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crm import limits, rowsecurity
from scheduling import properties
from scheduling.calendars import ics
from scheduling.models import Appointment, CalendarConnection

SINCE = timedelta(days=60)
PER_MINUTE = 60


def address(connection: CalendarConnection) -> str:
    return f"{settings.PUBLIC_URL}{reverse('calendar-feed', args=[connection.feed_token])}"


@never_cache
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Everything from two months ago on; a deactivated agent's address answers no more."""
    key = f"feed:{limits.address_of(request)}"
    if limits.exceeded(key, limit=PER_MINUTE, seconds=60):
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    rows = CalendarConnection.objects.select_related("user__broker", "broker").filter(
        feed_token=token
    )
    connection = rowsecurity.find(rows.first)
    if connection is None or not connection.user.may_enter:
        raise Http404
    at = timezone.now()
    theirs = Appointment.objects.filter(
        agent=connection.user_id, broker=connection.broker_id, end_time__gt=at - SINCE
    )
    appointments = properties.joined(theirs).select_related("lead")
    body = ics.feed(
        appointments.order_by("start_time", "pk"),
        name=f"{connection.user.name} · {connection.broker.name}",
        zone=connection.broker.timezone,
        at=at,
    )
    return HttpResponse(body, content_type="text/calendar; charset=utf-8")
