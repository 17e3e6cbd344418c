"""Channels on which Google tells us that a calendar changed; without them it is read by beat."""

import logging
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import Signer
from django.utils.crypto import constant_time_compare

from crm.errors import ProviderError
from scheduling.calendars.google import Account, Revoked
from scheduling.models import CalendarConnection

log = logging.getLogger(__name__)
RENEW_BEFORE = timedelta(days=1)


def token_of(channel: str) -> str:
    """What Google repeats with every notice, so that nobody else can send one."""
    return Signer(salt="google-channel").signature(channel)


def is_ours(channel: str, token: str) -> bool:
    return bool(channel) and constant_time_compare(token_of(channel), token)


def keep_open(account: Account, *, at: datetime) -> None:
    """Open a channel, or a new one before the old one ends; Google calls https addresses only."""
    connection = account.connection
    lasts = connection.channel_until and connection.channel_until > at + RENEW_BEFORE
    if lasts or not settings.HTTPS:
        return
    channel = str(uuid.uuid4())
    try:
        until = account.watch(channel, token_of(channel))
    except Revoked:
        raise
    except ProviderError as error:
        log.warning("no notices from calendar %s: %s", connection.pk, error.code)
        return
    rows = CalendarConnection.objects.filter(pk=connection.pk)
    rows.update(channel_id=channel, channel_until=until, updated_at=at)
