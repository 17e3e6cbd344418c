"""Long lists of plain columns, written in one pass instead of field by field."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from django.db import models
from django.utils import timezone
from rest_framework import serializers

Reader = tuple[str, str, Callable[[Any], Any] | None]


def moment(value: datetime | None) -> str | None:
    """As DRF writes a DateTimeField."""
    if value is None:
        return None
    text = value.astimezone(timezone.get_current_timezone()).isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


@cache
def _readers(kind: type[serializers.ModelSerializer[Any]]) -> list[Reader]:
    model: type[models.Model] = kind.Meta.model
    columns: dict[str, Any] = {name: model._meta.get_field(name) for name in kind.Meta.fields}
    return [
        (name, field.attname, moment if isinstance(field, models.DateTimeField) else None)
        for name, field in columns.items()
    ]


def columns(kind: type[serializers.ModelSerializer[Any]]) -> list[str]:
    """What a queryset's ``values`` needs to fetch for the list."""
    return [attname for _, attname, _ in _readers(kind)]


class Rows(serializers.ListSerializer[Any]):
    """A list whose serializer names columns only; takes the rows of ``values(*columns(kind))``."""

    def to_representation(self, data: Any) -> list[dict[str, Any]]:
        kind: Any = type(self.child)
        readers = _readers(kind)
        return [
            {name: read(row[key]) if read else row[key] for name, key, read in readers}
            for row in data
        ]
