"""Translates every error that reaches the API's edge into the one error shape."""

import logging

from django.db import IntegrityError
from django.utils.translation import gettext as _
from drf_standardized_errors.handler import ExceptionHandler as BaseHandler
from rest_framework import exceptions

from crm.errors import DomainError

log = logging.getLogger(__name__)


class DomainAPIError(exceptions.APIException):
    """A DomainError as DRF sees it."""

    def __init__(self, error: DomainError) -> None:
        self.status_code = error.status
        self.data = error.data
        wait = error.data.get("retry_after")
        if wait is not None:
            self.wait = wait
        super().__init__(str(error), error.code)


class ExceptionHandler(BaseHandler):
    """drf-standardized-errors with the domain's errors, and database refusals as conflicts."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DomainError):
            field = exc.data.get("field")
            if exc.status == 400 and field:
                detail = exceptions.ErrorDetail(str(exc), exc.code)
                return exceptions.ValidationError({field: [detail]})
            return DomainAPIError(exc)
        if isinstance(exc, IntegrityError):
            log.warning("the database refused a write: %s", type(exc.__cause__).__name__)
            return Conflicting(_("Ya existe un registro con esos datos, o cambió mientras tanto."))
        return super().convert_known_exceptions(exc)


class Conflicting(exceptions.APIException):
    status_code = 409
    default_code = "conflict"
