"""Per-request language (Spanish unless asked for another) and the broker's time zone."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone, translation

from crm import correlation, rowsecurity
from crm.api import throttling

Handler = Callable[[HttpRequest], HttpResponse]


def _asked_language(request: HttpRequest) -> str:
    """A person asks by the language cookie, a program (the API) by Accept-Language."""
    if request.path.startswith("/api/"):
        asked = request.headers.get("Accept-Language", "")[:2].lower()
    else:
        asked = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class LanguageMiddleware:
    """Django's own follows the browser's header; brokers expect Spanish on any browser."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = _asked_language(request)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class TenantMiddleware:
    """The database shows a request the rows of whoever is signed in; to the anonymous, nobody's.

    A token is read later, within the API's view: its user is entered there. It ends here too.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with rowsecurity.nobody(), rowsecurity.for_user(request.user):
            response = self.get_response(request)
            if isinstance(response, StreamingHttpResponse) and not isinstance(
                response, FileResponse
            ):
                response.streaming_content = rowsecurity.streamed(response.streaming_content)
        return response


class BrokerTimezoneMiddleware:
    """Shows times in the zone of the signed-in user's broker."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        correlation.bind(
            user_id=request.user.pk, broker_id=getattr(request.user, "broker_id", None)
        )
        broker = getattr(request.user, "broker", None)
        zone = broker.timezone if broker else settings.TIME_ZONE
        with timezone.override(ZoneInfo(zone)):
            return self.get_response(request)


class RateLimitMiddleware:
    """Tells a caller of the API what its limits left; with the cache away nothing is counted."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        allowance: throttling.Allowance | None = getattr(request, throttling.ATTRIBUTE, None)
        if allowance is not None:
            for name, value in allowance.headers.items():
                response.headers[name] = value
        return response
