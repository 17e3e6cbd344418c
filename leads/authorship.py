"""Who last put a lead's editable values there, and when: from its facts and its log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime

from brokers.models import User
from leads import words
from leads.models import ActivityLog, Lead

LOOKED_AT = 200


@dataclass(frozen=True)
class Authored:
    """``who`` is a person's name, or who told a fact (lead, assistant, import); None if unknown."""

    who: str | None = None
    told: str = ""
    at: datetime | None = None

    @property
    def moment(self) -> str:
        local = timezone.localtime(self.at) if self.at else None
        return formats.date_format(local, "SHORT_DATETIME_FORMAT") if local else ""


def of(lead: Lead, names: Iterable[str]) -> dict[str, Authored]:
    """By name, in two queries."""
    provenance = lead.metadata.get("provenance", {})
    said = {name: provenance[name] for name in names if name in provenance}
    users = {each["user"] for each in said.values() if each.get("user")}
    people = dict(User.objects.filter(pk__in=users).values_list("pk", "name"))
    logged = _logged(lead) if len(said) < len(list(names)) else {}
    return {
        name: _said(said[name], people) if name in said else logged.get(name, Authored())
        for name in names
    }


def _said(said: dict[str, Any], people: dict[int, str]) -> Authored:
    person = people.get(said.get("user") or 0)
    told = person or str(words.SOURCES.get(said.get("by", ""), ""))
    return Authored(person or said.get("by"), told, parse_datetime(said.get("at") or ""))


def _logged(lead: Lead) -> dict[str, Authored]:
    """The latest edit of each column that is no fact."""
    entries = ActivityLog.objects.filter(lead=lead, action_type__in=("lead_edited", "assigned"))
    latest: dict[str, Authored] = {}
    for entry in entries.select_related("user")[:LOOKED_AT]:
        who = entry.user.name if entry.user else str(entry.get_actor_display())
        assigned = entry.action_type == "assigned"
        for name in ["assigned_to"] if assigned else entry.details.get("fields", []):
            latest.setdefault(name, Authored(who, who, entry.timestamp))
    return latest
