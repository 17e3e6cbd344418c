"""What a card tells: who, what they want, why now, and who has them; one text and its buttons."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from leads import briefs, cards, notices, words
from leads.card_verbs import taken_by
from leads.enums import AlertKind, CardState, Holder
from leads.models import AgentCard, Lead

MAX_TEXT = 3500


@dataclass(frozen=True)
class View:
    text: str
    buttons: list[tuple[str, str]]


def view(card: AgentCard, *, at: datetime) -> View | None:
    """None where the card, not shown yet, would tell of something that is over."""
    lead, agent = card.lead, card.agent
    if not agent.may_enter or agent.broker_id != card.broker_id or agent.telegram_user_id is None:
        return None
    if lead is None:
        return View(f"{notices.subject(card)}\n\n{notices.body(card)}"[:MAX_TEXT], [])
    if not Lead.objects.visible_to(agent).living().filter(pk=lead.pk).exists():
        return None if card.state == CardState.PENDING else View(f"{lead}\n{taken_by(lead)}", [])
    if card.state == CardState.PENDING and _is_over(card, lead):
        return None
    return View(_text(card, lead), _buttons(card, lead, at))


def _is_over(card: AgentCard, lead: Lead) -> bool:
    if card.kind == AlertKind.NEW_LEAD:
        return lead.assigned_to_id is not None
    holder = lead.conversation.holder if hasattr(lead, "conversation") else ""
    return card.kind == AlertKind.HANDOFF_WAITING and holder != Holder.WAITING


def _text(card: AgentCard, lead: Lead) -> str:
    score = _("%(points)s puntos · %(stage)s") % {
        "points": words.points(lead.lead_score),
        "stage": lead.get_pipeline_stage_display(),
    }
    wants = "" if card.details.get("brief") else briefs.wants(lead)  # a brief tells it as well
    head = "\n".join(filter(None, [notices.subject(card), score, wants]))
    return f"{head}\n\n{notices.body(card)[:MAX_TEXT]}\n\n{_state(lead)}"


def _state(lead: Lead) -> str:
    who = _("Lo atiende %s.") % lead.assigned_to if lead.assigned_to else _("Nadie lo atiende aún.")
    conversation = getattr(lead, "conversation", None)
    if conversation is None or conversation.holder == Holder.ASSISTANT:
        return f"{who} {_('Responde el asistente.')}"
    if conversation.holder == Holder.WAITING:
        return f"{who} {_('Espera a una persona.')}"
    return f"{who} {_('Responde %s.') % (conversation.held_by or _('una persona'))}"


def _buttons(card: AgentCard, lead: Lead, at: datetime) -> list[tuple[str, str]]:
    return [
        (str(verb.label), f"card:{card.pk}:{verb.code}")
        for verb in cards.verbs()
        if verb.applies(lead, card.agent, at)
    ]
