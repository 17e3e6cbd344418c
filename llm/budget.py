"""What a broker may spend on models in a month: asked before every attempt, settled after it.

The attempt's own row is the reservation: written beforehand at the most that it may cost, so that
calls at the same moment count each other, and a worker that dies leaves its call counted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone
from pydantic_ai.usage import RequestUsage

from brokers.models import Broker, BrokerPromptConfig
from crm import rehearsal
from leads import alerts
from leads.enums import AlertKind
from llm import pricing
from llm.models import CallType, LLMCall

UNSETTLED = "outcome_unknown"
WARN_AT = (50, 80, 100)  # percent of a limit
LOST_AFTER = timedelta(minutes=5)  # no attempt takes as long: its worker died


@dataclass
class Ledger:
    """What trying the assistant costs: billed to the broker, to no lead, and whatever is undone.

    Offline attempts cost nothing and leave no row. ``is_refused``: the month is spent.
    """

    calls: list[LLMCall] = field(default_factory=list)
    is_refused: bool = False

    def reserve(self, call: LLMCall, expected: RequestUsage) -> bool:
        call.lead_id = call.message_id = None
        call.call_type = CallType.TRIAL
        reserved = rehearsal.apart(lambda: _reserve(call, expected, timezone.now()))
        self.is_refused = self.is_refused or not reserved
        self.calls += [call] if reserved else []
        return reserved

    @property
    def cost_usd(self) -> Decimal | None:
        """None where the price of one is unknown; an attempt that failed is free."""
        billed = [each for each in self.calls if not each.error or each.estimated_cost_usd]
        if any(each.estimated_cost_usd is None for each in billed):
            return None
        return sum((each.estimated_cost_usd or Decimal(0) for each in billed), Decimal(0))


_ledger: ContextVar[Ledger | None] = ContextVar("ledger", default=None)


@contextmanager
def on_a_ledger() -> Iterator[Ledger]:
    """Within it, which is a rehearsal, what is spent is stored although everything else is undone."""
    ledger = Ledger()
    token = _ledger.set(ledger)
    try:
        yield ledger
    finally:
        _ledger.reset(token)


def reserve(call: LLMCall, expected: RequestUsage, *, at: datetime) -> bool:
    """Store an attempt that is about to be made; False, and nothing stored, at the limit."""
    ledger = _ledger.get()
    if ledger is None:
        return _reserve(call, expected, at)
    return call.provider == pricing.OFFLINE or ledger.reserve(call, expected)


def _reserve(call: LLMCall, expected: RequestUsage, at: datetime) -> bool:
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
    call.input_tokens, call.output_tokens = usage.input_tokens, usage.output_tokens
    call.cached_tokens, call.estimated_cost_usd = usage.cache_read_tokens, cost
    call.latency_ms, call.error = latency_ms, error
    if _ledger.get() is None:
        _store(call)
    elif call.provider != pricing.OFFLINE:
        rehearsal.apart(lambda: _store(call))


SETTLED = (
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "estimated_cost_usd",
    "latency_ms",
    "error",
)


def _store(call: LLMCall) -> None:
    settled = {name: getattr(call, name) for name in SETTLED}
    LLMCall.objects.filter(pk=call.pk).update(**settled, updated_at=timezone.now())


def _is_limited(call: LLMCall) -> bool:
    if call.provider == pricing.OFFLINE:
        return False
    if call.estimated_cost_usd is None:
        return True
    limits = BrokerPromptConfig.objects.filter(broker=call.broker_id)
    return limits.filter(monthly_llm_budget_usd__isnull=False).exists()


@dataclass(frozen=True)
class Spent:
    """Of a limit: with what calls under way may still use, and without."""

    limit: Decimal | int
    all: Decimal | int
    settled: Decimal | int

    @property
    def is_reached(self) -> bool:
        return self.all >= self.limit

    @property
    def warning(self) -> int:
        """The highest of the percentages that people are told of; 0 where none is reached."""
        return max((one for one in WARN_AT if self.settled * 100 >= self.limit * one), default=0)


def _is_reached(call: LLMCall, config: BrokerPromptConfig, at: datetime) -> bool:
    spent = [money(config, at)]
    if call.estimated_cost_usd is None:
        spent.append(tokens(config, at))
    limits = [each for each in spent if each is not None]
    _warn(config, max((each.warning for each in limits), default=0), at)
    return any(each.is_reached for each in limits)


def _warn(config: BrokerPromptConfig, percent: int, at: datetime) -> None:
    """Each percentage once a month; who passes two at once is told of the higher one."""
    if not percent:
        return
    month = f"{start_of_month(config.broker, at):%Y-%m}"
    key = month if percent == 100 else f"{month}:{percent}"
    alerts.raise_for(config.broker_id, AlertKind.LLM_BUDGET, key=key, at=at, percent=percent)


def money(config: BrokerPromptConfig, at: datetime) -> Spent | None:
    limit = config.monthly_llm_budget_usd
    if limit is None:
        return None
    spent = _this_month(config.broker, at).aggregate(
        all=Sum("estimated_cost_usd", default=Decimal(0)),
        settled=Sum("estimated_cost_usd", filter=_settled(at), default=Decimal(0)),
    )
    return Spent(limit, **spent)


def tokens(config: BrokerPromptConfig, at: datetime) -> Spent:
    """The cap of models whose price nobody knows."""
    used = F("input_tokens") + F("output_tokens")
    unpriced = _this_month(config.broker, at).filter(estimated_cost_usd__isnull=True)
    spent = unpriced.aggregate(
        all=Sum(used, default=0), settled=Sum(used, filter=_settled(at), default=0)
    )
    return Spent(settings.LLM_UNPRICED_MONTHLY_TOKENS, **spent)


def _this_month(broker: Broker, at: datetime) -> QuerySet[LLMCall]:
    month = start_of_month(broker, at)
    calls: QuerySet[LLMCall] = LLMCall.objects.filter(broker=broker, created_at__gte=month)
    return calls


def _settled(at: datetime) -> Q:
    return ~Q(error=UNSETTLED) | Q(created_at__lt=at - LOST_AFTER)


def start_of_month(broker: Broker, at: datetime) -> datetime:
    local = at.astimezone(broker.zone)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
