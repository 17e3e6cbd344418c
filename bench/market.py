"""The market that reading workloads share: 20 brokers × 10,000 leads, 1,000,000 messages, their history."""

from functools import cache

from django.db import connection
from django.db.models import Count, QuerySet

from bench import people
from brokers.models import Broker
from crm import rowsecurity
from leads.models import Lead

BROKERS = 20
LEADS = 10_000

# Five messages a lead over half a year, every other one the lead's.
MESSAGES = """
INSERT INTO chat_messages (created_at, updated_at, provider, channel_user_id, message_text, direction,
    author, purpose, status, reason, attempts, provider_metadata, attachments, ai_response_used, at,
    broker_id, lead_id)
SELECT moment, moment, 'webchat', '', 'Hola, busco departamento', way.direction, way.author, 'reply',
    'delivered', '', 1, '{}', '[]', way.direction = 'out', moment, lead.broker_id, lead.id
FROM leads lead
CROSS JOIN generate_series(0, 4) number
CROSS JOIN LATERAL (SELECT now() - make_interval(days => (lead.id * 7 %% 176)::int, mins => 20 * (5 - number))
    AS moment) clock
CROSS JOIN LATERAL (SELECT CASE number %% 2 WHEN 0 THEN 'in' ELSE 'out' END AS direction,
    CASE number WHEN 1 THEN 'assistant' WHEN 3 THEN 'user' ELSE 'lead' END AS author) way
WHERE lead.broker_id = %s
"""
# One stay for each stage that a lead went through before the one in which it stands.
TRANSITIONS = """
INSERT INTO stage_transitions (created_at, updated_at, from_stage, to_stage, at, entered_from_at, actor,
    event, reason, broker_id, lead_id)
SELECT moment, moment, stages.path[step], stages.path[step + 1], moment,
    moment - make_interval(days => 1 + (lead.id %% 9)::int), 'system', 'moved', '', lead.broker_id, lead.id
FROM leads lead
CROSS JOIN (SELECT ARRAY['entrada','perfilamiento','calificacion_financiera','agendado','seguimiento',
    'referidos'] AS path) stages
CROSS JOIN LATERAL generate_series(1, array_position(stages.path, lead.pipeline_stage::text) - 1) step
CROSS JOIN LATERAL (SELECT lead.stage_entered_at - make_interval(days => (9 - step) * 3) AS moment) clock
WHERE lead.broker_id = %s
"""
FACTS = """
UPDATE leads SET metadata = jsonb_build_object('location', jsonb_build_array('Ñuñoa'),
    'budget', jsonb_build_object('amount', 3000 + id %% 4000, 'currency', 'UF'),
    'income', jsonb_build_object('amount', 400000 + id * 1000 %% 3000000, 'currency', 'CLP'),
    'dicom', CASE id %% 3 WHEN 0 THEN 'has_debt' ELSE 'clean' END)
WHERE broker_id = %s AND id %% 2 = 0
"""


@cache
def brokers() -> list[Broker]:
    """The brokers of the market; a database that has one already is taken as it is."""
    full: QuerySet[Lead] = Lead.objects.filter(broker__slug__startswith="market-")
    tally = full.values("broker").annotate(n=Count("pk")).filter(n__gte=LEADS).order_by("broker")
    standing = [row["broker"] for row in tally]
    for number in range(len(standing), BROKERS):
        owner = people.broker(f"market-{number}")
        people.fill(owner, LEADS)
        with connection.cursor() as cursor:
            for statement in (FACTS, MESSAGES, TRANSITIONS):
                cursor.execute(statement, [owner.pk])
        standing.append(owner.pk)
    # The tables are their owner's to clean, and not within a transaction.
    with connection.as_owner(), rowsecurity.nobody(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("VACUUM ANALYZE")
    return list(Broker.objects.filter(pk__in=standing).order_by("pk"))
