"""A refusal for pages and webhooks that are not of the API: in its error shape, or as a page."""

from typing import TypeVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from crm.errors import DomainError

_R = TypeVar("_R", bound=HttpResponse)


def refusal(error: DomainError) -> JsonResponse:
    field = error.data.get("field")
    told = {
        "type": _type_of(error),
        "errors": [{"code": error.code, "detail": str(error), "attr": field}],
    }
    return _with_pause(JsonResponse(told, status=error.status), error)


def apology(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A page for who asked for one, without a look at anything that may be away."""
    if "text/html" not in request.headers.get("Accept", "") or request.path.startswith("/api/"):
        return refusal(error)
    return page(error)


def page(error: DomainError, heading: str = "") -> HttpResponse:
    """The refusal for people; without a heading of its own it is said to be for a moment only."""
    shown = render_to_string("crm/apology.html", {"message": str(error), "heading": heading})
    return _with_pause(HttpResponse(shown, status=error.status), error)


def _type_of(error: DomainError) -> str:
    if error.data.get("field"):
        return "validation_error"
    return "server_error" if error.status >= 500 else "client_error"


def _with_pause(response: _R, error: DomainError) -> _R:
    if "retry_after" in error.data:
        response.headers["Retry-After"] = str(error.data["retry_after"])
    return response
