"""Joining an agent's Google calendar: to Google with a signed state, and back with a code."""

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from brokers.models import User
from crm.errors import ProviderError
from crm.tasks import enqueue
from scheduling import sync
from scheduling.calendars import google
from scheduling.tasks import push_event

SALT = "google-calendar"
VALID_SECONDS = 600
IN_SESSION = "google_calendar_nonce"


@never_cache
@require_GET
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """To Google's page; the state names who asked, and only their own session may bring it back."""
    user = _agent(request)
    if user is None or not google.is_configured():
        return _back(request, messages.ERROR, _("Google Calendar no está disponible aquí."))
    nonce = secrets.token_urlsafe(16)
    request.session[IN_SESSION] = nonce
    state = signing.dumps({"user": user.pk, "nonce": nonce}, salt=SALT)
    return HttpResponseRedirect(google.consent_url(state))


@never_cache
@require_GET
@login_required
def callback(request: HttpRequest) -> HttpResponse:
    user, code = _agent(request), request.GET.get("code", "")
    if user is None or not _is_ours(request, user):
        return _back(request, messages.ERROR, _("El enlace venció. Conecta de nuevo."))
    if not code:
        return _back(request, messages.WARNING, _("No diste acceso a tu calendario."))
    try:
        credentials = google.exchange(code)
    except ProviderError:
        told = _("Google no confirmó el acceso. Vuelve a intentarlo.")
        return _back(request, messages.ERROR, told)
    for event_id in sync.connect(user, credentials, at=timezone.now()):
        enqueue(push_event, event_id)
    return _back(request, messages.SUCCESS, _("Tu calendario de Google quedó conectado."))


def _agent(request: HttpRequest) -> User | None:
    """Whose calendar it is: somebody of a broker, who may still enter."""
    user = request.user
    is_of_broker = isinstance(user, User) and user.may_enter and user.broker_id is not None
    return user if is_of_broker and isinstance(user, User) else None


def _is_ours(request: HttpRequest, user: User) -> bool:
    expected = request.session.pop(IN_SESSION, None)
    try:
        state = signing.loads(request.GET.get("state", ""), salt=SALT, max_age=VALID_SECONDS)
    except signing.BadSignature:
        return False
    return bool(expected) and state == {"user": user.pk, "nonce": expected}


def _back(request: HttpRequest, level: int, told: str) -> HttpResponse:
    messages.add_message(request, level, told)
    return HttpResponseRedirect(reverse("admin:scheduling_calendarconnection_changelist"))
