"""Search, ordering and filters of every list, with errors for what a list does not offer."""

import re
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django_filters.filters import ChoiceFilter as BaseChoiceFilter
from django_filters.filters import Filter
from django_filters.rest_framework import filterset
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import filters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from crm.api.filter_fields import (
    ChoiceField,
    EachField,
    MomentField,
    NumberField,
    WholeField,
    WordsField,
    YesNoField,
)

LARGEST = 2**63 - 1
SEVERAL = {"type": "array", "minItems": 1}


class SearchFilter(filters.SearchFilter):
    """DRF's, with NUL bytes refused where PostgreSQL would fail."""

    def get_search_terms(self, request: Request) -> list[str]:
        if "\x00" in request.query_params.get(self.search_param, ""):
            raise ValidationError(
                {self.search_param: _("El texto tiene un carácter no permitido.")}
            )
        return super().get_search_terms(request)

    def get_schema_operation_parameters(self, view: Any) -> Any:
        """Nothing where the view searches nothing."""
        parameters: Any = super().get_schema_operation_parameters(view)
        return parameters if view.search_fields else []


class OrderingFilter(filters.OrderingFilter):
    """DRF's, but an unknown column is an error instead of silence; ties break by id."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> Any:
        asked = request.query_params.get(self.ordering_param)
        terms = [] if asked is None else asked.split(",")
        unknown = set(terms) - set(self.remove_invalid_fields(queryset, terms, view, request))
        if unknown:
            raise ValidationError(
                {self.ordering_param: _("No se puede ordenar por %s.") % ", ".join(sorted(unknown))}
            )
        ordering = super().get_ordering(request, queryset, view)
        return [*ordering, "-id"] if ordering and terms else ordering

    def get_schema_operation_parameters(self, view: Any) -> Any:
        """Nothing where the view orders by nothing."""
        if not view.ordering_fields:
            return []
        parameters: Any = super().get_schema_operation_parameters(view)
        column = f"-?({'|'.join(map(re.escape, view.ordering_fields))})"
        parameters[0]["schema"]["pattern"] = f"^{column}(,{column})*$"
        return parameters


@extend_schema_field({"type": "integer", "format": "int64"})
class WholeFilter(Filter):
    field_class: type[forms.Field] = WholeField


@extend_schema_field({"type": "number", "minimum": -1e15, "maximum": 1e15})
class NumberFilter(Filter):
    field_class: type[forms.Field] = NumberField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=-1e15, max_value=1e15, **kwargs)  # type: ignore[no-untyped-call]


@extend_schema_field({"type": "integer", "format": "int64", "minimum": 1})
class IdFilter(Filter):
    """A row's id as a plain number: the answer never says which ids exist where nobody may look."""

    field_class: type[forms.Field] = WholeField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST, **kwargs)  # type: ignore[no-untyped-call]


class ChoiceFilter(BaseChoiceFilter):
    """One of the known values; a refusal names them."""

    field_class = ChoiceField


@extend_schema_field(SEVERAL | {"items": {"type": "string", "pattern": r"^[^,]*[^,\s][^,]*$"}})
class WordsFilter(Filter):
    """Rows with all of several texts; they are named with commas."""

    field_class: type[forms.Field] = WordsField


@extend_schema_field(OpenApiTypes.BOOL)
class YesNoFilter(Filter):
    field_class: type[forms.Field] = YesNoField


class EachFilter(Filter):
    """Rows with any of several values; they are named with commas."""

    field_class: type[forms.Field] = EachField

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        values = [value for value, _label in choices]
        one = {"type": "string", "enum": values}
        schema = SEVERAL | {"items": one}
        describe: Any = extend_schema_field(schema)
        describe(self)
        super().__init__(*args, **{**kwargs, "known": values, "lookup_expr": "in"})


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentFilter(Filter):
    field_class: type[forms.Field] = MomentField


class FilterSet(filterset.FilterSet):
    """The base of every list's filters: what is not understood is an error with the field's name."""

    FILTER_DEFAULTS: ClassVar[dict[Any, Any]] = {  # type: ignore[misc]
        **filterset.FilterSet.FILTER_DEFAULTS,
        models.BooleanField: {"filter_class": YesNoFilter},
        models.DateTimeField: {"filter_class": MomentFilter},
        **{
            kind: {"filter_class": WholeFilter}
            for kind in (models.IntegerField, models.SmallIntegerField, models.BigIntegerField)
        },
        models.PositiveSmallIntegerField: {"filter_class": WholeFilter},
        models.PositiveIntegerField: {"filter_class": WholeFilter},
        **{
            kind: {"filter_class": IdFilter}
            for kind in (models.AutoField, models.ForeignKey, models.OneToOneField)
        },
    }

    @classmethod
    def filter_for_lookup(cls, field: Any, lookup_type: str) -> Any:
        kind, extra = super().filter_for_lookup(field, lookup_type)  # type: ignore[no-untyped-call]
        return (ChoiceFilter if kind is BaseChoiceFilter else kind), extra
