"""What people enter and change by hand: guarded by version, with their word kept as a fact."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from brokers.models import Broker
from crm.errors import Conflict, DomainError
from leads import assignment, authorship, facts, identity, scoring, words
from leads.activity import log
from leads.enums import Actor
from leads.models import Lead
from leads.stages import Source

PLAIN = ("notes", "tags", "treatment_type", "timezone")
EMPTY_CONTACT: dict[str, Any] = {"name": None, "phone": "", "email": None}
EMPTY: tuple[Any, ...] = (None, "", [])


class VersionConflict(Conflict):
    """``differences`` holds, by field, what the caller sent (yours), what stands (theirs), and who
    put it there when (by, at; both None where nobody is known)."""

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
    version: int | None = None,
    seen: Mapping[str, Any] | None = None,
    by: Any,
    at: datetime,
) -> Lead:
    """Change columns and facts by name; an empty fact is forgotten.

    Refuses with VersionConflict when ``version`` is given and somebody edited the lead since, or
    when a change is to a value that is no longer the one ``seen``.
    """
    locked = facts.lock(lead)
    _refuse_stale(locked, changes, version, seen)
    told = {name: value for name, value in changes.items() if name not in (*PLAIN, "assigned_to")}
    _refuse_unknown(told)
    emptied = [name for name, value in told.items() if value in EMPTY]
    _store_plain(locked, {name: changes[name] for name in PLAIN if name in changes}, by, at)
    if emptied:
        _forget(locked, emptied)
        scoring.rescore_locked(locked, at=at)
    _record(locked, told, by, at)
    if "assigned_to" in changes and changes["assigned_to"] != locked.assigned_to:
        assignment.assign(locked, to=changes["assigned_to"], by=by, at=at)
    return locked


def _refuse_unknown(told: Mapping[str, Any]) -> None:
    for name in told:
        if name not in facts.Facts.model_fields:
            message = _("No existe un dato con ese nombre.")
            raise DomainError(message, code="invalid", field=f"metadata.{name}")


def values_of(lead: Lead) -> dict[str, Any]:
    """Everything that a person may edit by name, as it stands."""
    plain = {name: getattr(lead, name) for name in PLAIN}
    return plain | {name: facts.value_of(lead, name) for name in facts.Facts.model_fields}


def _refuse_stale(
    lead: Lead,
    changes: Mapping[str, Any],
    version: int | None,
    seen: Mapping[str, Any] | None,
) -> None:
    stands = {**values_of(lead), "assigned_to": lead.assigned_to}
    if seen is not None:
        stale = [name for name in changes if name in seen and stands[name] != seen[name]]
    elif version is not None and version != lead.version:
        stale = [name for name, value in changes.items() if value != stands.get(name)]
    else:
        return
    if stale or seen is None:
        raise _conflict(lead, {name: (changes[name], stands.get(name)) for name in stale})


def _conflict(lead: Lead, crossing: Mapping[str, tuple[Any, Any]]) -> VersionConflict:
    last = authorship.of(lead, crossing)
    told = [_told(name, *values, last[name]) for name, values in crossing.items()]
    return VersionConflict(
        _("Mientras editabas, alguien más cambió este lead. %(now)s Recarga y vuelve a intentarlo.")
        % {"now": " ".join(told)},
        version=lead.version,
        differences={
            name: {
                "yours": _plain(yours),
                "theirs": _plain(theirs),
                "by": last[name].who,
                "at": last[name].at,
            }
            for name, (yours, theirs) in crossing.items()
        },
    )


def _told(name: str, yours: Any, theirs: Any, last: authorship.Authored) -> str:
    empty = _("vacío")
    told = _("%(field)s: escribiste «%(yours)s» y ahora dice «%(theirs)s»") % {
        "field": words.field_label(name),
        "yours": words.fact(name, yours) or empty,
        "theirs": words.fact(name, theirs) or empty,
    }
    return f"{told} ({last.told}, {last.moment})." if last.at else f"{told}."


def _plain(value: Any) -> Any:
    return getattr(value, "pk", value)


def _forget(lead: Lead, names: list[str]) -> None:
    """A person emptied these: what was known is wrong."""
    for name in names:
        lead.metadata.get("provenance", {}).pop(name, None)
        facts.settle_conflict(lead, name)
        if name in EMPTY_CONTACT:
            setattr(lead, name, EMPTY_CONTACT[name])
        else:
            lead.metadata.pop(name, None)
    if "phone" in names:
        lead.phone_e164 = None
    lead.version += 1
    contact = [name for name in names if name in EMPTY_CONTACT]
    lead.save(update_fields=[*contact, "phone_e164", "metadata", "version", "updated_at"])


def _store_plain(lead: Lead, changes: Mapping[str, Any], by: Any, at: datetime) -> None:
    if not changes:
        return
    for name, value in changes.items():
        setattr(lead, name, value)
    lead.version += 1
    lead.save(update_fields=[*changes, "version", "updated_at"])
    fields: list[Any] = [Lead._meta.get_field(name) for name in changes]
    labels = [str(field.verbose_name) for field in fields]
    log(lead, "lead_edited", actor=Actor.HUMAN, at=at, user=by, labels=labels, fields=list(changes))


def _record(lead: Lead, told: Mapping[str, Any], by: Any, at: datetime) -> None:
    values = {name: value for name, value in told.items() if value not in EMPTY}
    if not values:
        return
    result = facts.record(lead, _facts(values), source=facts.Source.PERSON, user=by, at=at)
    for name, code in result.refused.items():
        raise DomainError(
            _("No se entiende «%(fact)s». Revísalo y vuelve a intentarlo.")
            % {"fact": words.fact_label(name)},
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
