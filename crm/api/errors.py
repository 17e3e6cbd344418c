"""Translates every error that reaches the API's edge into the one error shape."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelError
from django.db import DataError, IntegrityError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from drf_standardized_errors.formatter import ExceptionFormatter as BaseFormatter
from drf_standardized_errors.handler import ExceptionHandler as BaseHandler
from rest_framework import exceptions

from crm import connections
from crm.api.parsers import TooLarge
from crm.api.serializers import as_bad_input
from crm.errors import RETRY_AFTER, DomainError, NoRoom, Unavailable, is_no_room

log = logging.getLogger(__name__)


class DomainAPIError(exceptions.APIException):
    """A DomainError as DRF sees it."""

    def __init__(self, error: DomainError) -> None:
        self.status_code = error.status
        self.data = {name: value for name, value in error.data.items() if name != "retry_after"}
        wait = error.data.get("retry_after")
        if wait is not None:
            self.wait = wait
        super().__init__(str(error), error.code)


class Conflicting(exceptions.APIException):
    status_code = 409
    default_code = "conflict"


class ExceptionFormatter(BaseFormatter):
    """The one shape, and beside it what a refusal knows more (``data``): the owner, the changes."""

    def format_error_response(self, error_response: Any) -> Any:
        shape = super().format_error_response(error_response)
        data = getattr(self.exc, "data", None)
        return {**shape, "data": data} if data else shape


class ExceptionHandler(BaseHandler):
    """drf-standardized-errors with the domain's errors, and database refusals as conflicts."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DomainError):
            return _from_domain(exc)
        if isinstance(exc, ModelError):
            return as_bad_input(exc)
        if isinstance(exc, IntegrityError):
            log.warning("the database refused a write: %s", type(exc.__cause__).__name__)
            return Conflicting(_("Ya existe un registro con esos datos, o cambió mientras tanto."))
        if isinstance(exc, RequestDataTooBig):
            return TooLarge(_("El contenido supera el tamaño permitido."))
        if isinstance(exc, SuspiciousOperation):  # more parameters or files than anybody sends
            return exceptions.ParseError(_("El contenido supera el tamaño permitido."))
        if connections.is_passing(exc):
            log.warning("the database is away or busy: %s", type(exc.__cause__).__name__)
            return _from_domain(Unavailable(retry_after=RETRY_AFTER))
        if is_no_room(exc):
            log.error("no room is left for a file")
            return _from_domain(NoRoom())
        if isinstance(exc, DataError):
            log.warning("the database refused a value: %s", type(exc.__cause__).__name__)
            return exceptions.ParseError(_("Hay un valor que no se puede guardar."))
        return _flat(super().convert_known_exceptions(exc))


def _from_domain(error: DomainError) -> exceptions.APIException:
    field = error.data.get("field")
    if error.status == 400 and field:
        return exceptions.ValidationError({field: [exceptions.ErrorDetail(str(error), error.code)]})
    return DomainAPIError(error)


def _flat(exc: Exception) -> Exception:
    """Refused tokens arrive with a dictionary of details; one sentence is enough."""
    detail = getattr(exc, "detail", None)
    if isinstance(exc, exceptions.AuthenticationFailed) and isinstance(detail, dict):
        code = str(detail.get("code", exc.default_code))
        exc.detail = exceptions.ErrorDetail(str(detail.get("detail", "")), code)
    return exc


@csrf_exempt
def not_found(request: HttpRequest, *_args: Any, **_kwargs: Any) -> JsonResponse:
    """The answer to an address under /api/ that leads nowhere, whatever is sent to it."""
    detail = _("No existe esta dirección de la API.")
    error = {"code": "not_found", "detail": detail, "attr": None}
    return JsonResponse({"type": "client_error", "errors": [error]}, status=404)
