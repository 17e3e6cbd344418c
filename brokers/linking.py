"""The one door of users' Telegram accounts: joined by a one-time code, left at any time."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from brokers.models import Broker, User
from crm import limits
from crm.errors import DomainError, NotAllowed, TooMany

VALID = timedelta(minutes=10)
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without those that look alike
LENGTH = 8
PER_HOUR = 10


class BadCode(DomainError):
    code = "bad_code"
    message = _("Ese código no sirve o ya venció. Pide uno nuevo en Admin, en tu usuario.")


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
    User.objects.filter(telegram_user_id=telegram_user).exclude(pk=user.pk).update(
        telegram_user_id=None, updated_at=at
    )
    user.telegram_user_id, user.telegram_code, user.telegram_code_until = telegram_user, "", None
    user.save(
        update_fields=["telegram_user_id", "telegram_code", "telegram_code_until", "updated_at"]
    )
    return user


def unlink(user: User, *, at: datetime) -> None:
    User.objects.filter(pk=user.pk).update(
        telegram_user_id=None, telegram_code="", telegram_code_until=None, updated_at=at
    )
    user.telegram_user_id = None


def linked(broker: Broker, telegram_user: int) -> User | None:
    """The person of this broker behind a Telegram account, while they may enter."""
    theirs = User.objects.filter(broker=broker, telegram_user_id=telegram_user)
    if not theirs.exists():  # of nearly everybody who writes: asked for every message
        return None
    user: User | None = theirs.first()
    return user if user is not None and user.may_enter else None


def _digest(code: str) -> str:
    return salted_hmac("brokers.linking", code, algorithm="sha256").hexdigest()
