"""The daily totals again in few rows: by one thing at a time, and of thirds of months.

A month of many brokers is read from these: 2,000 rows of costs instead of 90,000.
"""

from datetime import date
from typing import Any

from django.db import connection

from brokers.models import Broker
from llm.models import CostShare, ModelHour
from llm.spans import Span, third

# GROUPING has a bit for each column that the row's part does not tell apart.
DAY = """
INSERT INTO llm_cost_shares (created_at, updated_at, broker_id, day, span, part, provider, model, call_type,
    prompt_version_id, agent_id, source, calls, failed, fallbacks, unpriced, input_tokens, cached_tokens,
    output_tokens, estimated_cost_usd)
SELECT max(created_at), now(), broker_id, day, 'day',
    CASE GROUPING(provider, prompt_version_id, agent_id, source)
        WHEN 15 THEN 'day' WHEN 7 THEN 'kind' WHEN 11 THEN 'version' WHEN 13 THEN 'agent' ELSE 'source' END,
    coalesce(provider, ''), coalesce(model, ''), coalesce(call_type, ''), prompt_version_id, agent_id,
    coalesce(source, ''), sum(calls), sum(failed), sum(fallbacks), sum(unpriced), sum(input_tokens),
    sum(cached_tokens), sum(output_tokens), sum(estimated_cost_usd)
FROM llm_cost_days WHERE broker_id = %(broker)s AND day = %(day)s
GROUP BY GROUPING SETS ((broker_id, day), (broker_id, day, provider, model, call_type),
    (broker_id, day, prompt_version_id), (broker_id, day, agent_id), (broker_id, day, source))
"""
THIRD = """
INSERT INTO llm_cost_shares (created_at, updated_at, broker_id, day, span, part, provider, model, call_type,
    prompt_version_id, agent_id, source, calls, failed, fallbacks, unpriced, input_tokens, cached_tokens,
    output_tokens, estimated_cost_usd)
SELECT max(created_at), now(), broker_id, %(first)s, 'third', part, provider, model, call_type,
    prompt_version_id, agent_id, source, sum(calls), sum(failed), sum(fallbacks), sum(unpriced),
    sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(estimated_cost_usd)
FROM llm_cost_shares WHERE broker_id = %(broker)s AND span = 'day' AND part <> 'day'
    AND day BETWEEN %(first)s AND %(last)s
GROUP BY broker_id, part, provider, model, call_type, prompt_version_id, agent_id, source
"""
HOURS = """
INSERT INTO llm_model_hours (created_at, updated_at, broker_id, day, span, hour, provider, model, calls,
    failed, fallbacks)
SELECT max(created_at), now(), broker_id, %(first)s, 'third', hour, provider, model, sum(calls),
    sum(failed), sum(fallbacks)
FROM llm_model_hours
WHERE broker_id = %(broker)s AND span = 'day' AND day BETWEEN %(first)s AND %(last)s
GROUP BY broker_id, hour, provider, model
"""


def make(broker: Broker, day: date) -> None:
    """Of a day and of its third, anew from the day's totals, which the caller has locked and made."""
    first, last = third(day)
    CostShare.objects.filter(broker=broker, span=Span.DAY, day=day).delete()
    CostShare.objects.filter(broker=broker, span=Span.THIRD, day=first).delete()
    ModelHour.objects.filter(broker=broker, span=Span.THIRD, day=first).delete()
    values: dict[str, Any] = {"broker": broker.pk, "day": day, "first": first, "last": last}
    with connection.cursor() as cursor:
        for statement in (DAY, THIRD, HOURS):
            cursor.execute(statement, values)
