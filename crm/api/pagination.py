"""Pages of every list: ``{count, next, previous, results}``."""

import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

SIZE = re.compile(r"[0-9]{1,9}", re.ASCII)


class Pagination(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int | None:
        """DRF's would give 50 rows to who asks for ``AAA``; above the most, the most is given."""
        asked = request.query_params.get("page_size", "50")
        if not SIZE.fullmatch(asked) or int(asked) < 1:
            raise ValidationError({"page_size": _("Usa un número desde 1.")}, code="invalid")
        return super().get_page_size(request)

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
        return parameters
