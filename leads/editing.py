"""What people enter and change by hand: guarded by version, with their word kept as a fact."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from pydantic import ValidationError

from brokers.models import Broker
from crm.errors import Conflict, DomainError
from leads import assignment, facts, identity, scoring
from leads.activity import log
from leads.enums import Actor
from leads.models import Lead
from leads.stages import Source

PLAIN = ("notes", "tags", "treatment_type", "timezone")
EMPTY: dict[str, Any] = {"name": None, "phone": "", "email": None}


class VersionConflict(Conflict):
    """``differences`` holds, by field, what the caller sent (yours) and what stands (theirs)."""

    code = "version_conflict"


@transaction.atomic
def enter(
    broker: Broker,
    *,
    told: Mapping[str, Any],
    by: Any,
    at: datetime,
    source: Source | str = Source.API,
    force_new: bool = False,
    **fields: Any,
) -> identity.Match:
    """A lead as a person enters it: matched, or made, with what they told about it as facts."""
    match = identity.find_or_create(
        broker, source=source, at=at, by=by, force_new=force_new, **fields
    )
    if match.outcome != identity.Outcome.MATCHED:
        _record(match.lead, told, by, at)
        scoring.rescore(match.lead, at=at)
    return match


@transaction.atomic
def edit(
    lead: Lead,
    *,
    changes: Mapping[str, Any],
    told: Mapping[str, Any],
    version: int | None,
    by: Any,
    at: datetime,
) -> Lead:
    """Change columns and facts; an empty contact field forgets it.

    Refuses with VersionConflict when ``version`` is given and somebody edited the lead since.
    """
    locked: Lead = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    _refuse_stale(locked, {**changes, **told}, version)
    contact = {name: value for name, value in changes.items() if name in facts.CONTACT}
    emptied = [name for name, value in contact.items() if not value]
    _store_plain(locked, {name: changes[name] for name in PLAIN if name in changes}, by, at)
    if emptied:
        _forget(locked, emptied)
        scoring.rescore(locked, at=at)
    _record(locked, {**contact, **told}, by, at)
    if "assigned_to" in changes and changes["assigned_to"] != locked.assigned_to:
        assignment.assign(locked, to=changes["assigned_to"], by=by, at=at)
    return locked


def _refuse_stale(lead: Lead, given: Mapping[str, Any], version: int | None) -> None:
    if version is None or version == lead.version:
        return
    stands = {name: _stored(lead, name) for name in given}
    differences = {
        name: {"yours": _plain(value), "theirs": _plain(stands[name])}
        for name, value in given.items()
        if value != stands[name]
    }
    raise VersionConflict(version=lead.version, differences=differences)


def _stored(lead: Lead, name: str) -> Any:
    own = name in facts.CONTACT or name in PLAIN or name == "assigned_to"
    return getattr(lead, name) if own else lead.metadata.get(name)


def _plain(value: Any) -> Any:
    return getattr(value, "pk", value)


def _forget(lead: Lead, names: list[str]) -> None:
    """A person emptied these: what was known is wrong."""
    for name in names:
        setattr(lead, name, EMPTY[name])
        lead.metadata.get("provenance", {}).pop(name, None)
    if "phone" in names:
        lead.phone_e164 = None
    lead.version = F("version") + 1
    lead.save(update_fields=[*names, "phone_e164", "metadata", "version", "updated_at"])
    lead.refresh_from_db(fields=["version"])


def _store_plain(lead: Lead, changes: Mapping[str, Any], by: Any, at: datetime) -> None:
    if not changes:
        return
    for name, value in changes.items():
        setattr(lead, name, value)
    lead.version = F("version") + 1
    lead.save(update_fields=[*changes, "version", "updated_at"])
    lead.refresh_from_db(fields=["version"])
    fields: list[Any] = [Lead._meta.get_field(name) for name in changes]
    labels = [str(field.verbose_name) for field in fields]
    log(lead, "lead_edited", actor=Actor.HUMAN, at=at, user=by, labels=labels)


def _record(lead: Lead, told: Mapping[str, Any], by: Any, at: datetime) -> None:
    values = {name: value for name, value in told.items() if value not in (None, "")}
    if not values:
        return
    result = facts.record(lead, _facts(values), source=facts.Source.PERSON, user=by, at=at)
    for name, code in result.refused.items():
        raise DomainError(
            _("No se entiende este dato. Revísalo y vuelve a intentarlo."),
            code=code,
            field=name if name in facts.CONTACT else f"metadata.{name}",
        )


def _facts(values: Mapping[str, Any]) -> facts.Facts:
    try:
        return facts.Facts.model_validate(dict(values))
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise DomainError(
            _("El dato no tiene la forma esperada."), code="invalid", field=f"metadata.{where}"
        ) from error
