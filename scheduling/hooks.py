"""Google's notice that a calendar changed: verified, noted as due, and read by a worker."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crm import rowsecurity
from crm.tasks import enqueue
from scheduling.calendars import channels
from scheduling.models import CalendarConnection
from scheduling.tasks import pull_calendar


@csrf_exempt
@require_POST
def google(request: HttpRequest) -> HttpResponse:
    """The notice has no content: it only makes the reading due, so a repeat costs nothing."""
    channel = request.headers.get("X-Goog-Channel-ID", "")
    if not channels.is_ours(channel, request.headers.get("X-Goog-Channel-Token", "")):
        return HttpResponse(status=403)
    connected = CalendarConnection.objects.filter(
        channel_id=channel, state=CalendarConnection.State.CONNECTED
    )
    if rowsecurity.find(connected.first) is None:
        return HttpResponse(status=200)
    for pk in connected.values_list("pk", flat=True):
        connected.filter(pk=pk).update(pull_due_at=timezone.now())
        enqueue(pull_calendar, pk)
    return HttpResponse(status=200)
