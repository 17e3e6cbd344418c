"""Who a person is: normalising, matching within the broker, and suspecting duplicates."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from brokers.models import Broker
from leads import assignment, cards, names, phones
from leads.activity import log
from leads.enums import Actor, AlertKind
from leads.models import ChannelIdentity, Conversation, Lead, MergeSuggestion, Suppression
from leads.stages import Source, Stage

# What somebody new has the time to say before the pool is told of them.
INTRODUCTION = timedelta(minutes=2)


class Outcome(StrEnum):
    CREATED = "created"
    MATCHED = "matched"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class Match:
    lead: Lead
    outcome: Outcome
    warning: str = ""


def matching(broker: Broker, *, phone_e164: str | None, email: str | None) -> list[Lead]:
    """The broker's leads with this phone, else this e-mail; open ones with the latest inbound first."""
    for condition in _conditions(phone_e164, email):
        found = Lead.objects.living().filter(condition, broker=broker)
        closed = Case(
            When(pipeline_stage__in=[Stage.WON, Stage.LOST], then=Value(1)), default=Value(0)
        )
        ranked = found.select_related("assigned_to", "conversation").order_by(
            closed,
            F("conversation__last_inbound_at").desc(nulls_last=True),
            "-id",
        )
        if leads := list(ranked[:20]):
            return leads
    return []


def _conditions(phone_e164: str | None, email: str | None) -> list[Q]:
    conditions = [Q(phone_e164=phone_e164)] if phone_e164 else []
    return [*conditions, Q(email=email)] if email else conditions


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
    **fields: Any,
) -> Match:
    """The lead of an API, CSV or Admin entry: matched by phone, then e-mail, else made."""
    # One entry a broker at a time: two equal ones sent at once must meet.
    Broker.objects.select_for_update(no_key=True).get(pk=broker.pk)
    e164 = phones.to_e164(phone, country=broker.country) if phone else None
    address = email.strip().lower() if email else None
    found = matching(broker, phone_e164=e164, email=address)
    if found and not force_new:
        return Match(found[0], Outcome.MATCHED)
    lead = create(
        broker,
        source=source,
        at=at,
        by=by,
        phone=phone,
        phone_e164=e164,
        email=address,
        name=names.tidy(name) if name else None,
        **fields,
    )
    suggest_merges(lead)
    suppressed = is_suppressed(lead)
    warning = "duplicate" if found else ""
    return Match(lead, Outcome.SUPPRESSED if suppressed else Outcome.CREATED, warning)


def create(
    broker: Broker, *, source: Source | str, at: datetime, by: Any = None, **fields: Any
) -> Lead:
    """A new lead with its conversation, assigned by the broker's mode."""
    fields.setdefault("assigned_to", assignment.choose(broker, at=at))
    if by is not None:
        entered = [name for name in ("name", "phone", "email") if fields.get(name)]
        said = {"by": "person", "message": None, "user": by.pk, "at": at.isoformat()}
        provenance = {name: {**said, "confidence": 1.0} for name in entered}
        fields["metadata"] = {**fields.get("metadata", {}), "provenance": provenance}
    lead = Lead.objects.create(
        broker=broker, source=source, created_at=at, stage_entered_at=at, **fields
    )
    Conversation.objects.create(broker=broker, lead=lead)
    actor = Actor.HUMAN if by else Actor.SYSTEM
    log(lead, "lead_created", actor=actor, at=at, user=by, source=str(source))
    if lead.assigned_to is None and source not in (Source.IMPORT, Source.PERSON):
        cards.deal(broker.pk, AlertKind.NEW_LEAD, lead=lead, at=at, after=INTRODUCTION)
    return lead


def suggest_merges(lead: Lead) -> None:
    """Tell people which other leads share this one's phone or e-mail; change nothing else."""
    same = Q()
    if lead.phone_e164:
        same |= Q(phone_e164=lead.phone_e164)
    if lead.email:
        same |= Q(email=lead.email)
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


def _shared(lead: Lead, other: Lead) -> str:
    return "phone" if lead.phone_e164 and lead.phone_e164 == other.phone_e164 else "email"


def block(identity: ChannelIdentity, *, at: datetime) -> None:
    """The lead blocked us on the channel: nothing is sent there any more."""
    ChannelIdentity.objects.filter(pk=identity.pk, blocked_at__isnull=True).update(
        blocked_at=at, updated_at=at
    )


def unblock(identity: ChannelIdentity, *, at: datetime) -> None:
    ChannelIdentity.objects.filter(pk=identity.pk).update(blocked_at=None, updated_at=at)


def identifiers(lead: Lead) -> list[str]:
    """The normalised identifiers under which a lead may be suppressed."""
    own = [lead.phone_e164, lead.email]
    return [identifier for identifier in own if identifier]


def is_suppressed(lead: Lead) -> bool:
    suppressed = Suppression.objects.filter(broker_id=lead.broker_id, channel="")
    return suppressed.filter(identifier__in=identifiers(lead)).exists()
