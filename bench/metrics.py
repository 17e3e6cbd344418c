"""The pipeline's metrics of one broker of the market: statements, and time over the API."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench import leads_list, market, timing
from bench.leads_list import Caller
from crm import rowsecurity
from leads import metrics
from leads.models import Lead

CALLS = 40


def run() -> dict[str, Any]:
    broker = market.brokers()[7]
    leads = Lead.objects.living().filter(broker=broker)
    with rowsecurity.of(broker.pk), CaptureQueriesContext(connection) as captured:
        metrics.pipeline(leads, broker=broker, at=timezone.now())
    statements = len(captured.captured_queries)
    with leads_list.served() as (port, token):
        caller = Caller(port, token)
        caller.get("/api/v1/pipeline/metrics/")
        alone = timing.timed(lambda _: caller.get("/api/v1/pipeline/metrics/"), CALLS)
    return {
        "leads": leads.count(),
        "statements": statements,
        "one_client": timing.summary(alone, sum(alone)),
    }
