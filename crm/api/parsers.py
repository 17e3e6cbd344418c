"""Reads JSON bodies: of a bounded size, and only values that the database can keep."""

import io
import math
from itertools import chain
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import APIException, ParseError, ValidationError


class TooLarge(APIException):
    """Also raised for Django's own refusal, which comes where a middleware read the body."""

    status_code = 413
    default_code = "too_large"


class JSONParser(parsers.JSONParser):
    """DRF's, which would read a body of any size and pass on what PostgreSQL refuses."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(_("El contenido supera el tamaño permitido."))
        try:
            data = super().parse(io.BytesIO(body), media_type, parser_context)
            _refuse_unstorable(data)
        except RecursionError as error:
            raise ParseError(_("El contenido tiene demasiados niveles.")) from error
        return data


def _refuse_unstorable(data: Any) -> None:
    if not isinstance(data, dict):
        if trouble := _trouble(data):
            raise ParseError(trouble)
        return
    for name, value in data.items():
        if trouble := _trouble(name) or _trouble(value):
            raise ValidationError({"non_field_errors" if _trouble(name) else name: trouble})


def _trouble(value: Any) -> str:
    """What keeps a value from being stored: a NUL, half a surrogate pair, a number without end."""
    if isinstance(value, str):
        is_text = "\x00" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
        return "" if is_text else _("El texto tiene un carácter no permitido.")
    if isinstance(value, float):
        return "" if math.isfinite(value) else _("No es un número válido.")
    parts: Any = value if isinstance(value, list) else ()
    if isinstance(value, dict):
        parts = chain.from_iterable(value.items())
    return next(filter(None, map(_trouble, parts)), "")
