"""Verified webhooks: read, or kept once for a person, so that the vendor's queue goes on."""

import hashlib
import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from brokers.models import Broker
from crm import connections
from crm.errors import Conflict, DomainError, NotAllowed
from crm.tasks import where
from leads.channels import telegram_updates, whatsapp_events
from leads.channels.telegram_client import connected_bot
from leads.enums import Channel, KeptReason, KeptState
from leads.errors import UnknownShape
from leads.models import KeptWebhook

log = logging.getLogger(__name__)

KEPT = timedelta(days=30)
Answer = dict[str, Any] | None


class StillUnreadable(DomainError):
    code = "still_unreadable"
    status = 409
    message = _("Todavía no se puede leer. Queda guardado para intentarlo más adelante.")


class Handled(Conflict):
    message = _("Otra persona ya atendió este aviso.")


def take_in(
    broker: Broker,
    channel: Channel,
    config: dict[str, Any],
    payload: dict[str, Any],
    *,
    at: datetime,
) -> Answer:
    """Read a verified payload; returns what to answer the vendor with, if anything.

    What cannot be read is kept; only where the database is away the vendor is to come again.
    """
    try:
        return READERS[channel](broker, config, payload, at)
    except Exception as error:
        if connections.is_passing(error):
            raise
        keep(broker, channel, payload, error=error, at=at)
        return None


def keep(
    broker: Broker, channel: Channel, payload: dict[str, Any], *, error: Exception, at: datetime
) -> None:
    log.error("a %s webhook of broker %s was kept: %s", channel, broker.pk, type(error).__name__)
    strange = isinstance(error, UnknownShape)
    kept = KeptWebhook(
        broker=broker,
        channel=channel,
        payload=payload,
        digest=_digest(payload),
        reason=KeptReason.UNKNOWN_SHAPE if strange else KeptReason.HANDLING_FAILED,
        error=where(error),
        at=at,
    )
    KeptWebhook.objects.bulk_create([kept], ignore_conflicts=True)


def replay(kept: KeptWebhook, *, by: Any) -> None:
    """Read it again, as of when it came: what it brought already changes nothing.

    Raises StillUnreadable.
    """
    failed = _read_again(kept, by)
    if failed is not None:
        log.error("kept webhook %s cannot be read yet: %s", kept.pk, type(failed).__name__)
        raise StillUnreadable from failed


@transaction.atomic
def _read_again(kept: KeptWebhook, by: Any) -> Exception | None:
    row = _locked(kept)
    config = row.broker.brokerchatconfig.provider_configs.get(row.channel) or {}
    try:
        with transaction.atomic():
            # Nobody is answered as if they had written just now: their 24 hours may be over.
            READERS[row.channel](row.broker, config, row.payload, row.at)
    except Exception as error:
        if connections.is_passing(error):
            raise
        row.error = where(error)
        row.save(update_fields=["error", "updated_at"])
        return error
    _close(row, KeptState.REPLAYED, by)
    return None


@transaction.atomic
def dismiss(kept: KeptWebhook, *, by: Any) -> None:
    _close(_locked(kept), KeptState.DISMISSED, by)


def forget(*, at: datetime) -> int:
    """Delete what is too old to be of use, read or not; returns how many."""
    return KeptWebhook.objects.filter(at__lt=at - KEPT).delete()[0]


def _locked(kept: KeptWebhook) -> KeptWebhook:
    rows = KeptWebhook.objects.select_for_update(of=("self",))
    related = rows.select_related("broker__brokerchatconfig")
    row: KeptWebhook | None = related.filter(pk=kept.pk, state=KeptState.KEPT).first()
    if row is None:
        raise Handled
    return row


def _close(kept: KeptWebhook, state: KeptState, by: Any) -> None:
    kept.state, kept.handled_by = state, by
    kept.save(update_fields=["state", "handled_by", "updated_at"])


def _digest(payload: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def _telegram(
    broker: Broker, config: dict[str, Any], payload: dict[str, Any], at: datetime
) -> Answer:
    bot = connected_bot(config)
    if bot is None:
        raise NotAllowed
    return telegram_updates.take_in(broker, bot, payload, at=at)


def _whatsapp(
    broker: Broker, config: dict[str, Any], payload: dict[str, Any], at: datetime
) -> Answer:
    whatsapp_events.take_in(broker, config, payload, at=at)
    return None


READERS: dict[str, Callable[[Broker, dict[str, Any], dict[str, Any], datetime], Answer]] = {
    Channel.TELEGRAM: _telegram,
    Channel.WHATSAPP: _whatsapp,
}
