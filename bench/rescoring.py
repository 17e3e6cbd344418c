"""The nightly rescoring of one broker's 10,000 leads: a first night, and the ones after it."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from bench import market
from brokers.models import Broker
from crm import rowsecurity
from leads import scoring
from leads.models import Lead


@transaction.atomic
def _batch(after: int, brokers: dict[int, Broker], at: datetime) -> tuple[int, int, int] | None:
    held = scoring.batch_after(after, brokers)
    return (held[-1].pk, len(held), scoring.rescore_batch(held, at=at)) if held else None


def _night(broker_id: int, at: datetime) -> dict[str, float]:
    """As the nightly job does, with the clock set."""
    brokers = Broker.objects.select_related("brokerleadconfig").in_bulk([broker_id])
    after = leads = changed = 0
    started = time.perf_counter()
    while batch := _batch(after, brokers, at):
        after, leads, changed = batch[0], leads + batch[1], changed + batch[2]
    elapsed = time.perf_counter() - started
    return {"leads": leads, "changed": changed, "per_second": round(leads / elapsed)}


def run() -> dict[str, Any]:
    broker, now = market.brokers()[-1], timezone.now()
    latest = Lead.objects.filter(broker=broker).latest("updated_at").updated_at
    first = max(now, latest)
    with rowsecurity.of(broker.pk):
        nights = [_night(broker.pk, first + timedelta(days=day)) for day in range(1, 4)]
    return {"first_night": nights[0], "second_night": nights[1], "third_night": nights[2]}
