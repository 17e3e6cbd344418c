"""A month's costs of 20 brokers: the report beside a bare sum of their totals, the API, and a day's totalling."""

import uuid
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from bench import leads_list, people, timing
from bench.leads_list import Caller
from brokers.models import Broker, User
from crm import rowsecurity
from crm.tenancy import Role
from llm import costs, shares, totals

BROKERS, LEADS, CALLS, CALLS_OF_A_DAY = 20, 500, 40, 3000
# What a busy brokerage has in a day: five uses of models, nine agents and nobody, three sources.
DAYS = """
INSERT INTO llm_cost_days (created_at, updated_at, broker_id, day, provider, model, call_type, agent_id,
    source, calls, failed, fallbacks, unpriced, input_tokens, cached_tokens, output_tokens,
    estimated_cost_usd)
SELECT now(), now(), %s, %s::date + day, 'google', 'model-' || kind %% 3,
    (ARRAY['turn','summary','embedding','campaign','analysis'])[1 + kind %% 5], (%s)[kind / 5 %% 10],
    (ARRAY['webchat','whatsapp','telegram'])[1 + kind / 50], 20, 1, 1, kind %% 2, 50000, 20000, 4000, 0.0123
FROM generate_series(0, 29) day CROSS JOIN generate_series(0, 149) kind
"""
HOURS = """
INSERT INTO llm_model_hours (created_at, updated_at, broker_id, day, hour, provider, model, calls, failed,
    fallbacks)
SELECT now(), now(), %s, %s::date + number %% 30, number / 30 %% 24, 'google', 'model-' || number / 720, 9,
    1, 1
FROM generate_series(0, 3 * 720 - 1) number
"""
RESULTS = """
INSERT INTO activity_log (created_at, updated_at, broker_id, lead_id, action_type, actor, details, timestamp)
SELECT now(), now(), broker_id, id, 'qualified', 'system', '{"outcome": "CALIFICADO"}',
    %s::date + (id %% 29)::int
FROM leads WHERE broker_id = %s AND id %% 3 = 0
"""
MADE = """
INSERT INTO llm_calls (created_at, updated_at, broker_id, lead_id, trace_id, provider, model, call_type,
    attempt, input_tokens, cached_tokens, output_tokens, estimated_cost_usd, latency_ms, error,
    used_fallback)
SELECT now(), now(), broker_id, id, %s, 'google', 'model-' || number %% 3, 'turn', 1, 2500, 900, 120,
    0.0009, 900, '', false
FROM leads CROSS JOIN generate_series(1, %s) number WHERE broker_id = %s
"""


def run() -> dict[str, Any]:
    today = timezone.localdate()
    first = today - timedelta(days=29)
    owners = [_brokerage(first) for _ in range(BROKERS)]
    with connection.as_owner(), rowsecurity.nobody(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("VACUUM ANALYZE")
    zone, choice = owners[7].zone, costs.Choice(since=first, until=today)
    root = User.objects.create_user(
        f"{uuid.uuid4().hex[:8]}@example.com", people.PASSWORD, name="Root", role=Role.SUPERADMIN
    )
    report = timing.timed(lambda _: costs.report(choice, user=root, zone=zone), CALLS)
    bare = timing.timed(lambda _: _bare(first, today), CALLS)
    turns = costs.Choice(since=first, until=today, call_type="turn")
    narrowed = timing.timed(lambda _: costs.report(turns, user=root, zone=zone), CALLS)
    path = f"/api/v1/llm/costs/?since={first}&until={today}"
    with leads_list.served(root) as (port, token):
        caller = Caller(port, token)
        caller.get(path)
        asked = timing.timed(lambda _: caller.get(path), CALLS)
    with rowsecurity.of(owners[0].pk):
        made = timing.timed(lambda _: totals.rebuild(owners[0], today), 5)
    return {
        "brokers": BROKERS,
        "totals": BROKERS * 30 * 150,
        "report": timing.summary(report, sum(report)),
        "bare_statement": timing.summary(bare, sum(bare)),
        "report_of_turns": timing.summary(narrowed, sum(narrowed)),
        "api": timing.summary(asked, sum(asked)),
        "totalling_a_day": timing.summary(made, sum(made)) | {"of": CALLS_OF_A_DAY},
    }


def _brokerage(first: date) -> Broker:
    owner = people.broker("costs")
    people.fill(owner, LEADS)
    team = User.objects.bulk_create(
        User(email=f"{number}@{owner.slug}.example.com", name=f"Agente {number}", broker=owner)
        for number in range(9)
    )
    with connection.cursor() as cursor:
        cursor.execute(DAYS, [owner.pk, first, [agent.pk for agent in team]])
        cursor.execute(HOURS, [owner.pk, first])
        cursor.execute(RESULTS, [first, owner.pk])
        cursor.execute(MADE, [uuid.uuid4(), CALLS_OF_A_DAY // LEADS, owner.pk])
    for number in range(30):
        shares.make(owner, first + timedelta(days=number))
    return owner


def _bare(first: date, today: date) -> None:
    """All totals of the month, added up once: what the report would have to read without shares."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day, sum(calls), sum(estimated_cost_usd) FROM llm_cost_days"
            " WHERE day BETWEEN %s AND %s GROUP BY day",
            [first, today],
        )
        cursor.fetchall()
