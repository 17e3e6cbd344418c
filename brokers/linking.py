"""The one door of users' Telegram accounts: joined by a one-time code, left at any time."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.dispatch import Signal
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from brokers.models import Broker, User
from crm import limits, rowsecurity
from crm.errors import DomainError, NotAllowed, TooMany

VALID = timedelta(minutes=10)
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without those that look alike
LENGTH = 8
PER_HOUR = 10

left = Signal()
"""user_id: the Telegram account that they had is theirs no more; sent on commit"""


class BadCode(DomainError):
    code = "bad_code"
    message = _("Ese código no sirve o ya venció. Pide uno nuevo en Admin, en «Mi cuenta».")


class Link(models.TextChoices):
    """Where a person stands with their Telegram."""

    NONE = "none", _("sin vincular")
    INVITED = "invited", _("con un código por usar")
    LINKED = "linked", _("vinculado")
    BLOCKED = "blocked", _("bloqueó el bot")


@dataclass(frozen=True)
class Invitation:
    """A code, and the ways to bring it to the bot; ``link`` is empty while Telegram is away."""

    code: str
    expires_at: datetime
    link: str

    @property
    def command(self) -> str:
        return f"/vincular {self.code}"


_name_of_bot: list[Callable[[Broker], str]] = []


def bots_are_named_by(find: Callable[[Broker], str]) -> None:
    """Who knows how a broker's bot is called; refuses for a broker without one."""
    _name_of_bot[:] = [find]


def invite(user: User, *, at: datetime) -> Invitation:
    """A new code for the user. Asks Telegram for the bot's name: not within a transaction."""
    name = _name_of_bot[0](user.broker) if user.broker else ""
    code = issue(user, at=at)
    link = f"https://t.me/{name}?start=vincular-{code}" if name else ""
    return Invitation(code, at + VALID, link)


def issue(user: User, *, at: datetime) -> str:
    """A code for the user, shown once and kept only as a digest; an earlier one no longer works."""
    if user.broker_id is None or not user.may_enter:
        raise NotAllowed(_("Solo las personas activas de una corredora se vinculan."))
    if limits.exceeded(f"telegram-code:{user.pk}", limit=PER_HOUR, seconds=3600):
        raise TooMany(retry_after=3600)
    code = "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))
    User.objects.filter(pk=user.pk).update(
        telegram_code=_digest(code), telegram_code_until=at + VALID, updated_at=at
    )
    return code


@transaction.atomic
def redeem(broker: Broker, code: str, *, telegram_user: int, at: datetime) -> User:
    """Join the Telegram account to the user of this broker whose code it is, once."""
    if limits.exceeded(f"telegram-link:{broker.pk}:{telegram_user}", limit=5, seconds=600):
        raise TooMany(retry_after=600)
    digest = _digest(code.strip().upper().replace("-", ""))
    mine = User.objects.select_for_update(of=("self",)).filter(
        broker=broker, is_active=True, telegram_code=digest, telegram_code_until__gt=at
    )
    user: User | None = mine.first()
    if user is None:
        raise BadCode
    # One account is one person: the latest link stands.
    with rowsecurity.across("unique"):
        for other in User.objects.filter(telegram_user_id=telegram_user).exclude(pk=user.pk):
            unlink(other, at=at)
    if user.telegram_user_id != telegram_user:
        unlink(user, at=at)
    _join(user, telegram_user, at)
    return user


def unlink(user: User, *, at: datetime) -> None:
    """Leave the Telegram account, and forget a code that was not used."""
    had = User.objects.filter(pk=user.pk, telegram_user_id__isnull=False).exists()
    _join(user, None, at)
    if had:
        transaction.on_commit(lambda: left.send_robust(sender=None, user_id=user.pk))


def block(user: User, *, at: datetime) -> bool:
    """Their Telegram takes nothing from the bot any more; True when that is news."""
    linked_ones = User.objects.filter(pk=user.pk, telegram_user_id__isnull=False)
    blocked = linked_ones.filter(telegram_blocked_at__isnull=True)
    return bool(blocked.update(telegram_blocked_at=at, updated_at=at))


def unblock(user: User, *, at: datetime) -> bool:
    blocked = User.objects.filter(pk=user.pk, telegram_blocked_at__isnull=False)
    return bool(blocked.update(telegram_blocked_at=None, updated_at=at))


def linked(broker: Broker, telegram_user: int) -> User | None:
    """The person of this broker behind a Telegram account, while they may enter."""
    theirs = User.objects.filter(broker=broker, telegram_user_id=telegram_user)
    if not theirs.exists():  # of nearly everybody who writes: asked for every message
        return None
    user: User | None = theirs.first()
    return user if user is not None and user.may_enter else None


def state_of(user: User, *, at: datetime) -> Link:
    if user.telegram_user_id is not None:
        return Link.BLOCKED if user.telegram_blocked_at else Link.LINKED
    return Link.INVITED if code_until(user, at=at) else Link.NONE


def code_until(user: User, *, at: datetime) -> datetime | None:
    """Until when a code that was not used yet is good; None without one."""
    until = user.telegram_code_until
    return until if until is not None and until > at else None


def _join(user: User, telegram_user: int | None, at: datetime) -> None:
    """Write whose account it is; the code, used or not, is spent."""
    changes: dict[str, Any] = {
        "telegram_user_id": telegram_user,
        "telegram_blocked_at": None,
        "telegram_code": "",
        "telegram_code_until": None,
        "updated_at": at,
    }
    User.objects.filter(pk=user.pk).update(**changes)
    for name, value in changes.items():
        setattr(user, name, value)


def _digest(code: str) -> str:
    return salted_hmac("brokers.linking", code, algorithm="sha256").hexdigest()
