"""The month's budget: asked before a call, settled after it, told once, exact under concurrency."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from pydantic_ai import Agent
from pydantic_ai.usage import RequestUsage

from brokers.models import Broker, BrokerPromptConfig
from leads import notices
from leads.models import LeadAlert
from llm import budget, gateway
from llm.models import LLMCall
from tests.factories import LLMCallFactory
from tests.fakes.gemini import FakeGemini, text
from tests.racing import race

pytestmark = pytest.mark.django_db

MODEL = "google:gemini-3.8-flash"
UNPRICED = "google:model-of-tomorrow"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(gateway, "_pause", lambda _: 0.01)


@pytest.fixture
def gemini(settings):
    with FakeGemini(text("Soy asistente virtual.")) as fake:
        settings.GEMINI_API_KEY, settings.GEMINI_API_URL = "test-key", fake.url
        settings.LLM_MODEL = MODEL
        yield fake


def leave(broker: Broker, usd: Decimal) -> None:
    """A budget of one dollar, of which ``usd`` are left."""
    BrokerPromptConfig.objects.filter(broker=broker).update(monthly_llm_budget_usd=1)
    LLMCallFactory(broker=broker, provider="earlier", estimated_cost_usd=1 - usd)


def ask(broker: Broker, at: datetime) -> str:
    bill = gateway.Bill(broker_id=broker.pk)
    agent = Agent(gateway.chain(broker, bill, at=at), model_settings=gateway.VENDOR_SETTINGS)
    return str(async_to_sync(agent.run)("hola").output)


def attempt(broker: Broker, model: str = "gemini-3.8-flash") -> LLMCall:
    return gateway.draft(gateway.Bill(broker_id=broker.pk), provider="google", model=model)


def tokens(asked: int = 900, said: int = 40) -> RequestUsage:
    return RequestUsage(input_tokens=asked, output_tokens=said)


def providers() -> list[str]:
    calls = LLMCall.objects.exclude(provider="earlier").order_by("id")
    return list(calls.values_list("provider", flat=True))


def reserved() -> LLMCall:
    return LLMCall.objects.get(error=budget.UNSETTLED)


def price(gemini: FakeGemini, broker: Broker, at: datetime) -> Decimal:
    ask(broker, at)
    cost = LLMCall.objects.get().estimated_cost_usd
    LLMCall.objects.all().delete()
    return Decimal(cost)


def test_a_call_costs_what_it_used_and_not_what_was_reserved(gemini, broker, at) -> None:
    ask(broker, at)
    call = LLMCall.objects.get()
    assert (call.input_tokens, call.output_tokens, call.error) == (900, 40, "")
    assert budget.reserve(attempt(broker), tokens(1000, 2048), at=at)
    other = reserved()
    assert other.estimated_cost_usd > call.estimated_cost_usd
    budget.settle(other, tokens(), latency_ms=5, error="")
    other.refresh_from_db()
    assert (other.estimated_cost_usd, other.error) == (call.estimated_cost_usd, "")


def test_at_the_limit_the_offline_model_answers_and_the_admins_are_told_once_a_month(
    gemini, broker, at
) -> None:
    leave(broker, price(gemini, broker, at))
    assert "asistente" in ask(broker, at)
    asked = len(gemini.asked)
    assert ask(broker, at) != ""
    assert ask(broker, at) != ""
    assert (len(gemini.asked), providers()) == (asked, ["google", "offline", "offline"])
    alert = LeadAlert.objects.get(key="2026-11")
    assert (alert.kind, alert.lead, alert.details) == ("llm_budget", None, {"percent": 100})


def test_a_new_month_begins_in_the_brokers_zone(gemini, broker, at) -> None:
    leave(broker, Decimal("0.5"))
    old = attempt(broker)
    old.estimated_cost_usd = Decimal(1)
    old.created_at = datetime.fromisoformat("2026-11-30T23:30:00-03:00")  # December in UTC
    old.save()
    ask(broker, datetime.fromisoformat("2026-11-30T23:59:00-03:00"))
    ask(broker, datetime.fromisoformat("2026-12-01T00:01:00-03:00"))
    assert providers() == ["google", "offline", "google"]


def test_what_others_may_spend_at_this_moment_counts(gemini, broker, at) -> None:
    assert budget.reserve(attempt(broker), tokens(), at=at)
    LLMCall.objects.update(created_at=at - timedelta(minutes=1))
    leave(broker, reserved().estimated_cost_usd)
    assert budget.reserve(attempt(broker), tokens(), at=at) is False
    assert not LeadAlert.objects.filter(key="2026-11").exists()
    budget.settle(reserved(), tokens(1, 1), latency_ms=1, error="")
    assert budget.reserve(attempt(broker), tokens(), at=at) is True


def test_a_call_whose_worker_died_stays_counted_and_visible(gemini, broker, at) -> None:
    assert budget.reserve(attempt(broker), tokens(), at=at)
    LLMCall.objects.update(created_at=at - timedelta(minutes=6))
    leave(broker, reserved().estimated_cost_usd)
    assert budget.reserve(attempt(broker), tokens(), at=at) is False
    assert LeadAlert.objects.count() == 1


def test_a_failed_attempt_costs_nothing(gemini, broker, at) -> None:
    assert budget.reserve(attempt(broker), tokens(), at=at)
    call = reserved()
    budget.settle(call, RequestUsage(), latency_ms=1, error="TimeoutError")
    leave(broker, Decimal("0.00000001"))
    assert budget.reserve(attempt(broker), tokens(), at=at) is True


def test_without_a_budget_nothing_is_refused(gemini, broker, at) -> None:
    for _ in range(3):
        ask(broker, at)
    assert providers() == ["google"] * 3


def test_a_model_without_a_price_has_a_cap_of_tokens(gemini, broker, at, settings) -> None:
    settings.LLM_MODEL, settings.LLM_UNPRICED_MONTHLY_TOKENS = UNPRICED, 1_500
    for _ in range(3):
        ask(broker, at)
    assert providers() == ["google", "google", "offline"]
    assert set(LLMCall.objects.filter(provider="google").values_list("estimated_cost_usd")) == {
        (None,)
    }
    assert percents() == [50, 100]


def percents() -> list[int]:
    alerts = LeadAlert.objects.filter(kind="llm_budget").order_by("id")
    return [alert.details["percent"] for alert in alerts]


def test_people_are_told_at_50_80_and_100_percent_once_a_month(gemini, broker, at) -> None:
    BrokerPromptConfig.objects.filter(broker=broker).update(monthly_llm_budget_usd=1)
    for part, told in [
        ("0.49", []), ("0.01", [50]), ("0.29", [50]), ("0.01", [50, 80]), ("0.19", [50, 80]),
        ("0.01", [50, 80, 100]), ("0.50", [50, 80, 100]),
    ]:  # fmt: skip
        LLMCallFactory(broker=broker, provider="earlier", estimated_cost_usd=Decimal(part))
        budget.reserve(attempt(broker), tokens(), at=at)
        LLMCall.objects.filter(error=budget.UNSETTLED).delete()
        assert percents() == told
    keys = LeadAlert.objects.order_by("id").values_list("key", flat=True)
    assert list(keys) == ["2026-11:50", "2026-11:80", "2026-11"]


def test_who_passes_two_marks_at_once_is_told_of_the_higher(gemini, broker, at) -> None:
    leave(broker, Decimal("0.15"))
    budget.reserve(attempt(broker), tokens(), at=at)
    assert percents() == [80]
    subject = notices.subject(LeadAlert.objects.get())
    assert subject == "El uso de modelos llegó al 80 % del tope del mes"


def test_the_cap_of_tokens_carries_5000_turns_of_a_month_by_default(settings) -> None:
    assert settings.LLM_UNPRICED_MONTHLY_TOKENS >= 5_000 * 2_500


def test_the_cap_of_tokens_is_each_brokers_own(gemini, broker, rival, at, settings) -> None:
    settings.LLM_MODEL, settings.LLM_UNPRICED_MONTHLY_TOKENS = UNPRICED, 900
    ask(broker, at)
    ask(rival, at)
    assert providers() == ["google", "google"]


@pytest.mark.django_db(transaction=True)
def test_calls_at_the_same_moment_exceed_the_budget_by_less_than_one_call(
    gemini: FakeGemini, broker: Broker, at: datetime
) -> None:
    cost = price(gemini, broker, at)
    leave(broker, cost * 2)
    gemini.delay = 0.2
    answers: list[Any] = race(6, lambda _: ask(broker, at))
    assert all(isinstance(answer, str) and answer for answer in answers)
    spent = sum(call.estimated_cost_usd for call in LLMCall.objects.all())
    assert 1 - cost * 2 < spent < 1 + cost
    assert providers().count("offline") == 6 - providers().count("google")
