"""Entries that may be sent twice: the same key is entered once, and answered as the first time."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from brokers.models import Broker, User
from crm.errors import Conflict
from leads.models import KeyedEntry

KEPT = timedelta(days=2)


class KeyReused(Conflict):
    code = "idempotency_key_reused"
    message = _("Esta clave ya se usó con otros datos. Usa una clave nueva.")


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    lead_id: int


@transaction.atomic
def once(
    broker: Broker,
    *,
    key: str,
    by: User,
    asked: Any,
    enter: Callable[[], Answer],
    at: datetime,
) -> Answer:
    """What ``enter`` answers, or answered under this key of this person; a refusal is not kept.

    Of two at once the second waits for the first's commit in the unique index. Raises KeyReused
    when the key came with something else before.
    """
    fingerprint = _fingerprint(asked)
    mine = KeyedEntry(broker=broker, user=by, key=key, fingerprint=fingerprint, created_at=at)
    KeyedEntry.objects.bulk_create([mine], ignore_conflicts=True)
    kept = KeyedEntry.objects.select_for_update(of=("self",)).get(broker=broker, user=by, key=key)
    if kept.fingerprint != fingerprint:
        raise KeyReused
    if kept.status:
        return Answer(kept.status, kept.body, kept.lead_id or 0)
    answer = enter()
    KeyedEntry.objects.filter(pk=kept.pk).update(
        status=answer.status, body=answer.body, lead=answer.lead_id, updated_at=at
    )
    return answer


def forget(*, at: datetime) -> int:
    """Delete keys that are too old to come again; returns how many."""
    return KeyedEntry.objects.filter(created_at__lt=at - KEPT).delete()[0]


def _fingerprint(asked: Any) -> str:
    plain = json.dumps(asked, sort_keys=True, cls=DjangoJSONEncoder, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()
