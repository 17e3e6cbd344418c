"""The one door of a lead's stage: people's moves, the system's steps, and what facts allow."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from crm.errors import Conflict
from leads import names, scoring, signals
from leads.activity import log
from leads.enums import Actor, Channel, Direction
from leads.errors import ReasonNeeded, StageNotAllowed
from leads.models import Lead, StageTransition
from leads.stages import BY_PEOPLE, BY_SYSTEM, Stage, needs_reason

ATTESTED = (Channel.TELEGRAM, Channel.WHATSAPP, Channel.INSTAGRAM, Channel.FACEBOOK)


def move(lead: Lead, *, to: Stage | str, by: Any, reason: str = "", at: datetime) -> Lead:
    """Move a lead as a person does.

    Raises StageNotAllowed where the graph has no edge, ReasonNeeded where the edge needs one,
    Conflict when somebody moved the lead meanwhile.
    """
    source, target = Stage(lead.pipeline_stage), Stage(to)
    if target not in BY_PEOPLE[source]:
        raise StageNotAllowed(source=source.value, target=target.value)
    if needs_reason(source, target) and not reason.strip():
        raise ReasonNeeded(field="reason")
    _change(lead, target, actor=Actor.HUMAN, by=by, reason=reason.strip(), event="moved", at=at)
    return lead


def advance(lead: Lead, *, to: Stage | str, event: str, at: datetime) -> bool:
    """Walk one of the system's edges; False when it is not one, or the lead is there already."""
    target = Stage(to)
    if target not in BY_SYSTEM.get(Stage(lead.pipeline_stage), frozenset()):
        return False
    _change(lead, target, actor=Actor.SYSTEM, by=None, reason="", event=event, at=at)
    return True


def refresh(lead: Lead, *, at: datetime) -> bool:
    """Walk every system edge that the facts allow; True when the lead moved."""
    moved = False
    if lead.pipeline_stage == Stage.ENTRY and _has_answered(lead):
        moved = advance(lead, to=Stage.PROFILING, event="answered", at=at)
    if lead.pipeline_stage == Stage.PROFILING and is_profiled(lead):
        moved = advance(lead, to=Stage.QUALIFICATION, event="profiled", at=at) or moved
    return moved


def is_profiled(lead: Lead) -> bool:
    """Whether name, a reachable contact, location, and budget or income are known."""
    facts = lead.metadata
    return bool(
        names.is_real(lead.name)
        and facts.get("location")
        and (facts.get("budget") or facts.get("income"))
        and _is_reachable(lead)
    )


def _is_reachable(lead: Lead) -> bool:
    if lead.phone_e164 or lead.email:
        return True
    return lead.identities.filter(channel__in=ATTESTED, blocked_at__isnull=True).exists()


def _has_answered(lead: Lead) -> bool:
    """Whether the lead wrote after something we sent."""
    ours = lead.messages.filter(direction=Direction.OUT).order_by("id").values("id")[:1]
    return lead.messages.filter(direction=Direction.IN, id__gt=ours).exists()


@transaction.atomic
def _change(
    lead: Lead, target: Stage, *, actor: Actor, by: Any, reason: str, event: str, at: datetime
) -> None:
    source, since = Stage(lead.pipeline_stage), lead.stage_entered_at
    changes = {
        "pipeline_stage": target.value,
        "stage_entered_at": at,
        "status": scoring.status_for(target, lead.lead_score, lead.broker.brokerleadconfig).value,
        "close_reason": reason if target == Stage.LOST else "",
        "updated_at": at,
    }
    unchanged = Q(pk=lead.pk, pipeline_stage=source, stage_entered_at=since)
    if not Lead.objects.filter(unchanged).update(**changes):
        raise Conflict(source=source.value, target=target.value)
    for field, value in changes.items():
        setattr(lead, field, value)
    transition = _record(lead, source, target, since, actor, by, reason, event, at)
    signals.announce(
        signals.stage_changed,
        lead_id=lead.pk,
        broker_id=lead.broker_id,
        transition_id=transition.pk,
        before=source.value,
        after=target.value,
    )


def _record(
    lead: Lead,
    source: Stage,
    target: Stage,
    since: datetime,
    actor: Actor,
    by: Any,
    reason: str,
    event: str,
    at: datetime,
) -> StageTransition:
    facts = {"from_stage": source.value, "to_stage": target.value, "event": event, "reason": reason}
    log(lead, "stage_changed", actor=actor, at=at, user=by, **facts)
    return StageTransition.objects.create(
        lead=lead,
        broker_id=lead.broker_id,
        at=at,
        entered_from_at=since,
        actor=actor,
        by=by,
        **facts,
    )
