"""What the lead's page shows, gathered in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from brokers.models import User
from leads import facts, handoff, origins, parts, reasons, scoring, words
from leads.enums import AttachmentState, Author, Delivery, Direction, Holder
from leads.models import Attachment, ChatMessage, Conversation, Lead

MESSAGES_SHOWN = 100
EVENTS_SHOWN = 40

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

    @property
    def told(self) -> str:
        """What became of the message, and why."""
        state, reason = self.message.get_status_display(), self.message.reason
        return f"{state}: {reasons.told(reason)}" if reason else str(state)

    @property
    def files(self) -> list[tuple[Attachment, str]]:
        """The message's files, each with what became of it where it cannot be opened."""
        return [(file, _state_of(file)) for file in self.message.files.all()]

    @property
    def extras(self) -> list[str]:
        """Reactions and places, which are not files."""
        entries = self.message.attachments
        emojis = [each["emoji"] for each in entries if each.get("kind") == "reaction"]
        places = [each for each in entries if each.get("latitude") is not None]
        return [*emojis, *(f"{each['latitude']}, {each['longitude']}" for each in places)]


def _state_of(file: Attachment) -> str:
    if file.state == AttachmentState.READY:
        return ""
    return reasons.told(file.reason) if file.reason else str(file.get_state_display())


@dataclass(frozen=True)
class Part:
    title: str
    points: str
    lines: list[tuple[str, str]]


def context(lead: Lead, user: Any, at: datetime) -> dict[str, Any]:
    """Everything of the page besides the form; ``lead`` comes with its broker and conversation."""
    conversation = getattr(lead, "conversation", None)
    receipt = scoring.current_receipt(lead, at=at)
    return {
        "lead": lead,
        "status_tone": STATUS_TONES[lead.status],
        "score": words.points(lead.lead_score),
        "facts": shown_facts(lead),
        "outcome": words.OUTCOMES.get(lead.metadata.get("calificacion", {}).get("outcome", "")),
        "receipt": receipt_parts(receipt),
        "receipt_total": words.points(receipt.total),
        "transitions": lead.transitions.select_related("by")[:20],
        "conversation": conversation,
        "held_by": holder(conversation, user),
        "came_from": origins.told(lead),
        "mine": handoff.is_held_by(conversation, user),
        "waiting": bool(conversation and conversation.holder == Holder.WAITING),
        "bubbles": bubbles(lead),
        "events": [
            (entry, words.event(entry), words.event_details(entry))
            for entry in lead.activity.select_related("user")[:EVENTS_SHOWN]
        ],
        "panels": [
            (panel.title, render_to_string(panel.template, panel.context))
            for panel in parts.panels(lead, user)
        ],
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


def receipt_parts(receipt: scoring.Receipt) -> list[Part]:
    """The receipt in words, by part."""
    found = {part: [line for line in receipt.lines if line.part == part] for part in words.PARTS}
    return [
        Part(
            str(title),
            _signed(sum(line.points for line in found[part])),
            [(words.rule(line.rule), _signed(line.points)) for line in found[part]],
        )
        for part, title in words.PARTS.items()
        if found[part]
    ]


def _signed(points: float) -> str:
    return f"{'+' if points > 0 else '−' if points < 0 else ''}{words.points(abs(points))}"


def bubbles(lead: Lead) -> list[Bubble]:
    """The latest messages, newest first: the page stacks them from below."""
    latest: Iterable[ChatMessage] = lead.messages.select_related("sent_by").prefetch_related(
        "files"
    )[:MESSAGES_SHOWN]
    return [_bubble(message, lead) for message in latest]


def _bubble(message: ChatMessage, lead: Lead) -> Bubble:
    if message.direction == Direction.IN:
        return Bubble(message, "in", str(lead), "", "")
    mark, tone = MARKS[Delivery(message.status)]
    by_person = message.author == Author.USER and message.sent_by
    author = str(message.sent_by) if by_person else str(message.get_author_display()).capitalize()
    return Bubble(message, f"out {message.author}", author, mark, tone)
