"""In place of Django's own bare page: what it refuses before a view of ours can answer."""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.errors import DomainError, Refused
from crm.middleware import asked_language
from crm.responses import page, refusal

TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
PROGRAMS = ("/api/", "/hooks/")


class BadForm(DomainError):
    """A form whose parts cannot be told from each other: without a boundary, or cut off."""

    code = "bad_form"
    message = gettext_lazy(
        "El formulario llegó incompleto. Vuelve atrás, recarga la página y envíalo otra vez."
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    with translation.override(asked_language(request)):
        error = _told(exception)
        return refusal(error) if _is_program(request) else page(error, _("No se pudo enviar"))


def _told(exception: Exception) -> DomainError:
    if isinstance(exception, MultiPartParserError):
        return BadForm()
    if isinstance(exception, TOO_MUCH):
        return DomainError(_("El contenido supera el tamaño permitido."), code="too_large")
    return Refused(400)


def _is_program(request: HttpRequest) -> bool:
    """Who sends a form is shown a page, unless it is JSON that they ask for."""
    asked = request.headers.get("Accept", "")
    wants_json = "json" in asked and "text/html" not in asked
    return wants_json or request.path.startswith(PROGRAMS)
