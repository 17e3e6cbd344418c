"""What a replay will cost, told before it starts: what turns took lately, at the price of the first model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Sum
from pydantic_ai.usage import RequestUsage

from brokers.models import BrokerPromptConfig
from leads.enums import Direction
from leads.models import ChatMessage
from llm import budget, gateway
from llm.desk.models_form import TURN, cost_of_turn
from llm.desk.script import MOST_MESSAGES
from llm.models import CallType, LLMCall
from llm.pricing import OFFLINE

LATELY = timedelta(days=30)


@dataclass(frozen=True)
class Estimate:
    """``cost_usd`` is None where the model's price is unknown."""

    conversations: int
    turns: int
    cost_usd: Decimal | None


def of(config: BrokerPromptConfig, leads: Sequence[int], *, at: datetime) -> Estimate:
    written = ChatMessage.objects.filter(lead__in=leads, direction=Direction.IN)
    counts = written.values_list("lead").annotate(n=Count("pk")).values_list("n", flat=True)
    turns = sum(min(count, MOST_MESSAGES) for count in counts.order_by())
    specs = gateway.specs_of(config.broker, CallType.TURN)
    if not specs:
        return Estimate(len(leads), turns, Decimal(0))
    cost = cost_of_turn(specs[0], _usual_turn(config, at))
    return Estimate(len(leads), turns, None if cost is None else cost * turns)


def _usual_turn(config: BrokerPromptConfig, at: datetime) -> RequestUsage:
    """What an answer to a lead takes here, all its requests together."""
    calls = LLMCall.objects.filter(
        broker=config.broker_id, call_type=CallType.TURN, error="", created_at__gte=at - LATELY
    ).exclude(provider=OFFLINE)
    sums = calls.aggregate(
        input=Sum("input_tokens"), output=Sum("output_tokens"), n=Count("trace_id", distinct=True)
    )
    if not sums["n"]:
        return TURN
    return RequestUsage(
        input_tokens=sums["input"] // sums["n"], output_tokens=sums["output"] // sums["n"]
    )


def left(config: BrokerPromptConfig, at: datetime) -> Decimal | None:
    """What the broker may still spend this month; None without a budget."""
    spent = budget.money(config, at)
    return None if spent is None else Decimal(spent.limit) - Decimal(spent.all)
