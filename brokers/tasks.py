"""Mails with one-time links, the work of people who left, and the removal of what ran out."""

import smtplib
from datetime import datetime

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as QueueDown
from redis.exceptions import RedisError

from brokers import guessing, passwords
from brokers.duties import duties
from brokers.models import SignIn, User
from crm.errors import ProviderError
from crm.tasks import enqueue

BATCH = 1000
NOBODY = 0


@shared_task(name="brokers.tasks.mail_link", tenant="brokers.User")
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
    """Mail a link to the address's user, if there is one who may sign in; do not tell.

    For nobody's address the queue gets a task as well: without, the answer would come sooner.
    """
    user = User.objects.with_email(email)
    user_id = user.pk if user is not None and user.may_enter else NOBODY
    transaction.on_commit(lambda: _publish(user_id, passwords.Reason.RESET.value))


def _publish(user_id: int, reason: str) -> None:
    try:
        mail_link.apply_async(args=[user_id, reason], retry=False)
    except (QueueDown, RedisError, OSError):
        mail_link(user_id, reason)


@shared_task(name="brokers.tasks.hand_on_duties", tenant="brokers.User")
def hand_on_duties(user_id: int, at: str | None = None) -> None:
    """Give what a deactivated person looked after to others; who is back keeps the rest."""
    moment = datetime.fromisoformat(at) if at else timezone.now()
    user = User.objects.filter(pk=user_id, is_active=False).first()
    for duty in duties() if user else []:
        duty.hand_on(user, moment)


@shared_task(name="brokers.tasks.sweep_duties", across="sweep")
def sweep_duties(at: str | None = None) -> int:
    """Start the handing on that a lost queue or a dead worker left undone."""
    moment = datetime.fromisoformat(at) if at else timezone.now()
    owing = sorted({pk for duty in duties() for pk in duty.owing(moment)})
    for user_id in owing:
        enqueue(hand_on_duties, user_id)
    return len(owing)


@shared_task(name="brokers.tasks.flush_tokens", across="sweep")
def flush_tokens(at: str | None = None) -> int:
    """Delete what signing in leaves behind: sign-ins that ran out, old counts and addresses."""
    moment = datetime.fromisoformat(at) if at else timezone.now()
    removed = guessing.forget_old(moment)
    old = SignIn.objects.filter(expires_at__lt=moment).order_by("id").values_list("pk", flat=True)
    while batch := list(old[:BATCH]):  # so that no statement holds many rows for long
        removed += SignIn.objects.filter(pk__in=batch).delete()[0]
    return removed
