"""Who a person is: normalising, matching within the broker, and suspecting duplicates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from brokers.models import Broker
from crm.emails import one_spelling
from crm.errors import Conflict
from leads import assignment, names, phones
from leads.activity import log
from leads.enums import Actor
from leads.models import ChannelIdentity, Conversation, Lead, MergeSuggestion, Suppression
from leads.models.lead import LeadQuerySet
from leads.stages import Source, Stage

# What somebody new has the time to say before the pool is told of them.
INTRODUCTION = timedelta(minutes=2)
# What two leads may have in common that makes people look whether they are one person.
SHARED = ("phone", "email")


class Outcome(StrEnum):
    CREATED = "created"
    MATCHED = "matched"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class Match:
    lead: Lead
    outcome: Outcome
    warning: str = ""


@dataclass(frozen=True)
class _Contact:
    """A phone and an e-mail as they are compared."""

    e164: str | None
    email: str | None

    @property
    def known(self) -> list[tuple[str, str]]:
        both = (("phone_e164", self.e164), ("email", self.email))
        return [(column, value) for column, value in both if value]


def _contact(broker: Broker, phone: str, email: str | None) -> _Contact:
    e164 = phones.to_e164(phone, country=broker.country) if phone else None
    return _Contact(e164, one_spelling(email or "") or None)


def matching(broker: Broker, *, phone_e164: str | None, email: str | None) -> list[Lead]:
    """The broker's leads with this phone, else this e-mail; open ones with the latest inbound first.

    What only a merged lead had leads to the lead that it lives on in.
    """
    for column, value in _Contact(phone_e164, email).known:
        ranked = _ranked(broker, **{column: value})
        if leads := list(ranked.living()[:20]) or _living(ranked[:20]):
            return leads
    return []


def _ranked(broker: Broker, **condition: Any) -> LeadQuerySet:
    found: LeadQuerySet = ranked(Lead.objects.filter(broker=broker, **condition))
    return found.select_related("assigned_to", "conversation")


def ranked(found: Any) -> Any:
    """Of several that match: the open ones first, then the latest inbound."""
    closed = Case(When(pipeline_stage__in=[Stage.WON, Stage.LOST], then=Value(1)), default=Value(0))
    latest = F("conversation__last_inbound_at").desc(nulls_last=True)
    return found.order_by(closed, latest, "-id")


def _living(merged: Iterable[Lead]) -> list[Lead]:
    return list({lead.pk: lead for lead in map(living_of, merged)}.values())


def living_of(lead: Lead) -> Lead:
    """The lead itself, or the one at the end of its merges."""
    while lead.merged_into is not None:
        lead = lead.merged_into
    return lead


@transaction.atomic
def find_or_create(
    broker: Broker,
    *,
    phone: str = "",
    email: str | None = None,
    name: str | None = None,
    source: Source | str,
    at: datetime,
    by: Any = None,
    force_new: bool = False,
    typed_by_anybody: bool = False,
    **fields: Any,
) -> Match:
    """The lead of an API, CSV or Admin entry: matched by phone, then e-mail, else made.

    What anybody may have typed (``typed_by_anybody``: a public form) only meets an equal entry of
    its own kind; it never reaches a lead that is known otherwise. About ten queries and a lock of the broker's entries; a batch goes through ``find_or_create_many``.
    """
    _queue_up(broker)
    contact = _contact(broker, phone, email)
    found = matching(broker, phone_e164=contact.e164, email=contact.email)
    reached = _same_entry(found, contact, source) if typed_by_anybody else found
    if reached and not force_new:
        return Match(reached[0], Outcome.MATCHED)
    lead = create(
        broker,
        source=source,
        at=at,
        by=by,
        phone=phone,
        phone_e164=contact.e164,
        email=contact.email,
        name=names.tidy(name) if name else None,
        **fields,
    )
    suggest_merges(lead)
    return _made(lead, bool(found), is_suppressed(lead))


def _same_entry(found: list[Lead], contact: _Contact, source: Source | str) -> list[Lead]:
    same = (str(source), contact.e164, contact.email)
    return [lead for lead in found if (lead.source, lead.phone_e164, lead.email) == same]


def _queue_up(broker: Broker) -> None:
    """One entry a broker at a time: two equal ones sent at once must meet."""
    Broker.objects.select_for_update(no_key=True).get(pk=broker.pk)


def _made(lead: Lead, is_double: bool, suppressed: bool) -> Match:
    outcome = Outcome.SUPPRESSED if suppressed else Outcome.CREATED
    return Match(lead, outcome, "duplicate" if is_double else "")


def known_by(broker: Broker, column: str, values: Iterable[str]) -> dict[str | None, Lead]:
    """Whom each phone or e-mail leads to, as ``matching`` would say, in one statement."""
    found = _ranked(broker, **{f"{column}__in": list(values)}).select_related("merged_into")
    known: dict[str | None, Lead] = {}
    # The living first; of several the first in rank.
    for lead in sorted(found, key=lambda each: each.merged_into_id is not None):
        known.setdefault(getattr(lead, column), living_of(lead))
    return known


def create(
    broker: Broker, *, source: Source | str, at: datetime, by: Any = None, **fields: Any
) -> Lead:
    """A new lead with its conversation, assigned by the broker's mode."""
    fields.setdefault("assigned_to", assignment.choose(broker, at=at))
    lead = _lead(broker, source, at, by, fields)
    lead.save(force_insert=True)
    Conversation.objects.create(broker=broker, lead=lead)
    log(lead, "lead_created", actor=_actor(by), at=at, user=by, source=str(source))
    if source not in (Source.IMPORT, Source.PERSON):
        assignment.announce(lead, at=at, after=INTRODUCTION)
    return lead


def _actor(by: Any) -> Actor:
    return Actor.HUMAN if by else Actor.SYSTEM


def _lead(
    broker: Broker, source: Source | str, at: datetime, by: Any, columns: dict[str, Any]
) -> Lead:
    """The lead, not yet stored; what a person entered is a person's word."""
    if by is not None:
        entered = [name for name in ("name", "phone", "email") if columns.get(name)]
        said = {"by": "person", "message": None, "user": by.pk, "at": at.isoformat()}
        provenance = {name: {**said, "confidence": 1.0} for name in entered}
        columns = {**columns, "metadata": {**columns.get("metadata", {}), "provenance": provenance}}
    return Lead(broker=broker, source=source, created_at=at, stage_entered_at=at, **columns)


def same_contact(lead: Lead) -> Q:
    """Leads with this one's phone or e-mail; false where it has neither."""
    same = Q()
    for column, value in _Contact(lead.phone_e164, lead.email).known:
        same |= Q(**{column: value})
    return same


def suggest_merges(lead: Lead) -> None:
    """Tell people which other leads share this one's phone or e-mail; change nothing else."""
    same = same_contact(lead)
    if not same:
        return
    others = Lead.objects.living().filter(same, broker_id=lead.broker_id).exclude(pk=lead.pk)
    others = others.exclude(merge_suggestions__other=lead)  # the pair is already told
    MergeSuggestion.objects.bulk_create(
        [
            MergeSuggestion(
                broker_id=lead.broker_id, lead=lead, other=other, reason=_shared(lead, other)
            )
            for other in others[:20]
        ],
        ignore_conflicts=True,
    )


def dismiss(suggestion: MergeSuggestion, *, at: datetime) -> MergeSuggestion:
    """These are two people: the pair is not suggested again."""
    open_row = MergeSuggestion.objects.filter(pk=suggestion.pk, state=MergeSuggestion.State.OPEN)
    if not open_row.update(state=MergeSuggestion.State.DISMISSED, updated_at=at):
        raise Conflict
    suggestion.state = MergeSuggestion.State.DISMISSED
    return suggestion


def _shared(lead: Lead, other: Lead) -> str:
    phone, email = SHARED
    return phone if lead.phone_e164 and lead.phone_e164 == other.phone_e164 else email


def block(identity: ChannelIdentity, *, at: datetime) -> None:
    """The lead blocked us on the channel: nothing is sent there any more."""
    ChannelIdentity.objects.filter(pk=identity.pk, blocked_at__isnull=True).update(
        blocked_at=at, updated_at=at
    )


def unblock(identity: ChannelIdentity, *, at: datetime) -> None:
    ChannelIdentity.objects.filter(pk=identity.pk).update(blocked_at=None, updated_at=at)


def rename(lead: Lead, channel: str, *, old: Iterable[str], new: Iterable[str]) -> None:
    """The channel knows the lead by other ids from now on; one that somebody else has stays theirs."""
    before = list(lead.identities.filter(channel=channel, external_id__in=old))
    made = [
        ChannelIdentity(
            broker_id=lead.broker_id,
            lead=lead,
            channel=channel,
            external_id=external_id,
            display_name=next((each.display_name for each in before), ""),
        )
        for external_id in new
    ]
    lead.identities.filter(pk__in=[each.pk for each in before]).delete()
    ChannelIdentity.objects.bulk_create(made, ignore_conflicts=True)


def identifiers(lead: Lead) -> list[str]:
    """The normalised identifiers under which a lead may be suppressed."""
    own = [lead.phone_e164, lead.email]
    return [identifier for identifier in own if identifier]


def is_suppressed(lead: Lead) -> bool:
    suppressed = Suppression.objects.filter(broker_id=lead.broker_id, channel="")
    return suppressed.filter(identifier__in=identifiers(lead)).exists()
