"""The rights of the person over their data: asked, answered within their term, and recorded."""

from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

from django.db import transaction

from leads import dossier, editing, handoff, scoring, words
from leads.activity import log
from leads.enums import Actor, AskedBy, HandoffReason, Right, RightState
from leads.errors import ReasonNeeded, ScoreFrozen, ScoreNotFrozen
from leads.models import Lead, RightsRequest
from leads.models.rights import TERM

PENDING = (RightState.OPEN, RightState.RUNNING)


@transaction.atomic
def ask(
    lead: Lead,
    *,
    kind: Right | str,
    asked_by: AskedBy | str = AskedBy.PERSON,
    notes: str = "",
    by: Any = None,
    at: datetime,
) -> RightsRequest:
    """Note that a right is asked for, due in 30 days; asked again while pending it is the same."""
    _locked(lead)
    pending = RightsRequest.objects.filter(lead=lead, kind=kind, state__in=PENDING)
    if found := pending.order_by("pk").first():
        known: RightsRequest = found
        return known
    request: RightsRequest = RightsRequest.objects.create(
        broker_id=lead.broker_id,
        lead=lead,
        lead_number=lead.pk,
        kind=kind,
        asked_by=asked_by,
        asked_at=at,
        due_at=at + TERM,
        handled_by=by,
        notes=notes[:2000],
    )
    actor = Actor.HUMAN if by else Actor.LEAD
    log(lead, "right_requested", actor=actor, at=at, user=by, right=str(kind))
    return request


@transaction.atomic
def refuse(request: RightsRequest, *, reason: str, by: Any, at: datetime) -> bool:
    """Answer no, with the reason that the person is given; False when it was answered already."""
    if not reason.strip():
        raise ReasonNeeded(field="reason")
    mine = RightsRequest.objects.filter(pk=request.pk, state=RightState.OPEN)
    return bool(
        mine.update(
            state=RightState.REFUSED,
            handled_by=by,
            receipt={"reason": reason[:500]},
            updated_at=at,
        )
    )


@transaction.atomic
def export(lead: Lead, *, by: Any, at: datetime, asked_by: AskedBy | str) -> IO[bytes]:
    """Everything held about the person as one zip; handing it over is recorded."""
    request = ask(lead, kind=Right.ACCESS, asked_by=asked_by, by=by, at=at)
    file = dossier.write(lead, at=at)
    settle(request, by=by, at=at)
    log(lead, "data_exported", actor=Actor.HUMAN, at=at, user=by)
    return file


@transaction.atomic
def rectify(
    lead: Lead,
    *,
    changes: Mapping[str, Any],
    by: Any,
    at: datetime,
    version: int | None = None,
    notes: str = "",
    asked_by: AskedBy | str = AskedBy.PERSON,
) -> Lead:
    """Correct what is known on the person's word, which nobody but a person overwrites after."""
    request = ask(lead, kind=Right.RECTIFICATION, asked_by=asked_by, notes=notes, by=by, at=at)
    edited = editing.edit(lead, changes=changes, version=version, by=by, at=at)
    settle(request, by=by, at=at, fields=sorted(changes))
    labels = [words.fact_label(name) for name in changes]
    log(lead, "data_rectified", actor=Actor.HUMAN, at=at, user=by, labels=labels)
    return edited


@transaction.atomic
def object_to_scoring(
    lead: Lead,
    *,
    by: Any,
    at: datetime,
    notes: str = "",
    asked_by: AskedBy | str = AskedBy.PERSON,
) -> None:
    """Freeze the score where it stands, and leave the judgement to a person."""
    if _locked(lead).score_frozen_at is not None:
        raise ScoreFrozen
    request = ask(lead, kind=Right.OBJECTION, asked_by=asked_by, notes=notes, by=by, at=at)
    Lead.objects.filter(pk=lead.pk).update(score_frozen_at=at, updated_at=at)
    lead.score_frozen_at = at
    settle(request, by=by, at=at)
    log(lead, "scoring_objected", actor=Actor.HUMAN if by else Actor.LEAD, at=at, user=by)
    brief = str(words.EVENTS["scoring_objected"])
    handoff.flag(lead, reason=HandoffReason.OTHER, brief=brief, at=at)


@transaction.atomic
def lift_objection(lead: Lead, *, reason: str, by: Any, at: datetime) -> None:
    """The person agreed to be scored again: said explicitly, with how they agreed."""
    if not reason.strip():
        raise ReasonNeeded(field="reason")
    if _locked(lead).score_frozen_at is None:
        raise ScoreNotFrozen
    Lead.objects.filter(pk=lead.pk).update(score_frozen_at=None, updated_at=at)
    lead.score_frozen_at = None
    log(lead, "objection_lifted", actor=Actor.HUMAN, at=at, user=by, reason=reason[:300])
    scoring.rescore(lead, at=at)


def rescore(lead: Lead, *, at: datetime) -> scoring.Receipt:
    """As people ask for it: told why nothing happens where the person objected."""
    if lead.score_frozen_at is not None:
        raise ScoreFrozen
    return scoring.rescore(lead, at=at)


def settle(request: RightsRequest, *, by: Any, at: datetime, **receipt: Any) -> None:
    """The request is fulfilled; ``receipt`` says how, without the person's data."""
    request.state, request.done_at, request.handled_by = RightState.DONE, at, by
    request.receipt = receipt
    request.save(update_fields=["state", "done_at", "handled_by", "receipt", "updated_at"])


def _locked(lead: Lead) -> Lead:
    rows = Lead.objects.select_for_update(of=("self",), no_key=True)
    locked: Lead = rows.get(pk=lead.pk)
    return locked
