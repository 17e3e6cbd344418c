"""The broker's own people in the bot's private chats: linked by a code, acting by their cards."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from brokers import linking
from brokers.models import Broker, User
from crm.errors import DomainError
from leads import alerts, cards, signals
from leads.card_verbs import gone
from leads.models import AgentCard, Lead

PREFIX = "card:"
LINK = re.compile(r"^/(?:vincular\s+|start\s+vincular-)([\w-]{1,40})\s*$", re.IGNORECASE)
LINK_BARE = re.compile(r"^/vincular\b", re.IGNORECASE)
UNLINK = re.compile(r"^/desvincular\b", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """Who writes to which broker's bot, and when; the message that a press was under."""

    broker: Broker
    telegram_user: int
    at: datetime
    message: int | None = None


def hear(said: Said, text: str) -> str | None:
    """What a person of the broker is answered; None for everybody else, who may be a lead."""
    code = LINK.match(text)
    if code or LINK_BARE.match(text):
        return _link(said, code.group(1) if code else "")
    user = _person(said)
    if user is None:
        return None
    if UNLINK.match(text):
        linking.unlink(user, at=said.at)
        return _("Listo: este Telegram ya no está vinculado.")
    told = _(
        "%(name)s, aquí llegan tus avisos. A los leads se les responde en %(address)s. "
        "Para dejar de recibirlos, escribe /desvincular."
    )
    return told % {"name": user.get_short_name(), "address": f"{settings.PUBLIC_URL}/admin/"}


def _link(said: Said, code: str) -> str:
    try:
        user = linking.redeem(said.broker, code, telegram_user=said.telegram_user, at=said.at)
    except DomainError as refusal:
        return str(refusal)
    return _("Listo, %s: tus avisos llegarán aquí.") % user.get_short_name()


def press(said: Said, data: str) -> str:
    """Do what a card's button says, as the person linked to this account; what they are told.

    The button names a card and a verb, never a tenant: whose card and lead it is, is asked here.
    """
    user = _person(said)
    if user is None:
        return _("Tu Telegram no está vinculado a una cuenta activa de esta corredora.")
    number, code, mark = _parts(data)
    card, verb = _card(said.broker, user, number), cards.verb_of(code)
    if card is None or verb is None:
        return _("Esta tarjeta ya no sirve.")
    _report_copy(card, said)
    try:
        with transaction.atomic():
            return _act(card, verb, mark, user, said.at)
    except DomainError as refusal:
        cards.refresh(card.lead_id or 0, at=said.at)
        return str(refusal)


def change_membership(said: Said, *, blocked: bool) -> bool:
    """A person of the broker blocked the bot or took it back; False for everybody else."""
    if not blocked:
        return _person(said) is not None
    user = linking.linked(said.broker, said.telegram_user)
    if user is None:
        return False
    alerts.on_blocked(user, at=said.at)
    return True


def _person(said: Said) -> User | None:
    """Who of the broker it is; who had blocked the bot and speaks to it has taken it back."""
    user = linking.linked(said.broker, said.telegram_user)
    if user is not None and user.telegram_blocked_at and linking.unblock(user, at=said.at):
        cards.resume(user.pk, at=said.at)
    return user


def _parts(data: str) -> tuple[str, str, str]:
    """The card, the verb, and what the presser saw."""
    number, _between, rest = data.removeprefix(PREFIX).partition(":")
    code, _between, mark = rest.partition(":")
    return number, code, mark


def _card(broker: Broker, user: User, number: str) -> AgentCard | None:
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        return None
    mine = AgentCard.objects.filter(pk=int(number), broker=broker, agent=user, lead__isnull=False)
    return mine.select_related("lead__assigned_to", "lead__merged_into").first()


def _report_copy(card: AgentCard, said: Said) -> None:
    """A card that was written twice, as its first answer was lost: only one is kept true."""
    known = (card.chat_id, card.telegram_message_id)
    if None not in known and said.message and known != (said.telegram_user, said.message):
        signals.announce(signals.card_doubled, card_id=card.pk, message_id=said.message)


def _act(card: AgentCard, verb: cards.Verb, mark: str, user: User, at: datetime) -> str:
    """Under the lead's lock: what the button offers cannot change before it is done."""
    related = ("broker__brokerleadconfig", "assigned_to", "conversation")
    seen = Lead.objects.visible_to(user).living().select_related(*related)
    locked = seen.select_for_update(of=("self",), no_key=True)
    lead = locked.filter(pk=card.lead.pk).first() if card.lead else None
    if lead is None:
        return _gone(card, user, at)
    offer = verb.offer(lead, user, at)
    if offer is None or offer.mark != mark:
        cards.refresh(lead.pk, at=at)
        return verb.too_late(lead, user, at)
    return verb.act(lead, user, at)


def _gone(card: AgentCard, user: User, at: datetime) -> str:
    """Somebody else has the lead, perhaps since the card was read."""
    assert card.lead is not None, "only cards of a lead are pressed"
    card.lead.refresh_from_db(fields=["assigned_to"])
    cards.refresh(card.lead.pk, at=at)
    return gone(card.lead, user)
