"""What the lead's page shows, gathered in a fixed number of queries."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from brokers.models import User
from leads import (
    conflicts,
    contactability,
    delivery,
    facts,
    handoff,
    origins,
    outbox,
    parts,
    reasons,
    receipts,
    scoring,
    suppressing,
    waiting,
    words,
)
from leads.admin import story, tasks
from leads.enums import (
    NEVER_LEFT,
    AttachmentState,
    Author,
    Channel,
    Delivery,
    Direction,
    Holder,
    Purpose,
)
from leads.models import Attachment, ChatMessage, Conversation, Lead

MESSAGES_SHOWN = 100
SCORES_SHOWN = 200
CONSENTS_SHOWN = 10

STATUS_TONES = {
    "cold": "info",
    "warm": "warning",
    "hot": "danger",
    "converted": "success",
    "lost": "default",
}
MARKS = {
    Delivery.PENDING: ("schedule", "info"),
    Delivery.SENDING: ("schedule", "info"),
    Delivery.SENT: ("done", "info"),
    Delivery.DELIVERED: ("done_all", "info"),
    Delivery.READ: ("done_all", "success"),
    Delivery.FAILED: ("error", "danger"),
    Delivery.BLOCKED: ("block", "danger"),
}


@dataclass(frozen=True)
class FactShown:
    label: str
    value: str
    said_by: str
    at: datetime | None


@dataclass(frozen=True)
class Bubble:
    message: ChatMessage
    side: str
    author: str
    mark: str
    tone: str
    may_go_again: bool = False
    first_of_day: bool = False

    @property
    def day(self) -> date:
        return timezone.localdate(self.message.at)

    @property
    def day_told(self) -> str:
        age = timezone.localdate() - self.day
        named = {timedelta(0): _("Hoy"), timedelta(days=1): _("Ayer")}
        return named.get(age) or date_format(self.day, "DATE_FORMAT")

    @property
    def leaves_at(self) -> datetime | None:
        """When a message goes that waits for a later hour."""
        due, waits = self.message.due_at, self.message.status == Delivery.PENDING
        return due if waits and due and due > timezone.now() else None

    @property
    def is_uncertain(self) -> bool:
        """Whether it may have arrived though nobody knows."""
        return self.message.reason == delivery.OUTCOME_UNKNOWN

    @property
    def told(self) -> str:
        """What became of the message, and why."""
        state, reason = self.message.get_status_display(), self.message.reason
        return f"{state}: {reasons.told(reason)}" if reason else str(state)

    @property
    def files(self) -> list[tuple[Attachment, str]]:
        """The message's files, each with what became of it where it cannot be opened."""
        return [(file, _state_of(file)) for file in sorted(self.message.files.all(), key=_place)]

    @property
    def extras(self) -> list[str]:
        """Reactions and places, which are not files; what it answers, and the ad behind it."""
        entries, told = self.message.attachments, self.message.provider_metadata
        emojis = [each["emoji"] for each in entries if each.get("kind") == "reaction"]
        places = [each for each in entries if each.get("latitude") is not None]
        spots = [f"{each['latitude']}, {each['longitude']}" for each in places]
        quote, ad = told.get("reply_text"), told.get("origin", {}).get("campaign")
        answered = [_("En respuesta a: «%s»") % quote] if quote else []
        return [*emojis, *spots, *answered, *([_("Anuncio: %s") % ad] if ad else [])]


def _place(file: Attachment) -> int:
    return file.position


def _state_of(file: Attachment) -> str:
    if file.state == AttachmentState.READY:
        return ""
    return reasons.told(file.reason) if file.reason else str(file.get_state_display())


@dataclass(frozen=True)
class Part:
    title: str
    points: str
    lines: list[tuple[str, str, str]]


@dataclass(frozen=True)
class ConflictShown:
    told: conflicts.Contradiction
    label: str
    stands: str
    value: str
    said_by: str
    at: datetime | None


@dataclass(frozen=True)
class History:
    """The points of a polyline in a box of 300 by 100, and what its ends and extremes are."""

    points: str
    first: datetime
    last: datetime
    lowest: str
    highest: str


def context(lead: Lead, user: Any, at: datetime) -> dict[str, Any]:
    """Everything of the page besides the form; ``lead`` comes with its broker and conversation."""
    conversation = getattr(lead, "conversation", None)
    receipt = scoring.current_receipt(lead, at=at)
    return {
        "lead": lead,
        "status_tone": STATUS_TONES[lead.status],
        "score": words.points(lead.lead_score),
        "facts": shown_facts(lead),
        "conflicts": shown_conflicts(lead),
        "history": history(lead),
        "outcome": words.OUTCOMES.get(lead.metadata.get("calificacion", {}).get("outcome", "")),
        "receipt": receipt_parts(receipt, receipts.texts_of(receipt.lines)),
        "receipt_total": words.points(receipt.total),
        "transitions": lead.transitions.select_related("by")[:20],
        "conversation": conversation,
        "held_by": holder(conversation, user),
        "came_from": origins.told(lead),
        "mine": handoff.is_held_by(conversation, user),
        "waiting": bool(conversation and conversation.holder == Holder.WAITING),
        "waited": waiting.told(conversation, at=at) if conversation else "",
        **thread(lead),
        "resend_url": reverse("admin:leads_lead_resend", args=[lead.pk]),
        **story.context(lead, "", ""),
        **contact(lead, at),
        **tasks.of_lead(lead, at),
        "panels": [
            (panel.title, render_to_string(panel.template, panel.context))
            for panel in parts.panels(lead, user)
        ],
    }


def contact(lead: Lead, at: datetime) -> dict[str, Any]:
    """What the gate would say now, by channel, and what was asked and agreed so far."""
    told: dict[str, list[dict[str, Any]]] = {}
    for answer in contactability.answers(lead, at=at):
        title = Channel(answer.channel).label if answer.channel else _("Llamadas")
        label = str(Purpose(answer.purpose).label).capitalize()
        told.setdefault(str(title), []).append({**vars(answer), "why": answer.why, "label": label})
    return {
        "contact": list(told.items()),
        "zone": lead.timezone or lead.broker.timezone,
        "suppressed": suppressing.of_lead(lead).exists(),
        "consents": lead.consents.select_related("by")[:CONSENTS_SHOWN],
        "requests": lead.rights_requests.all()[:CONSENTS_SHOWN],
    }


def holder(conversation: Conversation | None, user: Any) -> str:
    if conversation is None or conversation.holder == Holder.ASSISTANT:
        return _("La atiende el asistente")
    if conversation.holder == Holder.WAITING:
        return _("Espera a una persona")
    if conversation.held_by_id == user.pk:
        return _("La atiendes tú")
    return _("La atiende %(name)s") % {"name": conversation.held_by or _("una persona")}


def shown_facts(lead: Lead) -> list[FactShown]:
    """The known facts, each with who said it."""
    provenance = lead.metadata.get("provenance", {})
    users = {said["user"] for said in provenance.values() if said.get("user")}
    names = dict(User.objects.filter(pk__in=users).values_list("pk", "name"))
    return [
        FactShown(
            words.fact_label(name),
            words.fact(name, value),
            _said(provenance.get(name, {}), names),
            parse_datetime(provenance.get(name, {}).get("at") or ""),
        )
        for name, value in facts.known(lead).items()
    ]


def _said(said: dict[str, Any], names: dict[int, str]) -> str:
    told = str(words.SOURCES.get(said.get("by", ""), ""))
    person = names.get(said.get("user") or 0, "")
    return f"{told} {person}".strip()


def shown_conflicts(lead: Lead) -> list[ConflictShown]:
    return [
        ConflictShown(
            told,
            words.fact_label(told.fact),
            words.fact(told.fact, told.stands),
            words.fact(told.fact, told.value),
            _said({"by": told.by}, {}),
            parse_datetime(told.at),
        )
        for told in conflicts.of(lead)
    ]


def history(lead: Lead) -> History | None:
    """The scores that were told, as a line from the first to the latest; None for a single one."""
    entries = [
        (entry.timestamp, float(entry.details["total"]))
        for entry in receipts.history(lead)[:SCORES_SHOWN]
    ][::-1]
    if len(entries) < 2:
        return None
    first, last = entries[0][0], entries[-1][0]
    span = (last - first).total_seconds() or 1
    points = [
        f"{300 * (at - first).total_seconds() / span:.1f},{100 - score:g}" for at, score in entries
    ]
    lowest, highest = min(score for _, score in entries), max(score for _, score in entries)
    return History(" ".join(points), first, last, words.points(lowest), words.points(highest))


def receipt_parts(receipt: scoring.Receipt, texts: dict[int, str]) -> list[Part]:
    """The receipt in words, by part; a line from a message comes with what the lead wrote."""
    found = {part: [line for line in receipt.lines if line.part == part] for part in words.PARTS}
    return [
        Part(
            str(title),
            _signed(sum(line.points for line in found[part])),
            [
                (words.rule(line.rule), _signed(line.points), texts.get(line.message_id or 0, ""))
                for line in found[part]
            ],
        )
        for part, title in words.PARTS.items()
        if found[part]
    ]


def _signed(points: float) -> str:
    return f"{'+' if points > 0 else '−' if points < 0 else ''}{words.points(abs(points))}"


def thread(lead: Lead, before: int | None = None) -> dict[str, Any]:
    """The latest messages, or those before one, newest first: the page stacks them from below."""
    latest = lead.messages.select_related("sent_by").prefetch_related("files")
    if before is not None:
        latest = latest.filter(pk__lt=before)
    found = list(latest[: MESSAGES_SHOWN + 1])
    shown, older = found[:MESSAGES_SHOWN], found[MESSAGES_SHOWN:]
    return {"bubbles": _bubbles(lead, shown, older), "older": shown[-1].pk if older else None}


def _bubbles(lead: Lead, shown: list[ChatMessage], older: list[ChatMessage]) -> list[Bubble]:
    keys = [f"{outbox.RESENT}{each.pk}" for each in shown if each.status in NEVER_LEFT]
    repeats = ChatMessage.objects.filter(broker=lead.broker_id, idempotency_key__in=keys)
    repeated = set(repeats.values_list("idempotency_key", flat=True))
    days = [timezone.localdate(each.at) for each in shown]
    days_before = days[1:] + [timezone.localdate(each.at) for each in older]
    days_before += [date.min] * (len(days) - len(days_before))
    return [
        _bubble(message, lead, repeated, day != before)
        for message, day, before in zip(shown, days, days_before, strict=True)
    ]


def _bubble(message: ChatMessage, lead: Lead, repeated: set[str | None], opens: bool) -> Bubble:
    if message.direction == Direction.IN:
        return Bubble(message, "in", str(lead), "", "", first_of_day=opens)
    mark, tone = MARKS[Delivery(message.status)]
    by_person = message.author == Author.USER and message.sent_by
    author = str(message.sent_by) if by_person else str(message.get_author_display()).capitalize()
    again = message.status in NEVER_LEFT and f"{outbox.RESENT}{message.pk}" not in repeated
    return Bubble(message, f"out {message.author}", author, mark, tone, again, opens)
