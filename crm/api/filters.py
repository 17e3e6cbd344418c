"""Search and ordering of every list, with errors for what a list does not offer."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django_filters.filters import Filter
from rest_framework import filters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

LARGEST = 2**63 - 1


class SearchFilter(filters.SearchFilter):
    """DRF's, with NUL bytes refused where PostgreSQL would fail."""

    def get_search_terms(self, request: Request) -> list[str]:
        if "\x00" in request.query_params.get(self.search_param, ""):
            raise ValidationError(
                {self.search_param: _("El texto tiene un carácter no permitido.")}
            )
        return super().get_search_terms(request)


class OrderingFilter(filters.OrderingFilter):
    """DRF's, but an unknown column is an error instead of silence; ties break by id."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> Any:
        asked = request.query_params.get(self.ordering_param, "")
        terms = [term.strip() for term in asked.split(",") if term.strip()]
        unknown = set(terms) - set(self.remove_invalid_fields(queryset, terms, view, request))
        if unknown:
            raise ValidationError(
                {self.ordering_param: _("No se puede ordenar por %s.") % ", ".join(sorted(unknown))}
            )
        ordering = super().get_ordering(request, queryset, view)
        return [*ordering, "-id"] if ordering and terms else ordering


class IdFilter(Filter):
    """A row's id as a plain number, so that an answer never tells which ids exist elsewhere."""

    field_class: type[forms.Field] = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST, **kwargs)  # type: ignore[no-untyped-call]
