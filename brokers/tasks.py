"""Mails with one-time links, the work of people who left, and the removal of expired tokens."""

import smtplib
from datetime import datetime

from celery import shared_task
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from kombu.exceptions import OperationalError as QueueDown
from redis.exceptions import RedisError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from brokers import passwords
from brokers.duties import duties
from brokers.models import User
from crm.errors import ProviderError
from crm.tasks import enqueue

BATCH = 1000


@shared_task(name="brokers.tasks.mail_link")
def mail_link(user_id: int, reason: str) -> None:
    user = User.objects.filter(pk=user_id).first()
    if user is None or not user.may_enter:
        return
    try:
        passwords.mail(user, passwords.Reason(reason))
    except (smtplib.SMTPException, OSError) as error:
        raise ProviderError(retryable=True) from error


def mail_link_soon(user: User, reason: passwords.Reason) -> None:
    """Once the transaction commits; no row waits for this mail, so without a queue it goes now."""
    transaction.on_commit(lambda: _publish(user.pk, reason.value))


def mail_reset(email: str) -> None:
    """Mail a link to the address's user, if there is one who may sign in; do not tell."""
    user = User.objects.filter(email__iexact=email).first()
    if user is not None and user.may_enter:
        mail_link_soon(user, passwords.Reason.RESET)


def _publish(user_id: int, reason: str) -> None:
    try:
        mail_link.apply_async(args=[user_id, reason], retry=False)
    except (QueueDown, RedisError, OSError):
        mail_link(user_id, reason)


@shared_task(name="brokers.tasks.hand_on_duties")
def hand_on_duties(user_id: int, at: str | None = None) -> None:
    """Give what a deactivated person looked after to others; who is back keeps the rest."""
    moment = datetime.fromisoformat(at) if at else timezone.now()
    user = User.objects.filter(pk=user_id, is_active=False).first()
    for duty in duties() if user else []:
        duty.hand_on(user, moment)


@shared_task(name="brokers.tasks.sweep_duties")
def sweep_duties(at: str | None = None) -> int:
    """Start the handing on that a lost queue or a dead worker left undone."""
    moment = datetime.fromisoformat(at) if at else timezone.now()
    owing = sorted({pk for duty in duties() for pk in duty.owing(moment)})
    for user_id in owing:
        enqueue(hand_on_duties, user_id)
    return len(owing)


@shared_task(name="brokers.tasks.flush_tokens")
def flush_tokens() -> int:
    """Delete expired refresh tokens, the spent ones with them, a batch at a time."""
    now, removed = timezone.now(), 0
    while batch := list(
        OutstandingToken.objects.filter(expires_at__lt=now)
        .order_by("id")
        .values_list("pk", flat=True)[:BATCH]
    ):
        _delete(BlacklistedToken, token_id__in=batch)
        removed += _delete(OutstandingToken, pk__in=batch)
    return removed


def _delete(model: type[Model], **which: object) -> int:
    return model._default_manager.filter(**which).delete()[0]
