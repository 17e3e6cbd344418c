"""What the lead's page shows, gathered in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from brokers.models import User
from leads import contactability, facts, parts, scoring, suppressing, words
from leads.admin import story
from leads.enums import Author, Channel, Delivery, Direction, Holder, Purpose
from leads.models import ChatMessage, Conversation, Lead

MESSAGES_SHOWN = 100
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
        "mine": _holds(conversation, user),
        "waiting": bool(conversation and conversation.holder == Holder.WAITING),
        "bubbles": bubbles(lead),
        **story.context(lead, "", ""),
        **contact(lead, at),
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


def _holds(conversation: Conversation | None, user: Any) -> bool:
    return bool(
        conversation and conversation.holder == Holder.USER and conversation.held_by_id == user.pk
    )


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
    latest: Iterable[ChatMessage] = lead.messages.select_related("sent_by")[:MESSAGES_SHOWN]
    return [_bubble(message, lead) for message in latest]


def _bubble(message: ChatMessage, lead: Lead) -> Bubble:
    if message.direction == Direction.IN:
        return Bubble(message, "in", str(lead), "", "")
    mark, tone = MARKS[Delivery(message.status)]
    by_person = message.author == Author.USER and message.sent_by
    author = str(message.sent_by) if by_person else str(message.get_author_display()).capitalize()
    return Bubble(message, f"out {message.author}", author, mark, tone)
