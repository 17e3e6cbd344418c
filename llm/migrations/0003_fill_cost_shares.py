"""The few rows from which long periods are read, made of the totals of days that there are."""

from django.db import migrations

FIRST = "(date_trunc('month', day)::date + 10 * least((extract(day FROM day)::int - 1) / 10, 2))"
SHARES = """
INSERT INTO llm_cost_shares (created_at, updated_at, broker_id, day, span, part, provider, model, call_type,
    prompt_version_id, agent_id, source, calls, failed, fallbacks, unpriced, input_tokens, cached_tokens,
    output_tokens, estimated_cost_usd)
SELECT max(created_at), now(), broker_id, day, 'day',
    CASE GROUPING(provider, prompt_version_id, agent_id, source)
        WHEN 15 THEN 'day' WHEN 7 THEN 'kind' WHEN 11 THEN 'version' WHEN 13 THEN 'agent' ELSE 'source' END,
    coalesce(provider, ''), coalesce(model, ''), coalesce(call_type, ''), prompt_version_id, agent_id,
    coalesce(source, ''), sum(calls), sum(failed), sum(fallbacks), sum(unpriced), sum(input_tokens),
    sum(cached_tokens), sum(output_tokens), sum(estimated_cost_usd)
FROM llm_cost_days GROUP BY GROUPING SETS ((broker_id, day), (broker_id, day, provider, model, call_type),
    (broker_id, day, prompt_version_id), (broker_id, day, agent_id), (broker_id, day, source))
"""
THIRDS = f"""
INSERT INTO llm_cost_shares (created_at, updated_at, broker_id, day, span, part, provider, model, call_type,
    prompt_version_id, agent_id, source, calls, failed, fallbacks, unpriced, input_tokens, cached_tokens,
    output_tokens, estimated_cost_usd)
SELECT max(created_at), now(), broker_id, {FIRST},
    'third', part, provider, model, call_type,
    prompt_version_id, agent_id, source, sum(calls), sum(failed), sum(fallbacks), sum(unpriced),
    sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(estimated_cost_usd)
FROM llm_cost_shares WHERE span = 'day' AND part <> 'day'
GROUP BY broker_id, {FIRST},
    part, provider, model, call_type, prompt_version_id, agent_id, source
"""  # noqa: S608 - of our own text
HOURS = f"""
INSERT INTO llm_model_hours (created_at, updated_at, broker_id, day, span, hour, provider, model, calls,
    failed, fallbacks)
SELECT max(created_at), now(), broker_id, {FIRST},
    'third', hour, provider, model, sum(calls),
    sum(failed), sum(fallbacks)
FROM llm_model_hours
WHERE span = 'day'
GROUP BY broker_id, {FIRST},
    hour, provider, model
"""  # noqa: S608 - of our own text


class Migration(migrations.Migration):
    dependencies = [("llm", "0002_cost_shares")]

    operations = [
        migrations.RunSQL([SHARES, THIRDS], "DELETE FROM llm_cost_shares"),
        migrations.RunSQL(HOURS, "DELETE FROM llm_model_hours WHERE span = 'third'"),
    ]
