"""Reads JSON bodies: of a bounded size, and only values that the database can keep."""

import io
import math
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
        except RecursionError as error:
            raise ParseError(_("El contenido tiene demasiados niveles.")) from error
        _refuse_unstorable(data)
        return data


def _refuse_unstorable(data: Any) -> None:
    if not isinstance(data, dict):
        if not _storable(data):
            raise ParseError(_("El texto tiene un carácter no permitido."))
        return
    for name, value in data.items():
        if not _storable(name) or not _storable(value):
            shown = name if _storable(name) else "non_field_errors"
            raise ValidationError({shown: _("El texto tiene un carácter no permitido.")})


def _storable(value: Any) -> bool:
    """Whether no text holds a NUL or half a surrogate pair, and no number is infinite."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_storable(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return all(_storable(part) for part in value)
    return True
