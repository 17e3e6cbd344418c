"""Per request: whether the database can be had, the language, and the broker's time zone."""

import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    StreamingHttpResponse,
)
from django.middleware.common import CommonMiddleware
from django.utils import timezone, translation

from crm import connections, correlation, limits, rowsecurity
from crm.api import throttling
from crm.errors import (
    RETRY_AFTER,
    DomainError,
    FilesAway,
    NoRoom,
    NoSuchAddress,
    Refused,
    TooMany,
    Unavailable,
    is_no_room,
)
from crm.places import Place, Places, holding
from crm.responses import apology, asks_for_a_page

Handler = Callable[[HttpRequest], HttpResponse]
WATCHED = ("/health/", "/metrics")
OF_THE_BODY = ("Content-Type", "Content-Length", "Content-Disposition", "Content-Encoding", "ETag")
# What is answered without the database, also while that hangs.
FREE = ("/health/", settings.STATIC_URL)


def asked_language(request: HttpRequest) -> str:
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
        language = asked_language(request)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class NulMiddleware:
    """No text of ours holds a NUL, which PostgreSQL refuses: such an address leads nowhere.

    Wherever it stands in the address, a key or a filter's value, the look-up would fail with it.
    The API refuses it in a query by itself, with the parameter's name.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_api = request.path_info.startswith("/api/")
        query = b"" if is_api else unquote_to_bytes(request.META.get("QUERY_STRING", ""))
        if "\x00" in request.path_info or b"\x00" in query:
            return apology(request, NoSuchAddress())
        return self.get_response(request)


class HostMiddleware(CommonMiddleware):
    """Django's, but for who watches us: by whatever name, or as HTTP/1.0 by none.

    Nothing that these addresses answer is made of the name; /metrics asks for its token.
    """

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if request.path.startswith(WATCHED):
            return None
        return super().process_request(request)


class OneShapeMiddleware:
    """A refusal comes in its reader's shape, whoever refused: JSON under /api/, else as asked.

    A browser gets a page in place of JSON or of nothing at all, as of a method that is not taken.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < 400 or response.streaming or self._is_in_shape(request, response):
            return response
        with translation.override(asked_language(request)):
            shaped = apology(request, Refused(response.status_code))
        for name, value in response.headers.items():
            if name not in OF_THE_BODY:
                shaped.headers.setdefault(name, value)
        return shaped

    def _is_in_shape(self, request: HttpRequest, response: HttpResponse) -> bool:
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if f"{request.path}/".startswith("/api/"):
            return not is_page
        if request.path.startswith(WATCHED):  # what is wrong is in the answer
            return True
        return not asks_for_a_page(request) or (is_page and bool(response.content))


class DatabaseMiddleware:
    """Outermost: with the database away a request is answered so, at once, with when to come again.

    Wherever it failed: in a view, in a middleware within, or in a page half rendered. Those that
    wait for a database that hangs are few: a thread is left for who needs none.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.places = Places(settings.DB_PLACES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(FREE):
            return self.get_response(request)
        place, response = Place(self.places), None
        try:
            place.take()
            with holding(place):
                response = self.get_response(request)
        except Unavailable as error:
            return self._apology(request, error)
        finally:
            self._leave(place, response)
        failure: DomainError | None = getattr(request, "passing_failure", None)
        if response.status_code == Unavailable.status or failure:
            connections.drop()  # the next request may find another server, or this one again
        return self._apology(request, failure) if failure else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A refusal from so deep that no view expected it, as of a crowd at the sign-in."""
        return self._apology(request, error) if isinstance(error, DomainError) else None

    def _leave(self, place: Place, response: Any) -> None:
        """What is sent bit by bit reads on until it is closed."""
        if getattr(response, "streaming", False):
            response._resource_closers.append(place.leave)
        else:
            place.leave()

    def _apology(self, request: HttpRequest, failure: DomainError) -> HttpResponse:
        with translation.override(asked_language(request)):
            return apology(request, failure)


@receiver(got_request_exception)
def _note_passing(request: HttpRequest | None = None, **_: Any) -> None:
    """What Django would answer by 500 for want of a database, of files, or of room for them."""
    if request is None:
        return
    error = sys.exc_info()[1]
    if connections.is_passing(error):
        request.passing_failure = Unavailable(retry_after=RETRY_AFTER)  # type: ignore[attr-defined]
    elif is_no_room(error):
        request.passing_failure = NoRoom()  # type: ignore[attr-defined]
    elif isinstance(error, FilesAway):
        request.passing_failure = error  # type: ignore[attr-defined]


class TenantMiddleware:
    """The database shows a request the rows of whoever is signed in; to the anonymous, nobody's.

    A token is read later, within the API's view: its user is entered there. It ends here too.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(FREE):  # whoever asks: to know them takes the database
            return self.get_response(request)
        with rowsecurity.nobody(), rowsecurity.for_user(request.user):
            response = self.get_response(request)
            if isinstance(response, StreamingHttpResponse) and not isinstance(
                response, FileResponse
            ):
                response.streaming_content = rowsecurity.streamed(response.streaming_content)
                closers = response._resource_closers
                closers[:] = [rowsecurity.kept(close) for close in closers]
        return response


class BrokerTimezoneMiddleware:
    """Shows times in the zone of the signed-in user's broker."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(FREE):  # whoever asks: to know them takes the database
            return self.get_response(request)
        correlation.bind(
            user_id=request.user.pk, broker_id=getattr(request.user, "broker_id", None)
        )
        broker = getattr(request.user, "broker", None)
        zone = broker.timezone if broker else settings.TIME_ZONE
        with timezone.override(ZoneInfo(zone)):
            return self.get_response(request)


class AddressLimitMiddleware:
    """Bounds what one address asks of the pages for anybody, whatever view answers there.

    And how often it may ask for what does not exist, so that keys and tokens are not tried out;
    who asks for what exists is never refused for that.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != NoSuchAddress.status:
            return response
        return self._refusal(request, limits.of_unknown(request)) or response

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        match = request.resolver_match
        return self._refusal(request, limits.of_view(request, match.view_name if match else ""))

    def _refusal(self, request: HttpRequest, limit: limits.Limit | None) -> HttpResponse | None:
        if limit is None or not limits.over(limit):
            return None
        return apology(request, TooMany(retry_after=limit.ends_in))


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
