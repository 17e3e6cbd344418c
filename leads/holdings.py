"""What this app's own tables hold of a lead, found by their foreign keys: none can be forgotten."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model, Q, QuerySet

from crm.models import IdempotencyKey
from leads.models import Lead, RightsRequest

OUTLIVES = (Lead, RightsRequest)
# A day's answers to repeated requests, encrypted: they go with the lead, and are no part of its record.
GOES_ALONG = (IdempotencyKey,)
_TECHNICAL = frozenset({"broker", "lease", "lease_until"})


def own_models() -> list[type[Model]]:
    """Models of this app that refer to a lead and go with it."""
    return [
        model
        for model in apps.get_app_config("leads").get_models()
        if model not in OUTLIVES and _keys(model)
    ]


def _keys(model: type[Model]) -> list[ForeignKey[Any, Any]]:
    fields = model._meta.concrete_fields
    return [f for f in fields if isinstance(f, ForeignKey) and f.related_model is Lead]


def of_lead(model: type[Model], lead: Lead) -> QuerySet[Any]:
    """The rows of the model that refer to the lead, by whichever of its keys."""
    named = Q()
    for key in _keys(model):
        named |= Q(**{key.name: lead.pk})
    return model._default_manager.filter(named)


def rows(model: type[Model], found: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    """Every column of the rows but the technical ones; other leads by their number alone."""
    columns = [f.attname for f in model._meta.concrete_fields if f.name not in _TECHNICAL]
    return found.order_by("pk").values(*columns).iterator(chunk_size=2000)


def persons(lead: Lead) -> list[Lead]:
    """The lead and those that were merged into it, however deep, each once."""
    found, newest = {lead.pk: lead}, [lead.pk]
    while newest:
        merged = Lead.objects.filter(merged_into__in=newest).exclude(pk__in=found)
        more = {each.pk: each for each in merged.select_related("broker")}
        found |= more
        newest = list(more)
    return list(found.values())
