"""List filters that offer only what the user may know of."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter

from crm.tenancy import scope


class ScopedRelatedFilter(RelatedDropdownFilter):
    """Filters by a related row among those that the user sees."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        seen: Q = scope(field.remote_field.model, request.user)
        choices: list[Any] = field.get_choices(
            include_blank=False,
            ordering=self.field_admin_ordering(field, request, model_admin),
            limit_choices_to=seen,
        )
        return choices


class BandFilter(DropdownFilter):
    """Filters a number by named bands: (key, label, from, to), ends included."""

    bands: tuple[tuple[str, Any, float, float], ...] = ()
    column = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, label) for key, label, _low, _high in self.bands]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        for key, _label, low, high in self.bands:
            if self.value() == key:
                return queryset.filter(**{f"{self.column}__range": (low, high)})
        return queryset


class QueryFilter(DropdownFilter):
    """Filters by named conditions: key → (label, Q)."""

    conditions: dict[str, tuple[Any, Q]] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, label) for key, (label, _condition) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.conditions.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class BrokerFilter(ScopedRelatedFilter):
    """Shown to the superadmin alone: everybody else has one broker."""

    def has_output(self) -> bool:
        return bool(self.request.user.is_superuser and super().has_output())
