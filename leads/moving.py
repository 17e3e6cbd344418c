"""The lead's own tables in a merge: what moves to the survivor, and how it goes back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

from leads import agenda, identity, joining
from leads.enums import ConsentState, Delivery, Holder
from leads.models import (
    ActivityLog,
    AgentCard,
    ChannelIdentity,
    ChatMessage,
    Consent,
    Lead,
    LeadAlert,
    LeadImportRow,
    LeadSignal,
    MergeSuggestion,
    Notification,
    RightsRequest,
    StageTransition,
    Suppression,
    Task,
    TelegramMessage,
)
from leads.parts import Deed, LeadPart, Merge, Record, Unmerge, move_rows, parts, return_rows

OUTDATED = 0  # no conversation ever has this version: such a draft is dropped at the gate


@dataclass(frozen=True)
class Table:
    """One table that a merge moves rows of, with the same verbs as a ``LeadPart``."""

    name: str
    model: type[models.Model]
    merge: Merge
    unmerge: Unmerge
    foresee: Callable[[Lead, Lead, Deed], list[str]] | None = None


def tables() -> list[Table]:
    """Upper apps' parts first: what they do to a lead is still logged on the loser."""
    own = {table.model for table in OWN}
    upper = [_table_of(part) for part in parts() if part.model not in own]
    return [*upper, *OWN]


def _table_of(part: LeadPart) -> Table:
    unmerge = part.unmerge or return_rows(part.model)
    return Table(part.name, part.model, part.merge, unmerge, part.foresee)


def plain(model: type[models.Model], *once: str) -> Table:
    return Table(model._meta.db_table, model, move_rows(model, *once), return_rows(model))


# --- Messages: what still waits to be sent keeps its right to be sent ---------------------------


def merge_messages(loser: Lead, survivor: Lead, deed: Deed) -> Record:
    waiting = ChatMessage.objects.filter(
        lead=loser, status=Delivery.PENDING, conversation_version__isnull=False
    )
    versions = dict(waiting.values_list("pk", "conversation_version"))
    current = [pk for pk, version in versions.items() if version == loser.conversation.version]
    heard = survivor.conversation.holder == Holder.ASSISTANT
    waiting.filter(pk__in=versions).update(conversation_version=OUTDATED)
    if heard:
        rows = ChatMessage.objects.filter(pk__in=current)
        rows.update(conversation_version=survivor.conversation.version)
    moved = move_rows(ChatMessage)(loser, survivor, deed)
    return {"moved": moved, "versions": {str(pk): version for pk, version in versions.items()}}


def unmerge_messages(loser: Lead, survivor: Lead, record: Any, deed: Deed) -> list[str]:
    for pk, version in record["versions"].items():
        waiting = ChatMessage.objects.filter(pk=int(pk), status=Delivery.PENDING)
        waiting.update(conversation_version=version)
    return return_rows(ChatMessage)(loser, survivor, record, deed)


# --- Signals: of two equal ones the one that counts ----------------------------------------------


def merge_signals(loser: Lead, survivor: Lead, deed: Deed) -> Record:
    counted = set(loser.signals.filter(active=True).values_list("kind", "source_key"))
    asleep = survivor.signals.filter(active=False).values_list("pk", "kind", "source_key")
    woken = [pk for pk, *key in asleep if tuple(key) in counted]
    LeadSignal.objects.filter(pk__in=woken).update(active=True)
    return {
        "moved": move_rows(LeadSignal, "kind", "source_key")(loser, survivor, deed),
        "woken": woken,
    }


def unmerge_signals(loser: Lead, survivor: Lead, record: Any, deed: Deed) -> list[str]:
    survivor.signals.filter(pk__in=record["woken"]).update(active=False)
    return return_rows(LeadSignal)(loser, survivor, record, deed)


# --- Consent: the stricter of two wins, and what must not be contacted covers both ---------------


def merge_consents(loser: Lead, survivor: Lead, deed: Deed) -> Record:
    """Everything said stays; where one of the two had withdrawn, the one person has."""
    before = [_standing(lead) for lead in (loser, survivor)]
    moved = move_rows(Consent)(loser, survivor, deed)
    together = _standing(survivor)
    withdrawn = {
        key for states in before for key, state in states.items() if state == ConsentState.WITHDRAWN
    }
    made = [
        Consent.objects.create(
            lead=survivor,
            broker_id=survivor.broker_id,
            channel=channel,
            purpose=purpose,
            state=ConsentState.WITHDRAWN,
            at=deed.at,
            evidence=f"merge:{loser.pk}",
        ).pk
        for channel, purpose in sorted(withdrawn)
        if together[channel, purpose] != ConsentState.WITHDRAWN
    ]
    return {"moved": moved, "made": made}


def _standing(lead: Lead) -> dict[tuple[str, str], str]:
    """The state that holds of each channel and purpose: the latest."""
    rows = Consent.objects.filter(lead=lead).order_by("at", "pk")
    return {(row.channel, row.purpose): row.state for row in rows}


def unmerge_consents(loser: Lead, survivor: Lead, record: Any, deed: Deed) -> list[str]:
    Consent.objects.filter(lead=survivor, pk__in=record["made"]).delete()
    return return_rows(Consent)(loser, survivor, record, deed)


def cover(survivor: Lead, addresses: Iterable[str]) -> list[list[Any]]:
    """Suppress the one person's every phone and e-mail as far as any was; the marks made.

    Called once the identities moved; ``addresses`` are the phones and e-mails of both.
    """
    known = set(addresses)
    external = survivor.identities.values_list("channel", "external_id")
    spoken_for = Q(identifier__in=known, broker=survivor.broker_id)
    for channel, external_id in external:
        spoken_for |= Q(identifier=external_id, channel=channel, broker=survivor.broker_id)
    marks = {mark.channel: mark for mark in Suppression.objects.filter(spoken_for).order_by("-pk")}
    have = set(Suppression.objects.filter(spoken_for).values_list("identifier", "channel"))
    made = [
        Suppression(
            broker_id=survivor.broker_id,
            channel=channel,
            identifier=identifier,
            reason=mark.reason,
            created_at=mark.created_at,
        )
        for channel, mark in sorted(marks.items())
        for identifier in sorted({*known, *identity.identifiers(survivor)})
        if (identifier, channel) not in have
    ]
    rows = Suppression.objects.bulk_create(made)
    return [[row.pk, joining.jsonable(row.created_at)] for row in rows]


def uncover(marks: Iterable[tuple[int, str]]) -> None:
    """Lift the marks that a merge made; one that the person asked for since stays."""
    made = dict(marks)
    for row in Suppression.objects.filter(pk__in=made):
        if joining.jsonable(row.created_at) == made[row.pk]:
            row.delete()


# --- Suggestions: other duplicates of the loser are the survivor's now ----------------------------


def merge_suggestions(loser: Lead, survivor: Lead, deed: Deed) -> Record:
    """Pairs with third leads move, unless the survivor has them; each as [id, column]."""
    told = _partners(survivor)
    moved: list[list[Any]] = []
    for row in MergeSuggestion.objects.filter(Q(lead=loser) | Q(other=loser)).order_by("pk"):
        column, third = (
            ("lead", row.other_id) if row.lead_id == loser.pk else ("other", row.lead_id)
        )
        if third != survivor.pk and third not in told:
            told.add(third)
            MergeSuggestion.objects.filter(pk=row.pk).update(**{column: survivor})
            moved.append([row.pk, column])
    return moved


def _partners(lead: Lead) -> set[int]:
    rows = MergeSuggestion.objects.filter(Q(lead=lead) | Q(other=lead))
    return {pk for pair in rows.values_list("lead", "other") for pk in pair} - {lead.pk}


def unmerge_suggestions(loser: Lead, survivor: Lead, record: Any, deed: Deed) -> list[str]:
    for pk, column in record:
        held = MergeSuggestion.objects.filter(pk=pk, **{column: survivor})
        held.update(**{column: loser})
    return []


# --- Tasks: both are done for the one person, and the earliest is due next -----------------------


def merge_tasks(loser: Lead, survivor: Lead, deed: Deed) -> Record:
    moved = move_rows(Task)(loser, survivor, deed)
    agenda.refresh([loser.pk, survivor.pk], at=deed.at)
    return moved


def unmerge_tasks(loser: Lead, survivor: Lead, record: Any, deed: Deed) -> list[str]:
    not_restored = return_rows(Task)(loser, survivor, record, deed)
    agenda.refresh([loser.pk, survivor.pk], at=deed.at)
    return not_restored


OWN: tuple[Table, ...] = (
    plain(ChannelIdentity),
    Table("chat_messages", ChatMessage, merge_messages, unmerge_messages),
    plain(TelegramMessage),
    Table("lead_signals", LeadSignal, merge_signals, unmerge_signals),
    plain(StageTransition),
    Table("consents", Consent, merge_consents, unmerge_consents),
    plain(LeadAlert, "kind", "key"),
    plain(AgentCard, "agent", "kind", "key"),
    plain(Notification, "user", "kind", "key"),
    Table("tasks", Task, merge_tasks, unmerge_tasks),
    Table("merge_suggestions", MergeSuggestion, merge_suggestions, unmerge_suggestions),
    plain(RightsRequest),
    plain(LeadImportRow),
    plain(ActivityLog),
)
