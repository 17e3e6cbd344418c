"""Many people at once through the same door: matched and made as ``identity`` does one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from brokers.models import Broker
from crm.copying import copy_in, give_ids
from leads import assignment, identity, scoring
from leads.activity import log_each
from leads.enums import Actor
from leads.identity import Outcome
from leads.models import Conversation, Lead, Suppression
from leads.stages import Source


@dataclass(frozen=True)
class Entry:
    """A person by their normalised phone and e-mail; ``columns`` are of the lead if it is new."""

    phone_e164: str | None = None
    email: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Met:
    """What became of an entry; a suppressed one has no lead: nobody is made anew who asked out."""

    outcome: Outcome
    lead: Lead | None = None


Prepare = Callable[[Entry, Lead], Conversation]


def meet(broker: Broker, entries: Sequence[Entry]) -> list[Met | None]:
    """Who is known, or suppressed, by three statements; None for who would be new."""
    by_phone = _known(broker, "phone_e164", {e.phone_e164 for e in entries})
    unknown = [e for e in entries if e.phone_e164 not in by_phone]
    by_email = _known(broker, "email", {e.email for e in unknown})
    found = [by_phone.get(e.phone_e164) or by_email.get(e.email) for e in entries]
    suppressed = _suppressed(
        broker, [e for e, lead in zip(entries, found, strict=True) if not lead]
    )
    met: list[Met | None] = []
    for entry, lead in zip(entries, found, strict=True):
        if lead:
            met.append(Met(Outcome.MATCHED, lead))
        elif {entry.phone_e164, entry.email} & suppressed:
            met.append(Met(Outcome.SUPPRESSED))
        else:
            met.append(None)
    return met


def _known(broker: Broker, column: str, wanted: set[str | None]) -> dict[str | None, Lead]:
    values = [value for value in wanted if value]
    known = identity.known_by(broker, column, values) if values else {}
    for lead in known.values():
        lead.broker = broker
    return known


def _suppressed(broker: Broker, entries: Sequence[Entry]) -> set[str | None]:
    own = {value for entry in entries for value in (entry.phone_e164, entry.email) if value}
    marked = Suppression.objects.filter(broker=broker, channel="", identifier__in=own)
    return set(marked.values_list("identifier", flat=True)) if own else set()


@transaction.atomic
def find_or_create_many(
    broker: Broker,
    entries: Sequence[Entry],
    *,
    source: Source | str,
    at: datetime,
    prepare: Prepare,
    by: Any = None,
    **details: Any,
) -> list[Met]:
    """Each entry's lead, found or made; ``details`` go into the log of those made.

    ``prepare`` tells a new lead what is known of it, phone and e-mail too, before it is stored,
    and gives its conversation. Two entries with the same phone or e-mail meet in one lead.
    """
    # One entry a broker at a time: two equal ones sent at once must meet.
    Broker.objects.select_for_update(no_key=True).get(pk=broker.pk)
    met = meet(broker, entries)
    new: dict[str, Lead] = {}
    made: list[tuple[Lead, Conversation]] = []
    for place, entry in enumerate(entries):
        if met[place] is None:
            lead = new.get(entry.phone_e164 or "") or new.get(entry.email or "")
            outcome = Outcome.MATCHED if lead else Outcome.CREATED
            if lead is None:
                lead = _unsaved(broker, entry, source, at)
                made.append((lead, prepare(entry, lead)))
            new.update({key: lead for key in (entry.phone_e164, entry.email) if key})
            met[place] = Met(outcome, lead)
    _store(broker, made, at=at, by=by, **details)
    return [each for each in met if each is not None]


def _unsaved(broker: Broker, entry: Entry, source: Source | str, at: datetime) -> Lead:
    columns = {"source": source, **entry.columns}
    return Lead(broker=broker, created_at=at, stage_entered_at=at, **columns)


def _store(
    broker: Broker, made: Sequence[tuple[Lead, Conversation]], *, at: datetime, by: Any, **told: Any
) -> None:
    leads = [lead for lead, _conversation in made]
    pool = [lead for lead in leads if lead.assigned_to_id is None]
    for lead, person in zip(pool, assignment.choose_many(broker, len(pool), at=at), strict=True):
        lead.assigned_to = person
    receipts = scoring.score_new(leads, at=at)
    give_ids(leads)
    copy_in(leads)
    for lead, conversation in made:
        conversation.lead = lead
    copy_in([conversation for _lead, conversation in made])
    details = ((lead, {"source": str(lead.source), **told}) for lead in leads)
    actor = Actor.HUMAN if by else Actor.SYSTEM
    log_each(details, "lead_created", actor=actor, at=at, user=by)
    scoring.tell_new(leads, receipts, at=at)
