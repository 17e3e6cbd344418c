"""The one door of a lead's stage: people's moves, the system's steps, and what facts allow."""

from datetime import datetime
from typing import Any

from django.db import transaction

from crm.errors import Conflict
from leads import cards, names, scoring, signals
from leads.activity import log
from leads.enums import NEVER_LEFT, Actor, Channel, Direction
from leads.errors import ReasonNeeded, StageNotAllowed
from leads.models import Lead, StageTransition
from leads.stages import BY_PEOPLE, BY_SYSTEM, Stage, needs_reason

ATTESTED = (Channel.TELEGRAM, Channel.WHATSAPP, Channel.INSTAGRAM, Channel.FACEBOOK)
COMPARED = ("pipeline_stage", "stage_entered_at", "lead_score")
SEEN = (*COMPARED, "lead_score_components", "status", "close_reason")


def move(
    lead: Lead,
    *,
    to: Stage | str,
    by: Any,
    reason: str = "",
    event: str = "moved",
    at: datetime,
) -> Lead:
    """Move a lead as a person does, or as people told a campaign to do (``by`` is None then).

    Raises StageNotAllowed where the graph has no edge, ReasonNeeded where the edge needs one,
    Conflict when somebody moved the lead meanwhile.
    """
    source, target = Stage(lead.pipeline_stage), Stage(to)
    if not may_move(lead, target):
        raise StageNotAllowed(source=source.value, target=target.value)
    told = reason.strip()
    if needs_reason(source, target) and not told:
        raise ReasonNeeded(field="reason")
    actor = Actor.SYSTEM if by is None else Actor.HUMAN
    if not _change(lead, target, actor=actor, by=by, reason=told, event=event, at=at):
        raise Conflict(source=source.value, target=target.value)
    return lead


def may_move(lead: Lead, to: Stage | str) -> bool:
    """Whether people may take the lead from where it stands to that stage."""
    return Stage(to) in BY_PEOPLE[Stage(lead.pipeline_stage)]


def advance(lead: Lead, *, to: Stage | str, event: str, at: datetime) -> bool:
    """Walk one of the system's edges.

    False when it is not one, the lead is there already, or somebody moved the lead meanwhile.
    """
    target = Stage(to)
    if target not in BY_SYSTEM.get(Stage(lead.pipeline_stage), frozenset()):
        return False
    return _change(lead, target, actor=Actor.SYSTEM, by=None, reason="", event=event, at=at)


def refresh(lead: Lead, *, at: datetime) -> bool:
    """Walk every system edge that the facts allow; True when the lead moved."""
    moved = False
    if lead.pipeline_stage == Stage.ENTRY and _has_answered(lead):
        moved = advance(lead, to=Stage.PROFILING, event="answered", at=at)
    if lead.pipeline_stage == Stage.PROFILING and is_profiled(lead):
        moved = advance(lead, to=Stage.QUALIFICATION, event="profiled", at=at) or moved
    return moved


@transaction.atomic
def set_back(
    lead: Lead,
    *,
    stage: Stage | str,
    since: datetime,
    reason: str = "",
    event: str,
    by: Any,
    at: datetime,
) -> None:
    """Put a locked lead where a merge, or its undoing, says that the person stands.

    It is no move along the graph and announced to nobody: nothing happened to the person.
    """
    target, source, before = Stage(stage), Stage(lead.pipeline_stage), lead.stage_entered_at
    _write(lead, target, reason, since)
    if target != source:
        _record(lead, source, target, before, Actor.HUMAN, by, reason, event, at)


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
    """Whether the lead wrote after something of ours that nothing stopped on its way."""
    ours = lead.messages.filter(direction=Direction.OUT).exclude(status__in=NEVER_LEFT)
    first = ours.order_by("id").values("id")[:1]
    return lead.messages.filter(direction=Direction.IN, id__gt=first).exists()


@transaction.atomic
def _change(
    lead: Lead, target: Stage, *, actor: Actor, by: Any, reason: str, event: str, at: datetime
) -> bool:
    """False when the lead is no longer where the caller saw it; ``lead`` is up to date then."""
    source, since = Stage(lead.pipeline_stage), lead.stage_entered_at
    while not _write(lead, target, reason, at):
        # The score, which decides the status, moved meanwhile; or the stage did.
        lead.refresh_from_db(fields=SEEN)
        if (lead.pipeline_stage, lead.stage_entered_at) != (source, since):
            return False
    transition = _record(lead, source, target, since, actor, by, reason, event, at)
    signals.announce(
        signals.stage_changed,
        lead_id=lead.pk,
        broker_id=lead.broker_id,
        transition_id=transition.pk,
        before=source.value,
        after=target.value,
    )
    return True


def _write(lead: Lead, target: Stage, reason: str, at: datetime) -> bool:
    """Stage and status in one UPDATE, if the lead is as we know it."""
    changes = {
        "pipeline_stage": target.value,
        "stage_entered_at": at,
        "status": scoring.status_for(target, lead.lead_score, lead.broker.brokerleadconfig).value,
        "close_reason": reason if target == Stage.LOST else "",
        "updated_at": at,
    }
    as_known = {field: getattr(lead, field) for field in COMPARED}
    if not Lead.objects.filter(pk=lead.pk, **as_known).update(**changes):
        return False
    for field, value in changes.items():
        setattr(lead, field, value)
    return True


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
    cards.refresh(lead.pk, at=at)
    return StageTransition.objects.create(
        lead=lead,
        broker_id=lead.broker_id,
        at=at,
        entered_from_at=since,
        actor=actor,
        by=by,
        **facts,
    )
