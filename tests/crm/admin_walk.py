"""Reads the Admin site as it stands: its models, their addresses, and many rows of any of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import MultiWidget
from django.urls import URLPattern, reverse

from brokers.models import Broker
from crm.models import PeriodicRun
from scheduling.models import Appointment, AppointmentBlock
from tests.factories import UserFactory, make_row

MODELS: list[type[models.Model]] = [m for m in admin.site._registry if m is not PeriodicRun]
FOREIGN_KEYS = [
    (model, field.name)
    for model in MODELS
    for field in model._meta.fields
    if (field.many_to_one or field.one_to_one) and admin.site.is_registered(field.related_model)
]


def name_of(model: type[models.Model], page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def object_urls(model: type[models.Model], pk: int) -> Iterator[str]:
    """Every address that the model's admin has for one row."""
    for pattern in admin.site._registry[model].get_urls():
        if isinstance(pattern, URLPattern) and pattern.name and "object_id" in str(pattern.pattern):
            yield reverse(f"admin:{pattern.name}", kwargs={"object_id": pk})


def quiet_row(model: type[models.Model], broker: Broker) -> Any:
    """A row that may be copied: of appointments, one that bars no other; a block of a calendar."""
    if model is AppointmentBlock:
        of_google = {"source": "google", "external_id": "evento"}
        return make_row(model, broker, agent=UserFactory(broker=broker), **of_google)
    return make_row(model, broker, **({"status": "completed"} if model is Appointment else {}))


def copies(row: models.Model, count: int) -> list[Any]:
    """``count`` more rows like this one, differing only where the database asks for it."""
    model = type(row)
    fixed = {
        f.attname: getattr(row, f.attname)
        for f in model._meta.concrete_fields
        if not f.primary_key and not f.generated
    }
    varied: dict[str, list[Any]] = {}
    for names in _unique_sets(model):
        if not set(names) & set(varied):
            field = model._meta.get_field(_easiest(model, names))
            varied[field.name] = _values(row, field, count)
    return model._default_manager.bulk_create(
        _varied(model, fixed, varied, i) for i in range(count)
    )


def _varied(model: Any, fixed: dict[str, Any], varied: dict[str, list[Any]], i: int) -> Any:
    copy = model(**fixed)
    for name, values in varied.items():
        setattr(copy, name, values[i])
        if name == "start_time" and hasattr(copy, "end_time"):
            copy.end_time = values[i] + timedelta(hours=1)
    return copy


def _unique_sets(model: type[models.Model]) -> Iterator[tuple[str, ...]]:
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield (field.name,)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            yield constraint.fields


def _easiest(model: type[models.Model], names: tuple[str, ...]) -> str:
    """A plain column before a foreign key; the broker only where all else is a choice."""

    def cost(name: str) -> int:
        field = model._meta.get_field(name)
        if name == "broker" and len(names) > 1:
            return 3
        if field.choices:
            return 4
        return 2 if isinstance(field, models.BooleanField) else int(field.is_relation)

    return min(names, key=cost)


def _values(row: models.Model, field: Any, count: int) -> list[Any]:
    value = getattr(row, field.name)
    if field.is_relation:
        return copies(value, count)
    if isinstance(value, datetime):
        return [value + timedelta(hours=i + 1) for i in range(count)]
    if isinstance(field, models.IntegerField):
        return [(value or 0) + i + 1 for i in range(count)]
    if isinstance(field, models.BooleanField):
        return [False] * count
    if isinstance(field, models.EmailField):
        return [f"copia{i}-{value}" for i in range(count)]
    return [f"{str(value or '')[:12]}-{i}" for i in range(count)]


def sent(form: Any) -> dict[str, Any]:
    """What a browser would send of an untouched form."""
    data: dict[str, Any] = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if isinstance(field.widget, MultiWidget):
            parts = field.widget.decompress(value)
            data |= {f"{name}_{i}": "" if part is None else part for i, part in enumerate(parts)}
        else:
            data[name] = "" if value is None else value
    return data
