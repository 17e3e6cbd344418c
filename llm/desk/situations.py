"""Whom the assistant is tried on: a registry of leads with a past, which upper apps add to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from leads import facts
from leads.facts import Facts, Money, Source
from leads.models import Lead

Prepare = Callable[[Lead, datetime], Any]


@dataclass(frozen=True)
class Situation:
    """``prepare`` gives a lead its past, the day before they write."""

    label: Any
    prepare: Prepare


_situations: dict[str, Situation] = {}


def register(key: str, label: Any, prepare: Prepare) -> None:
    _situations[key] = Situation(label, prepare)


def situations() -> dict[str, Situation]:
    return dict(_situations)


def known(lead: Lead, at: datetime, **more: Any) -> None:
    """Camila, who has told what she looks for and what she earns."""
    values = {
        "name": "Camila Rojas",
        "location": ["Ñuñoa"],
        "budget": Money(amount=4_000, currency="UF"),
        "income": Money(amount=1_800_000),
        "dicom": "clean",
        **more,
    }
    facts.record(lead, Facts.model_validate(values), source=Source.LEAD, at=at)


def _nothing(lead: Lead, at: datetime) -> None:
    """Whoever is new has no past."""


register("new", _("Lead nuevo"), _nothing)
register("known", _("Ya contó quién es y qué busca"), known)
register(
    "debtor",
    _("Tiene una deuda en DICOM"),
    lambda lead, at: known(lead, at, dicom="has_debt", debt_amount=2_000_000),
)
