"""What an agent may do from a card with the lead itself: claim it, take and give back the microphone."""

from datetime import datetime

from django.utils.translation import gettext as _

from brokers.models import User
from leads import assignment, cards, handoff
from leads.cards import Offer, Verb
from leads.enums import AlertKind, Holder, TaskState
from leads.errors import AlreadyClaimed
from leads.models import AgentCard, Lead, Task
from leads.stages import Stage


def holds(lead: Lead, user: User) -> bool:
    return handoff.is_held_by(getattr(lead, "conversation", None), user)


def _claim(lead: Lead, user: User, at: datetime) -> str:
    try:
        assignment.claim(lead, by=user, at=at)
    except AlreadyClaimed:
        lead.refresh_from_db(fields=["assigned_to"])
        raise AlreadyClaimed(taken_by(lead)) from None
    return _("El lead es tuyo.")


def taken_by(lead: Lead) -> str:
    return _("Lo tomó %s.") % lead.assigned_to if lead.assigned_to else _("Ya no está disponible.")


def gone(lead: Lead, user: User) -> str:
    """Why a person no longer works on a lead from their card."""
    into = lead.merged_into
    if into is None:
        return taken_by(lead)
    seen = Lead.objects.visible_to(user).filter(pk=into.pk).exists()
    return _("Se unió con %s.") % into if seen else _("Se unió con otro lead.")


def _take(lead: Lead, user: User, at: datetime) -> str:
    handoff.take(lead, by=user, at=at)
    return _("Tienes la conversación: el asistente no escribirá.")


def _give_back(lead: Lead, user: User, at: datetime) -> str:
    handoff.give_back(lead, by=user, at=at)
    return _("El asistente sigue desde el próximo mensaje.")


def _to_claim(lead: Lead, user: User, at: datetime) -> Offer | None:
    return None if lead.assigned_to_id else Offer(_("Tomar el lead"))


def _to_take(lead: Lead, user: User, at: datetime) -> Offer | None:
    return None if holds(lead, user) else Offer(_("Responder yo"))


def _to_give_back(lead: Lead, user: User, at: datetime) -> Offer | None:
    return Offer(_("Devolver al asistente")) if holds(lead, user) else None


cards.register(Verb("claim", _to_claim, _claim, lambda *_args: _("El lead ya es tuyo.")))
cards.register(Verb("take", _to_take, _take, lambda *_args: _("Ya tienes la conversación.")))
cards.register(
    Verb("give", _to_give_back, _give_back, lambda *_args: _("La conversación no la tienes tú."))
)


def _closed(card: AgentCard, at: datetime) -> str:
    assert card.lead is not None, "only of cards of a lead"
    stage = Stage(card.lead.pipeline_stage)
    return _("El proceso se cerró: %s.") % stage.label if stage.is_closed else ""


def _assigned(card: AgentCard, at: datetime) -> str:
    assert card.lead is not None, "as above"
    if card.lead.assigned_to_id is not None:
        return _("Ya tiene quien lo atienda.")
    return _closed(card, at)


def _taken_away(card: AgentCard, at: datetime) -> str:
    assert card.lead is not None, "as above"
    if card.lead.assigned_to_id != card.agent_id:
        return _("Ya no está a tu cargo.")
    return _closed(card, at)


def _waits_no_more(card: AgentCard, at: datetime) -> str:
    conversation = getattr(card.lead, "conversation", None)
    waits = conversation is not None and conversation.holder == Holder.WAITING
    return "" if waits else _("Ya no espera a una persona.")


def _settled(card: AgentCard, at: datetime) -> str:
    still = Task.objects.filter(pk=card.details.get("task"), state=TaskState.OPEN).exists()
    return "" if still else _("La tarea ya está hecha o cancelada.")


cards.register_news(AlertKind.TASK_DUE, _settled)
cards.register_news(AlertKind.HOT_LEAD, _closed)
cards.register_news(AlertKind.QUALIFIED, _closed)
cards.register_news(AlertKind.NEW_LEAD, _assigned)
cards.register_news(AlertKind.ASSIGNED, _taken_away)
cards.register_news(AlertKind.HANDOFF_WAITING, _waits_no_more)
