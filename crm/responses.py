"""A refusal for pages and webhooks that are not of the API: in its error shape, or as a page."""

from typing import TypeVar

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.errors import Broken, DomainError, NoSuchAddress, NotAllowed, Refused, TooMany

TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
_R = TypeVar("_R", bound=HttpResponse)


def refusal(error: DomainError) -> JsonResponse:
    field = error.data.get("field")
    body = {
        "type": _type_of(error),
        "errors": [{"code": error.code, "detail": str(error), "attr": field}],
    }
    return _with_pause(JsonResponse(body, status=error.status), error)


def asks_for_a_page(request: HttpRequest) -> bool:
    """A browser that goes somewhere; scripts, and whoever calls the API, read JSON."""
    accepts_one = "text/html" in request.headers.get("Accept", "")
    return accepts_one and not f"{request.path}/".startswith("/api/")


def apology(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A page for who asked for one, without a look at anything that may be away."""
    if not asks_for_a_page(request):
        return refusal(error)
    shown = {
        "message": str(error),
        "is_too_much": error.status == TooMany.status,
        "is_our_fault": error.status >= 500,
    }
    response = HttpResponse(render_to_string("crm/apology.html", shown), status=error.status)
    # Some of our pages stand in frames of other sites; on this one there is nothing to click.
    response.xframe_options_exempt = True  # type: ignore[attr-defined]
    return _with_pause(response, error)


# --- In place of Django's own pages, which are in English and bare --------------------------------


class BadForm(DomainError):
    """A form whose parts cannot be told from each other: without a boundary, or cut off."""

    code = "bad_form"
    status = 400
    message = gettext_lazy(
        "El formulario llegó incompleto. Vuelve atrás, recarga la página y envíalo otra vez."
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, MultiPartParserError):
        return apology(request, BadForm())
    if isinstance(exception, TOO_MUCH):
        too_large = DomainError(_("El contenido supera el tamaño permitido."), code="too_large")
        return apology(request, too_large)
    return apology(request, Refused(400))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return apology(request, NotAllowed())


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of its page; Django logs which."""
    return apology(request, Refused(403))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return apology(request, NoSuchAddress())


def server_error(request: HttpRequest) -> HttpResponse:
    return apology(request, Broken())


def _type_of(error: DomainError) -> str:
    if error.data.get("field"):
        return "validation_error"
    return "server_error" if error.status >= 500 else "client_error"


def _with_pause(response: _R, error: DomainError) -> _R:
    if "retry_after" in error.data:
        response.headers["Retry-After"] = str(error.data["retry_after"])
    return response
