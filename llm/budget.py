"""What a broker may spend on models in a month: asked before every attempt, settled after it.

The attempt's own row is the reservation: written beforehand at the most that it may cost, so that
calls at the same moment count each other, and a worker that dies leaves its call counted.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone
from pydantic_ai.usage import RequestUsage

from brokers.models import Broker, BrokerPromptConfig
from leads import alerts
from leads.enums import AlertKind
from llm import pricing
from llm.models import LLMCall

UNSETTLED = "outcome_unknown"
LOST_AFTER = timedelta(minutes=5)  # no attempt takes as long: its worker died


def reserve(call: LLMCall, expected: RequestUsage, *, at: datetime) -> bool:
    """Store an attempt that is about to be made; False, and nothing stored, at the limit."""
    call.error = UNSETTLED
    call.input_tokens, call.output_tokens = expected.input_tokens, expected.output_tokens
    call.estimated_cost_usd = pricing.cost_usd(call.provider, call.model, expected)
    if not _is_limited(call):
        call.save()
        return True
    with transaction.atomic():
        if _is_reached(call, _locked(call), at):
            return False
        call.save()
    return True


def _locked(call: LLMCall) -> BrokerPromptConfig:
    """One lock a broker: whoever asks at the same moment waits for this answer."""
    configs = BrokerPromptConfig.objects.select_for_update(of=("self",), no_key=True)
    return configs.select_related("broker").get(broker=call.broker)


def settle(
    call: LLMCall, usage: RequestUsage, *, latency_ms: int, error: str, is_billed: bool = False
) -> None:
    """What the attempt did cost instead of what it might have.

    A failed one costs nothing, unless the vendor answered what was of no use (``is_billed``).
    """
    is_free = error and not is_billed
    cost = None if is_free else pricing.cost_usd(call.provider, call.model, usage)
    LLMCall.objects.filter(pk=call.pk).update(
        input_tokens=usage.input_tokens,
        cached_tokens=usage.cache_read_tokens,
        output_tokens=usage.output_tokens,
        estimated_cost_usd=cost,
        latency_ms=latency_ms,
        error=error,
        updated_at=timezone.now(),
    )


def _is_limited(call: LLMCall) -> bool:
    if call.provider == pricing.OFFLINE:
        return False
    if call.estimated_cost_usd is None:
        return True
    limits = BrokerPromptConfig.objects.filter(broker=call.broker_id)
    return limits.filter(monthly_llm_budget_usd__isnull=False).exists()


def _is_reached(call: LLMCall, config: BrokerPromptConfig, at: datetime) -> bool:
    month = start_of_month(config.broker, at)
    calls = LLMCall.objects.filter(broker=call.broker_id, created_at__gte=month)
    reached, for_good = _money_is_spent(calls, config.monthly_llm_budget_usd, at)
    if not reached and call.estimated_cost_usd is None:
        reached, for_good = _tokens_are_spent(calls, at)
    if for_good:
        key = f"{month:%Y-%m}"
        alerts.raise_for(config.broker_id, AlertKind.LLM_BUDGET, key=key, at=at)
    return reached


Spent = tuple[bool, bool]  # with what is reserved, and without


def _money_is_spent(calls: QuerySet[LLMCall], limit: Decimal | None, at: datetime) -> Spent:
    if limit is None:
        return False, False
    spent = calls.aggregate(
        all=Sum("estimated_cost_usd", default=Decimal(0)),
        settled=Sum("estimated_cost_usd", filter=_settled(at), default=Decimal(0)),
    )
    return spent["all"] >= limit, spent["settled"] >= limit


def _tokens_are_spent(calls: QuerySet[LLMCall], at: datetime) -> Spent:
    """The cap of models whose price nobody knows."""
    tokens = F("input_tokens") + F("output_tokens")
    unpriced = calls.filter(estimated_cost_usd__isnull=True)
    spent = unpriced.aggregate(
        all=Sum(tokens, default=0), settled=Sum(tokens, filter=_settled(at), default=0)
    )
    cap = settings.LLM_UNPRICED_MONTHLY_TOKENS
    return spent["all"] >= cap, spent["settled"] >= cap


def _settled(at: datetime) -> Q:
    return ~Q(error=UNSETTLED) | Q(created_at__lt=at - LOST_AFTER)


def start_of_month(broker: Broker, at: datetime) -> datetime:
    local = at.astimezone(broker.zone)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
