"""The inbox screen: who waits first, the thread, and what is known beside it, live."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leads import gate, reading, search, waiting
from leads.admin import page
from leads.admin.forms import ReplyForm
from leads.enums import Author, Direction, Holder
from leads.models import Attachment, ChatMessage, Conversation

PAGE = 40
MOST_PAGES = 10
SNIPPET = 90
FIRST_WORDS = {
    Author.ASSISTANT: _("Asistente"),
    Author.CAMPAIGN: _("Campaña"),
    Author.SYSTEM: _("Sistema"),
    Author.USER: _("Equipo"),
}
STATES: dict[str, Any] = {
    "": _("Todas"),
    "esperan": _("Esperan a una persona"),
    "no-leidas": _("No leídas"),
    "mias": _("Mías"),
    "no-llegaron": _("No llegaron"),
    "personas": _("Las atiende una persona"),
    "asistente": _("Las atiende el asistente"),
}


@dataclass(frozen=True)
class Asked:
    """What the address of the screen asks for: a filter, a search, how many pages, which is open."""

    state: str = ""
    search: str = ""
    channel: str = ""
    pages: int = 1

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        given = request.GET
        pages = given.get("paginas", "1")
        return cls(
            state=given.get("estado", "") if given.get("estado", "") in STATES else "",
            search=given.get("q", "").replace("\x00", "").strip()[:100],
            channel=given.get("canal", "")[:20],
            pages=_pages(pages),
        )


def _pages(given: str) -> int:
    is_number = given.isdecimal() and len(given) < 19
    return min(int(given), MOST_PAGES) if is_number and int(given) else 1


@dataclass(frozen=True)
class Row:
    conversation: Conversation
    snippet: str
    waited: str
    is_open: bool


def listed(
    conversations: QuerySet[Conversation], asked: Asked, user: Any
) -> QuerySet[Conversation]:
    """The conversations that the screen's filters leave, who needs somebody first."""
    state = _state(asked.state, user)
    found = conversations.filter(reading.SPOKEN, state, lead__merged_into=None)
    if asked.channel:
        found = found.filter(channel=asked.channel)
    found = search.matching(found, asked.search, path="lead__")
    latest = ChatMessage.objects.filter(lead=OuterRef("lead")).order_by("-id")
    shown = found.annotate(
        last_text=Subquery(latest.values("message_text")[:1]),
        last_author=Subquery(latest.values("author")[:1]),
        last_status=Subquery(latest.values("status")[:1]),
    )
    ordered = reading.with_unread(shown).order_by(*reading.URGENCY)
    return ordered.select_related("lead__broker__brokerleadconfig", "held_by")


def _state(state: str, user: Any) -> Q:
    return {
        "esperan": reading.NEEDS_PERSON,
        "no-leidas": reading.IS_UNREAD,
        "mias": reading.of(user),
        "no-llegaron": reading.undelivered(),
        "personas": Q(holder=Holder.USER),
        "asistente": Q(holder=Holder.ASSISTANT),
    }.get(state, Q())


def rows(
    conversations: Iterable[Conversation], opened: Conversation | None, at: datetime
) -> list[Row]:
    return [
        Row(
            each,
            _snippet(each),
            waiting.told(each, at=at),
            bool(opened and each.pk == opened.pk),
        )
        for each in conversations
    ]


def _snippet(conversation: Any) -> str:
    text = " ".join((conversation.last_text or "").split())[:SNIPPET]
    author = FIRST_WORDS.get(conversation.last_author)
    return f"{author}: {text}" if author else text


def picture(
    conversations: QuerySet[Conversation], asked: Asked, opened: Conversation | None, user: Any
) -> tuple[list[Conversation], bool, str]:
    """The rows to show, whether there are more, and a mark that changes when the screen would."""
    found = list(listed(conversations, asked, user)[: asked.pages * PAGE + 1])
    shown = found[: asked.pages * PAGE]
    marks: list[Any] = [[_mark(each) for each in shown]]
    if opened is not None:
        lead = opened.lead
        marks.append((_mark(opened), lead.updated_at, lead.lead_score, lead.pipeline_stage))
        latest = lead.messages.values_list("id", "status", "updated_at")
        marks.append(list(latest[: page.MESSAGES_SHOWN]))
        files = Attachment.objects.filter(message__lead=lead).values_list("id", "updated_at")
        marks.append(list(files.order_by("-updated_at")[:1]))
    digest = hashlib.sha256(repr(marks).encode()).hexdigest()
    return shown, len(found) > len(shown), digest[:20]


def _mark(conversation: Any) -> tuple[Any, ...]:
    return (
        conversation.pk,
        conversation.version,
        conversation.last_inbound_id,
        conversation.read_up_to,
        conversation.last_outbound_at,
        conversation.waiting_reason,
        getattr(conversation, "last_status", ""),
    )


def fragments(
    request: HttpRequest,
    shown: list[Conversation],
    more: bool,
    opened: Conversation | None,
    at: datetime,
    *,
    counts: dict[str, int],
    may_write: bool,
) -> dict[str, str]:
    """The parts of the screen as HTML, by the id of where each stands; without the reply box."""
    full = len(shown) >= MOST_PAGES * PAGE
    listing = {
        "rows": rows(shown, opened, at),
        "more": more,
        "full": full,
        "at": at,
        "counts": counts,
    }
    made = {"inbox-list": render_to_string("admin/leads/inbox/list.html", listing, request)}
    if opened is not None:
        about = page.context(opened.lead, request.user, at)
        about |= {"conversation": opened, "may_write": may_write, "quiet": True}
        about["resend_url"] = reverse("admin:leads_conversation_inbox_resend", args=[opened.pk])
        for part in ("head", "messages", "side"):
            made[f"inbox-{part}"] = render_to_string(
                f"admin/leads/inbox/{part}.html", about, request
            )
    return {**made, "title": _title(counts["unread"])}


def older(request: HttpRequest, opened: Conversation, before: int, *, may_write: bool) -> str:
    """The piece of the thread before a message, as items of its list."""
    about = {**page.thread(opened.lead, before), "may_write": may_write, "quiet": True}
    about["resend_url"] = reverse("admin:leads_conversation_inbox_resend", args=[opened.pk])
    return render_to_string("admin/leads/bubble_items.html", about, request)


def _title(unread: int) -> str:
    name = _t("Bandeja")
    return f"({unread}) {name}" if unread else name


def reply_box(request: HttpRequest, opened: Conversation) -> str:
    """The form that answers, with a key of its own."""
    form = ReplyForm(row=opened.lead, user=request.user)
    context = {"conversation": opened, "reply": form, "kind": reply_kind(opened)}
    return render_to_string("admin/leads/inbox/reply.html", context, request)


def reply_kind(opened: Conversation) -> str:
    """What the reply box asks for now: a text, or where WhatsApp's window closed a template."""
    return "template" if gate.needs_template(opened.lead, timezone.now()) else "text"


def last_seen(opened: Conversation) -> int:
    """The latest inbound message that the thread shows."""
    inbound = opened.lead.messages.filter(direction=Direction.IN)
    return inbound.order_by("-id").values_list("id", flat=True).first() or 0
