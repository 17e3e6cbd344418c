"""Which values stand when two leads become one, and how they are told apart again. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from leads import facts, names, scoring
from leads.models import Lead
from leads.stages import Stage, Treatment

LOOSE = ("assigned_to_id", "timezone")
STRICTNESS = (Treatment.MANUAL_FOLLOW_UP, Treatment.HOLD)
WAY = (
    Stage.LOST,
    Stage.ENTRY,
    Stage.PROFILING,
    Stage.QUALIFICATION,
    Stage.SCHEDULED,
    Stage.FOLLOW_UP,
    Stage.REFERRALS,
    Stage.WON,
)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Conflict:
    """A fact that both know differently."""

    fact: str
    kept: Any
    given_up: Any


@dataclass
class Joined:
    """The survivor's columns as they shall be, and what was given up."""

    columns: dict[str, Any] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)


def join(loser: Lead, survivor: Lead) -> Joined:
    """A person's word before any other; then the later one, of name, phone and e-mail the survivor's.

    What only one knows is kept.
    """
    metadata = {**loser.metadata, **survivor.metadata}
    metadata["provenance"] = dict(survivor.metadata.get("provenance", {}))
    result = Joined({"metadata": metadata, **_plain(loser, survivor)})
    for fact in facts.Facts.model_fields:
        kept, other = _ranked(fact, loser, survivor)
        _store(result.columns, fact, kept)
        mine, theirs = facts.value_of(kept, fact), facts.value_of(other, fact)
        if mine != theirs and _knows(kept, fact) and _knows(other, fact):
            result.conflicts.append(Conflict(fact, mine, theirs))
    return result


def _ranked(fact: str, loser: Lead, survivor: Lead) -> tuple[Lead, Lead]:
    """Whose word on the fact stands, and the other; the debt goes with the word on DICOM."""
    if fact == "debt_amount" and (_knows(loser, "dicom") or _knows(survivor, "dicom")):
        return _ranked("dicom", loser, survivor)
    if _weight(loser, fact) > _weight(survivor, fact):
        return loser, survivor
    return survivor, loser


def _weight(lead: Lead, fact: str) -> tuple[bool, bool, datetime]:
    said = lead.metadata.get("provenance", {}).get(fact, {})
    told = parse_datetime(said.get("at") or "") if fact not in facts.CONTACT else None
    moment = told or LONG_AGO
    return _knows(lead, fact), said.get("by") == facts.Source.PERSON, moment


def _knows(lead: Lead, fact: str) -> bool:
    if fact == "name":
        return names.is_real(lead.name)
    if fact == "phone":
        return lead.phone_e164 is not None
    return facts.value_of(lead, fact) not in scoring.UNKNOWN


def _store(columns: dict[str, Any], fact: str, kept: Lead) -> None:
    metadata = columns["metadata"]
    said = kept.metadata.get("provenance", {}).get(fact)
    metadata["provenance"].pop(fact, None)
    if said:
        metadata["provenance"][fact] = said
    if fact in facts.CONTACT:
        columns[fact] = getattr(kept, fact)
        if fact == "phone":
            columns["phone_e164"] = kept.phone_e164
    elif fact in kept.metadata:
        metadata[fact] = kept.metadata[fact]
    else:
        metadata.pop(fact, None)


def _plain(loser: Lead, survivor: Lead) -> dict[str, Any]:
    contacted = [lead.last_contacted for lead in (loser, survivor) if lead.last_contacted]
    objected = [lead.score_frozen_at for lead in (loser, survivor) if lead.score_frozen_at]
    return {
        **{name: getattr(survivor, name) or getattr(loser, name) for name in LOOSE},
        "notes": _notes(loser.notes, survivor.notes),
        "tags": list(dict.fromkeys([*survivor.tags, *loser.tags])),
        "treatment_type": max(survivor.treatment_type, loser.treatment_type, key=_strictness),
        "last_contacted": max(contacted, default=None),
        "score_frozen_at": min(objected, default=None),
    }


def _strictness(treatment: str) -> int:
    return STRICTNESS.index(Treatment(treatment)) + 1 if treatment in STRICTNESS else 0


def _notes(loser: str, survivor: str) -> str:
    if not loser.strip() or loser in survivor:
        return survivor
    return f"{survivor}\n\n{loser}" if survivor.strip() else loser


def further(loser: Lead, survivor: Lead) -> Lead:
    """Who stands further along; one that is lost stands behind everybody."""
    places = [WAY.index(Stage(lead.pipeline_stage)) for lead in (loser, survivor)]
    return loser if places[0] > places[1] else survivor


# --- Changes, as [before, after], and their undoing ----------------------------------------------


def snapshot(lead: Lead, columns: Iterable[str]) -> dict[str, Any]:
    """The columns as they are, JSON-safe; metadata as "fact.<key>", provenance as "said.<fact>"."""
    plain = {name: jsonable(getattr(lead, name)) for name in columns if name != "metadata"}
    return plain | _flat(lead.metadata)


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    pairs = {name: [before.get(name), after.get(name)] for name in {**before, **after}}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def put_back(lead: Lead, changed: dict[str, list[Any]]) -> list[str]:
    """Give the lead its values of before, where nobody changed them since; the columns touched."""
    metadata = _flat(lead.metadata)
    touched = set()
    for name, (before, after) in changed.items():
        if "." in name:
            if jsonable(metadata.get(name)) == after:
                metadata[name] = before
        elif name == "tags":
            added = set(after) - set(before)
            lead.tags = [tag for tag in lead.tags if tag not in added]
        elif name == "notes":
            lead.notes = _without(lead.notes, before, after)
        elif jsonable(getattr(lead, name)) == after:
            setattr(lead, name, _column(name).to_python(before))
        touched.add("metadata" if "." in name else _column(name).name)
    lead.metadata = _deep(metadata)
    return sorted(touched)


def _without(current: str, before: str, after: str) -> str:
    if current == after:
        return before
    return current.replace(after.removeprefix(before), "", 1)


def _column(name: str) -> Any:
    return Lead._meta.get_field(name.removesuffix("_id"))


def _flat(metadata: dict[str, Any]) -> dict[str, Any]:
    said = metadata.get("provenance", {})
    plain = {f"fact.{key}": value for key, value in metadata.items() if key != "provenance"}
    return plain | {f"said.{key}": value for key, value in said.items()}


def _deep(flat: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in flat.items() if value is not None}
    facts_, said = (
        {name.removeprefix(kind): value for name, value in known.items() if name.startswith(kind)}
        for kind in ("fact.", "said.")
    )
    return {**facts_, "provenance": said}


def jsonable(value: Any) -> Any:
    """A column's value as a merge's record keeps it."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
