"""What a card tells: who, what they want, why now, and who has them; one text and its buttons."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from leads import briefs, cards, notices, words
from leads.card_verbs import gone
from leads.enums import CardState, Holder
from leads.models import AgentCard, Lead

MAX_TEXT = 3500


@dataclass(frozen=True)
class View:
    text: str
    buttons: list[tuple[str, str]]


def view(card: AgentCard, *, at: datetime) -> View | None:
    """None where the card, not shown yet, would tell of something that is over."""
    is_new, lead = card.state == CardState.PENDING, card.lead
    if over := _over(card):
        return None if is_new else View(over, [])
    if lead is None:
        return View(f"{notices.subject(card)}\n\n{notices.body(card)}"[:MAX_TEXT], [])
    if not Lead.objects.visible_to(card.agent).living().filter(pk=lead.pk).exists():
        return None if is_new else View(f"{lead}\n{gone(lead, card.agent)}", [])
    news = cards.news_of(card, at)
    if is_new and news:
        return None
    return View(_text(card, lead, news, at), _buttons(card, lead, at))


def chat_of(card: AgentCard) -> int:
    """Where the card stands; where it does not yet, the chat of its person."""
    return int(card.chat_id or card.agent.telegram_user_id or 0)


def _over(card: AgentCard) -> str:
    """Why nothing of the lead may stand in that chat any more."""
    agent = card.agent
    if card.details.get(cards.ERASED):
        return _("Los datos de este lead se eliminaron.")
    here = agent.telegram_user_id is not None and agent.telegram_user_id == chat_of(card)
    if here and agent.may_enter and agent.broker_id == card.broker_id:
        return ""
    return _("Esta tarjeta ya no sirve: este Telegram dejó de estar vinculado.")


def _text(card: AgentCard, lead: Lead, news: str, at: datetime) -> str:
    score = _("%(points)s puntos · %(stage)s") % {
        "points": words.points(lead.lead_score),
        "stage": lead.get_pipeline_stage_display(),
    }
    title = str(lead) if news else notices.subject(card)
    wants = "" if card.details.get("brief") else briefs.wants(lead)  # a brief tells it as well
    more = cards.lines(lead, card.agent, at)
    head = "\n".join(filter(None, [title, score, wants, *more]))
    return f"{head}\n\n{notices.body(card, news)[:MAX_TEXT]}\n\n{_state(lead)}"


def _state(lead: Lead) -> str:
    who = _("Lo atiende %s.") % lead.assigned_to if lead.assigned_to else _("Nadie lo atiende aún.")
    conversation = getattr(lead, "conversation", None)
    if conversation is None or conversation.holder == Holder.ASSISTANT:
        return f"{who} {_('Responde el asistente.')}"
    if conversation.holder == Holder.WAITING:
        return f"{who} {_('Espera a una persona.')}"
    return f"{who} {_('Responde %s.') % (conversation.held_by or _('una persona'))}"


def _buttons(card: AgentCard, lead: Lead, at: datetime) -> list[tuple[str, str]]:
    offered = ((verb.code, verb.offer(lead, card.agent, at)) for verb in cards.verbs())
    return [
        (offer.label, ":".join(filter(None, [f"card:{card.pk}:{code}", offer.mark])))
        for code, offer in offered
        if offer is not None
    ]
