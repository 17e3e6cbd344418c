"""The one door of what is known about a lead: typed, with who said it and in which message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field

from crm import emails
from leads import (
    alerts,
    comunas,
    consenting,
    handoff,
    identity,
    names,
    phones,
    pipeline,
    qualification,
    scoring,
    storable,
)
from leads.activity import log
from leads.enums import Actor, HandoffReason
from leads.models import ChatMessage, Lead
from leads.stages import Treatment

CONTACT = ("name", "phone", "email")
CONFIRMED = "confirmed_by_a_person"
MAX_PLACES = 10


class Source(StrEnum):
    """Who said a fact; a later source of lower rank never overwrites a person's word."""

    LEAD = "lead"
    ASSISTANT = "assistant"
    PERSON = "person"
    IMPORT = "import"


class Money(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount: float = Field(ge=0, le=1e12)
    currency: Literal["CLP", "UF", "USD"] = "CLP"


class Timeline(BaseModel):
    model_config = ConfigDict(extra="forbid")

    horizon: Literal["now", "within_90_days", "later"]
    text: str = Field(default="", max_length=100)


class Facts(BaseModel):
    """What a lead may have told; None means "not said"."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=40)
    email: str | None = Field(default=None, max_length=200)
    location: list[str] | None = Field(default=None, description="Comunas of interest")
    budget: Money | None = None
    income: Money | None = Field(default=None, description="Net monthly income")
    dicom: Literal["clean", "has_debt", "unknown"] | None = None
    debt_amount: float | None = Field(default=None, ge=0, le=1e12, description="CLP")
    timeline: Timeline | None = None
    property_type: str | None = Field(default=None, max_length=50)
    bedrooms: int | None = Field(default=None, ge=0, le=20)
    asked_financing: bool | None = None
    operation: Literal["buy", "rent"] | None = None
    pets: bool | None = Field(default=None, description="Whether an animal will live there")
    delivery: Literal["immediate", "can_wait"] | None = Field(
        default=None, description="Whether it must be ready to live in, or may still be built"
    )
    subsidy: Literal["DS1", "DS19", "none"] | None = Field(
        default=None, description="The State's subsidy that they have or will use"
    )


@dataclass
class Recorded:
    """What a call changed: names of facts, those refused with the reason, and new contradictions."""

    recorded: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    contradicted: list[str] = field(default_factory=list)


@transaction.atomic(savepoint=False)
def record(
    lead: Lead,
    facts: Facts,
    *,
    source: Source | str,
    message: ChatMessage | None = None,
    user: Any = None,
    at: datetime,
    confidence: float = 1.0,
) -> Recorded:
    """Store new facts, then qualify, walk the pipeline and rescore. ``lead`` is brought up to date."""
    locked = lock(lead)
    said = {
        "by": Source(source).value,
        "message": message.pk if message else None,
        "user": user.pk if user else None,
        "at": at.isoformat(),
        "confidence": confidence,
    }
    result = _merge(locked, facts, said)
    if result.contradicted:
        _keep_contradictions(locked, result.contradicted, at)
    if result.recorded:
        _settle(locked, result, said, user, message, at)
    _copy(locked, lead)
    return result


def lock(lead: Lead) -> Lead:
    """The lead as it stands, held until the transaction ends."""
    rows = Lead.objects.select_for_update(of=("self",), no_key=True)
    locked: Lead = rows.select_related("broker__brokerleadconfig").get(pk=lead.pk)
    return locked


def tell(
    lead: Lead,
    facts: Facts,
    *,
    source: Source | str,
    at: datetime,
    contact: Mapping[str, str | None] | None = None,
) -> Recorded:
    """Facts of a lead that is not stored yet: merged and qualified in memory, for who stores it.

    ``contact`` is a phone in E.164 and an e-mail that were normalised before.
    """
    said: dict[str, Any] = {"by": Source(source).value, "message": None, "user": None}
    said |= {"at": at.isoformat(), "confidence": 1.0}
    result = _merge(lead, facts, said)
    for name, value in (contact or {}).items():
        if value:
            setattr(lead, name, value)
            lead.metadata["provenance"][name] = said
            result.recorded.append(name)
    lead.phone_e164 = lead.phone or None
    if result.recorded:
        _qualify(lead, at)
    return result


def _copy(fresh: Lead, stale: Lead) -> None:
    """Bring the caller's object up to date without asking the database again."""
    for column in Lead._meta.concrete_fields:
        setattr(stale, column.attname, getattr(fresh, column.attname))


def _settle(
    lead: Lead,
    result: Recorded,
    said: dict[str, Any],
    user: Any,
    message: ChatMessage | None,
    at: datetime,
) -> None:
    outcome = _qualify(lead, at)
    lead.version += 1
    fields = [*CONTACT, "phone_e164", "metadata", "treatment_type", "version", "updated_at"]
    lead.save(update_fields=fields)
    actor = {"person": Actor.HUMAN, "import": Actor.SYSTEM}.get(said["by"], Actor.ASSISTANT)
    facts = {fact: value_of(lead, fact) for fact in result.recorded}
    log(lead, "facts_recorded", actor=actor, at=at, user=user, facts=facts, message=said["message"])
    if "phone" in result.recorded or "email" in result.recorded:
        identity.suggest_merges(lead)
        consenting.cover(lead)
    pipeline.refresh(lead, at=at)
    bulk = said["by"] == Source.IMPORT
    scoring.rescore_locked(lead, at=at, cause=message, bulk=bulk)
    if outcome:
        _announce_outcome(lead, outcome, at, bulk=bulk)


def value_of(lead: Lead, fact: str) -> Any:
    return getattr(lead, fact) if fact in CONTACT else lead.metadata.get(fact)


def _merge(lead: Lead, facts: Facts, said: dict[str, Any]) -> Recorded:
    result = Recorded()
    provenance = lead.metadata.setdefault("provenance", {})
    for fact, given in _heard(facts, said).items():
        try:
            value = _clean(lead, fact, given)
        except ValueError as error:
            result.refused[fact] = str(error)
            continue
        if value_of(lead, fact) == value:
            continue
        refusal = _refusal(lead, fact, value, said)
        if refusal:
            result.refused[fact] = refusal
            if refusal == CONFIRMED and _contradict(lead, fact, value, said):
                result.contradicted.append(fact)
        else:
            _set(lead, fact, value)
            provenance[fact] = said
            settle_conflict(lead, fact)
            result.recorded.append(fact)
    return result


def _heard(facts: Facts, said: dict[str, Any]) -> dict[str, Any]:
    """What was given. Only people and files name comunas officially; a lead's "San Pedro" is asked."""
    given = facts.model_dump(exclude_none=True)
    if "location" in given and said["by"] in (Source.LEAD, Source.ASSISTANT):
        given["location"] = [place.lower() for place in given["location"]]
    return given


def _contradict(lead: Lead, fact: str, value: Any, said: dict[str, Any]) -> bool:
    """Keep what was said against a person's word; False when it was told, or rejected, before."""
    if lead.metadata.get("rejected", {}).get(fact) == value:
        return False
    conflicts = lead.metadata.setdefault("conflicts", {})
    if conflicts.get(fact, {}).get("value") == value:
        return False
    conflicts[fact] = {"value": value, **said}
    return True


def settle_conflict(lead: Lead, fact: str) -> None:
    """Forget an open contradiction; the key stands only while there is one."""
    conflicts = lead.metadata.get("conflicts", {})
    conflicts.pop(fact, None)
    if not conflicts:
        lead.metadata.pop("conflicts", None)


def _keep_contradictions(lead: Lead, names: list[str], at: datetime) -> None:
    lead.save(update_fields=["metadata", "updated_at"])
    values = {fact: lead.metadata["conflicts"][fact]["value"] for fact in names}
    log(lead, "facts_contradicted", actor=Actor.SYSTEM, at=at, facts=values)


def reject(lead: Lead, fact: str, *, by: Any, at: datetime) -> None:
    """A person's word stands; the same contradiction is not told again. ``lead`` is locked."""
    value = lead.metadata["conflicts"][fact]["value"]
    lead.metadata.setdefault("rejected", {})[fact] = value
    settle_conflict(lead, fact)
    lead.save(update_fields=["metadata", "updated_at"])
    log(lead, "fact_rejected", actor=Actor.HUMAN, at=at, user=by, facts={fact: value})


def _refusal(lead: Lead, fact: str, value: Any, said: dict[str, Any]) -> str:
    """Why a new value does not replace what is held; empty when it does."""
    forgets_debt = fact == "dicom" and value == "clean" and lead.metadata.get("debt_amount")
    guarded = _confirmed(lead, "debt_amount" if forgets_debt else fact) or _confirmed(lead, fact)
    if guarded and said["by"] != Source.PERSON:
        return CONFIRMED
    if fact == "debt_amount" and lead.metadata.get("dicom") == "clean":
        return "dicom_is_clean"
    return ""


def _confirmed(lead: Lead, fact: str) -> bool:
    said: dict[str, Any] = lead.metadata["provenance"].get(fact, {})
    return said.get("by") == Source.PERSON


def _set(lead: Lead, fact: str, value: Any) -> None:
    if fact == "dicom":
        _forget_debt(lead, value)
    if fact not in CONTACT:
        lead.metadata[fact] = value
        return
    setattr(lead, fact, value)
    if fact == "phone":
        lead.phone_e164 = phones.to_e164(value, country=lead.broker.country)


def _forget_debt(lead: Lead, dicom: str) -> None:
    """A clean DICOM means no debt; one that is no longer clean leaves the amount to be asked."""
    if dicom == "clean":
        lead.metadata["debt_amount"] = 0
        lead.metadata["provenance"].pop("debt_amount", None)
        settle_conflict(lead, "debt_amount")
    elif lead.metadata.get("dicom") == "clean":
        lead.metadata.pop("debt_amount", None)


def _clean(lead: Lead, fact: str, value: Any) -> Any:
    """The value as it is stored; ValueError says in a word why it is refused."""
    cleaner = CLEANERS.get(fact)
    return cleaner(value, lead) if cleaner else value


def _clean_name(value: str, lead: Lead) -> str:
    if not names.is_real(value):
        raise ValueError("not_a_name")
    return names.tidy(storable.text(value))


def _clean_phone(value: str, lead: Lead) -> str:
    e164 = phones.to_e164(value, country=lead.broker.country)
    if e164 is None:
        raise ValueError("not_dialable")
    return e164


def _clean_email(value: str, lead: Lead) -> str:
    return clean_email(value)


def clean_email(value: str) -> str:
    """The address as it is stored; ValueError says in a word why it is refused."""
    try:
        return emails.checked(value)
    except ValidationError as error:
        raise ValueError("not_an_email") from error


def _clean_places(value: list[str], lead: Lead) -> list[str]:
    """Official names stand for themselves; of a name with several meanings the lead is asked."""
    found, _unknown = places(value)
    if found:
        return found
    several = next((each for each in map(_meanings, value) if len(each) > 1), None)
    raise ValueError(f"ambiguous_comuna: {', '.join(several)}" if several else "not_a_comuna")


def places(named: list[str]) -> tuple[list[str], list[str]]:
    """The comunas among the names, each once, and the names that are none or several."""
    meant = {name: _meanings(name) for name in named}
    found = dict.fromkeys(each[0] for each in meant.values() if len(each) == 1)
    return list(found)[:MAX_PLACES], [name for name, each in meant.items() if len(each) != 1]


def _meanings(place: str) -> list[str]:
    known = place[:100]
    return [known] if known in comunas.COMUNAS else comunas.meanings(known)


def _clean_money(value: dict[str, Any], lead: Lead) -> dict[str, Any]:
    amount = value["amount"]
    return {**value, "amount": int(amount) if amount == int(amount) else round(amount, 2)}


def _clean_debt(value: float, lead: Lead) -> int:
    return round(value)


def _clean_words(value: str, lead: Lead) -> str:
    words = " ".join(storable.text(value).split())
    if not words:
        raise ValueError("blank")
    return words


def _clean_timeline(value: dict[str, Any], lead: Lead) -> dict[str, Any]:
    return {**value, "text": storable.text(value["text"])}


CLEANERS: dict[str, Any] = {
    "name": _clean_name,
    "phone": _clean_phone,
    "email": _clean_email,
    "location": _clean_places,
    "budget": _clean_money,
    "income": _clean_money,
    "debt_amount": _clean_debt,
    "timeline": _clean_timeline,
    "property_type": _clean_words,
}


def _qualify(lead: Lead, at: datetime) -> qualification.Outcome | None:
    """Reassess; returns the outcome when it is another than before."""
    criteria = qualification.criteria_of(lead.broker.brokerleadconfig)
    inputs = qualification.inputs_of(lead.metadata, criteria)
    assessment = qualification.assess(inputs, criteria)
    before = lead.metadata.get("calificacion", {}).get("outcome")
    lead.metadata["calificacion"] = qualification.record_of(assessment, inputs, at)
    if assessment.outcome == before:
        return None
    disqualified = assessment.outcome == qualification.Outcome.NOT_QUALIFIED
    if disqualified and lead.treatment_type != Treatment.HOLD:
        lead.treatment_type = Treatment.MANUAL_FOLLOW_UP
    return assessment.outcome


def requalify(lead: Lead, *, at: datetime) -> None:
    """Assess a lead whose facts became others by a merge: the outcome is news to nobody."""
    _qualify(lead, at)


def _announce_outcome(
    lead: Lead, outcome: qualification.Outcome, at: datetime, *, bulk: bool
) -> None:
    event = log(lead, "qualified", actor=Actor.SYSTEM, at=at, outcome=outcome.value)
    if outcome == qualification.Outcome.QUALIFIED and not bulk:
        alerts.on_qualified(lead, key=str(event.pk), at=at)
    if outcome == qualification.Outcome.NOT_QUALIFIED:
        handoff.flag(lead, reason=HandoffReason.NOT_QUALIFIED, at=at)


def missing(lead: Lead) -> list[str]:
    """What is still to be asked, in the broker's order; the debt only once DICOM is known."""
    metadata, order = lead.metadata, list(lead.broker.brokerleadconfig.field_priority)
    if metadata.get("dicom") == "has_debt" and metadata.get("debt_amount") is None:
        place = order.index("dicom") if "dicom" in order else len(order)
        order[place:place] = ["debt_amount"]
    return [fact for fact in order if not _is_known(lead, fact)]


def _is_known(lead: Lead, fact: str) -> bool:
    if fact == "name":
        return names.is_real(lead.name)
    if fact == "phone":
        return lead.phone_e164 is not None
    return value_of(lead, fact) not in (None, "", [])


def known(lead: Lead) -> dict[str, Any]:
    """Every fact that is known, by name."""
    facts = {fact: value_of(lead, fact) for fact in Facts.model_fields}
    return {fact: value for fact, value in facts.items() if value not in (None, "", [])}
