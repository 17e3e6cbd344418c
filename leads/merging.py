"""The one door by which two leads become one, and by which they come apart again for a month."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from brokers.models import Broker
from crm.locking import in_one_transaction
from leads import (
    cards,
    facts,
    handoff,
    identity,
    joining,
    moving,
    pipeline,
    scoring,
    threads,
    words,
)
from leads.activity import log
from leads.enums import Actor, ConsentState, Holder
from leads.errors import LeadMerged, NotMergeable, NotUndoable, TurnUnderWay
from leads.models import Lead, LeadMerge, MergeSuggestion
from leads.parts import Deed, moved_ids
from leads.stages import Stage

UNDO_DAYS = 30


@dataclass(frozen=True)
class Moves:
    """How many rows of a table move."""

    part: str
    label: str
    count: int


@dataclass(frozen=True)
class Preview:
    """What a merge would do: rows that move, facts given up, and in words the rest."""

    loser: Lead
    survivor: Lead
    moves: list[Moves]
    conflicts: list[joining.Conflict]
    notices: list[str]


def preview(loser: Lead, survivor: Lead, *, by: Any, at: datetime) -> Preview:
    """Changes nothing. Raises what ``merge`` would raise."""
    _refuse(loser, survivor)
    deed, joined = Deed(by, at), joining.join(loser, survivor)
    told = [table.foresee(loser, survivor, deed) for table in moving.tables() if table.foresee]
    return Preview(
        loser,
        survivor,
        [moves for table in moving.tables() if (moves := _moves(table, loser))],
        joined.conflicts,
        [*_own_notices(loser, survivor), *(notice for notices in told for notice in notices)],
    )


def _moves(table: moving.Table, lead: Lead) -> Moves | None:
    if "lead" not in {field.name for field in table.model._meta.fields}:
        return None
    total = table.model._default_manager.filter(lead=lead).count()
    return Moves(table.name, _label(table), total) if total else None


def _label(table: moving.Table) -> str:
    return str(table.model._meta.verbose_name_plural)


def moved(done: LeadMerge) -> list[Moves]:
    """How many rows of each table a merge has moved."""
    kept = done.record.get("parts", {})
    told = [
        Moves(table.name, _label(table), len(moved_ids(kept.get(table.name, []))))
        for table in moving.tables()
    ]
    return [moves for moves in told if moves.count]


def _own_notices(loser: Lead, survivor: Lead) -> list[str]:
    notices = []
    ahead = joining.further(loser, survivor)
    if ahead.pipeline_stage != survivor.pipeline_stage:
        stage = Stage(ahead.pipeline_stage).label
        notices.append(_("Queda en la etapa más avanzada: %(stage)s.") % {"stage": stage})
    held = [getattr(lead, "conversation", None) for lead in (loser, survivor)]
    if any(each is not None and each.holder == Holder.USER for each in held):
        notices.append(_("Una persona atiende a uno de los dos: la conversación sigue con ella."))
    withdrawn = [lead.consents.filter(state=ConsentState.WITHDRAWN) for lead in (loser, survivor)]
    if any(rows.exists() for rows in withdrawn) or any(
        map(identity.is_suppressed, (loser, survivor))
    ):
        notices.append(_("Uno de los dos pidió no ser contactado: vale para ambos."))
    return notices


@in_one_transaction
def merge(loser: Lead, survivor: Lead, *, by: Any, at: datetime) -> LeadMerge:
    """Make ``loser`` part of ``survivor``; what moved and changed is kept to undo it.

    Refuses with NotMergeable, LeadMerged, or TurnUnderWay while the assistant answers one of them.
    """
    loser, survivor = _lock(loser, survivor)
    _refuse(loser, survivor)
    _refuse_turns(loser, survivor, at)
    deed, addresses = Deed(by, at), _addresses(loser, survivor)
    stood = {"loser": _place(loser), "survivor": _place(survivor)}
    joined, ahead = joining.join(loser, survivor), joining.further(loser, survivor)
    place = (ahead.pipeline_stage, ahead.close_reason)
    record: dict[str, Any] = {"stood": stood}
    record["thread"] = threads.join(loser.conversation, survivor.conversation, at=at)
    record["parts"] = {table.name: table.merge(loser, survivor, deed) for table in moving.tables()}
    record["columns"] = _adopt(survivor, joined.columns, place, by, at)
    record["stands"] = _place(survivor)
    record["marks"] = moving.cover(survivor, addresses)
    record["suggestion"] = _accept_suggestion(loser, survivor, at)
    _point(loser, survivor, at)
    done = LeadMerge.objects.create(
        broker_id=survivor.broker_id, loser=loser, survivor=survivor, by=by, at=at, record=record
    )
    _tell(survivor, "leads_merged", loser, by, at, conflicts=_told(joined.conflicts))
    _refresh_cards(loser, survivor, at)
    return done


@in_one_transaction
def undo(done: LeadMerge, *, by: Any, at: datetime) -> LeadMerge:
    """Give the loser back what moved; what came later stays with the survivor.

    Merges into one lead are undone last first. What could not be restored is told in words.
    """
    loser, survivor = _lock(done.loser, done.survivor)
    done = LeadMerge.objects.select_for_update(of=("self",)).get(pk=done.pk)
    _refuse_undo(done, survivor, at)
    _refuse_turns(loser, survivor, at)
    deed, record = Deed(by, at), done.record
    _point(loser, None, at)
    lost = [
        words_
        for table in reversed(moving.tables())
        if table.name in record["parts"]
        for words_ in table.unmerge(loser, survivor, record["parts"][table.name], deed)
    ]
    for lead in (loser, survivor):
        lead.refresh_from_db()
    _give_back(survivor, record, by, at)
    moving.uncover(record["marks"])
    _locked_conversations(loser, survivor)
    threads.part(loser.conversation, survivor.conversation, record["thread"], at=at)
    _restore_place(loser, record["stood"]["loser"], None, by, at)
    for lead in (loser, survivor):
        scoring.rescore_locked(lead, at=at, bulk=True)
    _reopen_suggestion(record["suggestion"], at)
    done.undone_at, done.undone_by, done.not_restored = at, by, lost
    done.save(update_fields=["undone_at", "undone_by", "not_restored", "updated_at"])
    _tell(survivor, "merge_undone", loser, by, at, not_restored=lost)
    _tell(loser, "merge_undone", survivor, by, at, not_restored=lost)
    _refresh_cards(loser, survivor, at)
    return done


def _refresh_cards(loser: Lead, survivor: Lead, at: datetime) -> None:
    for lead in (loser, survivor):
        cards.refresh(lead.pk, at=at)


def standing(loser: Lead) -> LeadMerge | None:
    """The merge by which the lead went into another, until it is undone."""
    rows = LeadMerge.objects.filter(loser=loser, undone_at__isnull=True)
    return rows.select_related("survivor", "loser").first()


def may_undo(done: LeadMerge, *, at: datetime) -> bool:
    return done.undone_at is None and at - done.at <= timedelta(days=UNDO_DAYS)


def ranked(first: Lead, second: Lead) -> tuple[Lead, Lead]:
    """Which of two goes into which when nobody says: the one further along stays, else the older."""
    older, newer = sorted((first, second), key=lambda lead: lead.pk)
    survivor = joining.further(newer, older)
    return (older if survivor is newer else newer), survivor


# --- Refusals and locks --------------------------------------------------------------------------


def _refuse(loser: Lead, survivor: Lead) -> None:
    if loser.pk == survivor.pk or loser.broker_id != survivor.broker_id:
        raise NotMergeable
    for lead in (loser, survivor):
        if lead.merged_into_id is not None:
            raise LeadMerged(merged_into=lead.merged_into_id)


def _refuse_turns(loser: Lead, survivor: Lead, at: datetime) -> None:
    """What the assistant's tools are writing at this moment must find the lead where it was."""
    for lead in (loser, survivor):
        until = lead.conversation.lease_until
        if lead.conversation.lease is not None and until is not None and until > at:
            raise TurnUnderWay


def _refuse_undo(done: LeadMerge, survivor: Lead, at: datetime) -> None:
    if not may_undo(done, at=at):
        raise NotUndoable
    later = LeadMerge.objects.filter(
        Q(survivor=survivor) | Q(loser=survivor), undone_at=None, pk__gt=done.pk
    )
    if later.exists():
        raise NotUndoable(_("Después hubo otra unión de este lead: deshaz primero esa."))


def _lock(loser: Lead, survivor: Lead) -> tuple[Lead, Lead]:
    """Both as they are now: the broker's door for entries, the leads by id, their conversations."""
    Broker.objects.select_for_update(no_key=True).get(pk=survivor.broker_id)
    rows = Lead.objects.select_for_update(of=("self",), no_key=True).select_related(
        "broker__brokerleadconfig"
    )
    locked = {lead.pk: lead for lead in rows.filter(pk__in=[loser.pk, survivor.pk]).order_by("pk")}
    if len({loser.pk, survivor.pk}) != len(locked):
        raise NotMergeable
    loser, survivor = locked[loser.pk], locked[survivor.pk]
    _locked_conversations(loser, survivor)
    return loser, survivor


def _locked_conversations(*leads: Lead) -> None:
    for lead in sorted(leads, key=lambda each: each.pk):
        lead.conversation = handoff.locked(lead)


# --- What becomes of the two rows ----------------------------------------------------------------


def _addresses(*leads: Lead) -> set[str]:
    return {address for lead in leads for address in identity.identifiers(lead)}


def _place(lead: Lead) -> dict[str, Any]:
    return {
        "stage": lead.pipeline_stage,
        "since": joining.jsonable(lead.stage_entered_at),
        "reason": lead.close_reason,
    }


def _adopt(
    survivor: Lead, columns: dict[str, Any], place: tuple[str, str], by: Any, at: datetime
) -> dict[str, list[Any]]:
    """Write what the survivor now is: values, stage, qualification, score; the changes made."""
    survivor.refresh_from_db()
    before = joining.snapshot(survivor, columns)
    for name, value in columns.items():
        setattr(survivor, name, value)
    facts.requalify(survivor, at=at)
    survivor.version += 1
    survivor.save(update_fields=[*_fields(columns), "version", "updated_at"])
    stage, reason = place
    if stage != survivor.pipeline_stage:
        pipeline.set_back(
            survivor, stage=stage, since=at, reason=reason, event="merged", by=by, at=at
        )
    scoring.rescore_locked(survivor, at=at, bulk=True)
    return joining.changes(before, joining.snapshot(survivor, columns))


def _fields(columns: Iterable[str]) -> list[str]:
    return [name.removesuffix("_id") for name in columns]


def _point(loser: Lead, survivor: Lead | None, at: datetime) -> None:
    """Who edits the loser meanwhile is refused by its version."""
    loser.merged_into = survivor
    Lead.objects.filter(pk=loser.pk).update(
        merged_into=survivor, version=F("version") + 1, updated_at=at
    )


def _give_back(survivor: Lead, record: dict[str, Any], by: Any, at: datetime) -> None:
    touched = joining.put_back(survivor, record["columns"])
    survivor.version += 1
    survivor.save(update_fields=[*touched, "version", "updated_at"])
    _restore_place(survivor, record["stood"]["survivor"], record["stands"], by, at)


def _restore_place(
    lead: Lead, stood: dict[str, Any], unless_moved_from: Any, by: Any, at: datetime
) -> None:
    """Back to where the lead stood, unless somebody moved it since the merge."""
    moved = unless_moved_from is not None and _place(lead) != unless_moved_from
    if moved or _place(lead) == stood:
        return
    since = Lead._meta.get_field("stage_entered_at").to_python(stood["since"])
    pipeline.set_back(
        lead, stage=stood["stage"], since=since, reason=stood["reason"], event="unmerged",
        by=by, at=at,
    )  # fmt: skip


# --- The suggestion that led here, and the log ---------------------------------------------------


def _accept_suggestion(loser: Lead, survivor: Lead, at: datetime) -> list[list[Any]]:
    rows = list(suggestions_of(loser, survivor).values_list("pk", "state"))
    accepted = MergeSuggestion.State.ACCEPTED
    suggestions_of(loser, survivor).update(state=accepted, updated_at=at)
    return [list(row) for row in rows]


def _reopen_suggestion(rows: list[list[Any]], at: datetime) -> None:
    for pk, state in rows:
        MergeSuggestion.objects.filter(pk=pk).update(state=state, updated_at=at)


def suggestions_of(first: Lead, second: Lead) -> QuerySet[MergeSuggestion]:
    pair = (first.pk, second.pk)
    found: QuerySet[MergeSuggestion] = MergeSuggestion.objects.filter(lead__in=pair, other__in=pair)
    return found


def _told(conflicts: Iterable[joining.Conflict]) -> list[dict[str, Any]]:
    return [{"fact": each.fact, "kept": each.kept, "given_up": each.given_up} for each in conflicts]


def _tell(lead: Lead, event: str, other: Lead, by: Any, at: datetime, **details: Any) -> None:
    actor = Actor.HUMAN if by else Actor.SYSTEM
    log(lead, event, actor=actor, at=at, user=by, other=other.pk, name=other.name, **details)


def told_conflict(conflict: joining.Conflict) -> tuple[str, str, str]:
    """A conflict as people read it: the fact, the value that stands, the one given up."""
    return (
        words.fact_label(conflict.fact),
        words.fact(conflict.fact, conflict.kept),
        words.fact(conflict.fact, conflict.given_up),
    )
