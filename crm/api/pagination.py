"""Pages of every list: ``{count, next, previous, results}``."""

import re
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

USUAL, LARGEST = 50, 200
SIZE = re.compile(r"[0-9]{1,9}", re.ASCII)


def size_of(text: str) -> int:
    """How many rows of a list are asked for."""
    if not SIZE.fullmatch(text) or not 1 <= int(text) <= LARGEST:
        raise ValidationError(_("Usa un número de 1 a %s.") % LARGEST, code="invalid")
    return int(text)


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": LARGEST})
class SizeField(serializers.Field[Any, Any, Any, Any]):
    """The same for a list whose pages are not numbered."""

    def to_internal_value(self, data: str) -> int:
        return size_of(data)


class Pagination(PageNumberPagination):
    page_size = USUAL
    page_size_query_param = "page_size"
    max_page_size = LARGEST

    def get_page_size(self, request: Request) -> int | None:
        """DRF's would give 50 rows to who asks for ``AAA``, and 200 to who asks for 201."""
        asked = request.query_params.get("page_size", str(USUAL))
        try:
            return size_of(asked)
        except ValidationError as error:
            raise ValidationError({"page_size": error.detail}) from error

    def get_page_number(self, request: Request, paginator: Any) -> str:
        """DRF's would call a page that is no number one that does not exist."""
        asked = request.query_params.get(self.page_query_param, "1")
        if not SIZE.fullmatch(asked) or int(asked) < 1:
            detail = _("Usa un número desde 1.")
            raise ValidationError({self.page_query_param: detail}, code="invalid")
        return asked

    def get_schema_operation_parameters(self, view: Any) -> Any:
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            parameter["schema"]["minimum"] = 1
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"]["maximum"] = LARGEST
        return parameters
