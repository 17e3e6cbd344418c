"""What a forecast's messages and calls would cost, from what the broker's own did cost so far."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Avg, F, Sum
from pydantic_ai.usage import RequestUsage

from brokers.models import Broker
from campaigns.forecast import Line
from campaigns.models import CampaignStep, Foreseen, StepAction
from campaigns.readiness import channel_of, has_approval
from leads.enums import Channel
from llm import gateway, pricing, prompts, vendors
from llm.models import CallType, LLMCall
from voice.models import CallStatus, VoiceCall

LOOK_BACK = timedelta(days=90)
# Where the broker has no calls or drafts of its own to go by.
USUAL_CALL = timedelta(minutes=2)
USUAL_CONTEXT_TOKENS = 500
USUAL_OUTPUT_TOKENS = 80
CHARACTERS_A_TOKEN = 4
TALKS = (StepAction.SEND_MESSAGE, StepAction.SCHEDULE_MEETING)
CENT = Decimal("0.0001")


@dataclass(frozen=True)
class Unit:
    """What one draft and one call are worth. A price of None is not known."""

    input_tokens: int
    output_tokens: int
    draft_usd: Decimal | None
    call_length: timedelta
    minute_usd: Decimal | None


def unit(broker: Broker, *, at: datetime) -> Unit:
    """Averages of the last 90 days, else what is usual."""
    since = at - LOOK_BACK
    given, written = _draft_tokens(broker, since)
    return Unit(given, written, _draft_price(broker, given, written), *_call(broker, since))


def _draft_tokens(broker: Broker, since: datetime) -> tuple[int, int]:
    """Of one draft; without a key for a vendor none is written."""
    if not gateway.specs_of(broker, CallType.CAMPAIGN):
        return 0, 0
    drafts = LLMCall.objects.filter(
        broker=broker, call_type=CallType.CAMPAIGN, error="", created_at__gte=since
    ).exclude(provider=pricing.OFFLINE)
    usual = drafts.aggregate(given=Avg("input_tokens"), written=Avg("output_tokens"))
    if usual["given"]:
        return round(usual["given"]), round(usual["written"])
    prompt = prompts.base_prompt(broker, prompts.active_version(broker))
    return len(prompt) // CHARACTERS_A_TOKEN + USUAL_CONTEXT_TOKENS, USUAL_OUTPUT_TOKENS


def _draft_price(broker: Broker, given: int, written: int) -> Decimal | None:
    if not given:
        return Decimal(0)
    spec = gateway.specs_of(broker, CallType.CAMPAIGN)[0]
    usage = RequestUsage(input_tokens=given, output_tokens=written)
    return pricing.cost_usd(vendors.vendor_of(spec), vendors.name_of(spec), usage)


def _call(broker: Broker, since: datetime) -> tuple[timedelta, Decimal | None]:
    made = VoiceCall.objects.filter(
        broker=broker, status=CallStatus.COMPLETED, created_at__gte=since, duration__gt=0
    )
    seconds = made.aggregate(usual=Avg("duration"))["usual"]
    priced = made.filter(cost_usd__isnull=False)
    paid = priced.aggregate(usd=Sum("cost_usd"), seconds=Sum(F("duration")))
    minute = paid["usd"] * 60 / paid["seconds"] if paid["seconds"] else None
    return (timedelta(seconds=seconds) if seconds else USUAL_CALL), minute


def of(unit: Unit, steps: list[CampaignStep], counts: dict[int, int]) -> dict[str, Any]:
    """Totals of what will run, by how often each step does; None where a price is not known."""
    drafts = calls = templates = messages = 0
    for step in steps:
        runs = counts.get(step.pk, 0)
        if step.action == StepAction.MAKE_CALL:
            calls += runs
        elif step.action in TALKS:
            messages += runs
            drafts += runs if step.use_ai_message else 0
            charged = channel_of(step) == Channel.WHATSAPP and has_approval(step)
            templates += runs if charged else 0
    minutes = Decimal(calls) * Decimal(unit.call_length.total_seconds()) / 60
    prices = {"drafts": _times(unit.draft_usd, drafts), "calls": _times(unit.minute_usd, minutes)}
    unknown = [what for what, price in prices.items() if price is None]
    usd = sum((price for price in prices.values() if price is not None), Decimal(0))
    return {
        "messages": messages,
        "calls": calls,
        "call_minutes": float(round(minutes, 1)),
        "whatsapp_templates": templates,
        "drafts": drafts,
        "input_tokens": drafts * unit.input_tokens,
        "output_tokens": drafts * unit.output_tokens,
        "cost_usd": float(usd.quantize(CENT)),
        "cost_clp": int(usd * settings.CLP_PER_USD),
        "clp_per_usd": float(settings.CLP_PER_USD),
        # Meta bills templates to the broker's own account, at prices that it does not publish to us.
        "unpriced": [*unknown, *(["whatsapp_templates"] if templates else [])],
    }


def _times(price: Decimal | None, many: Decimal | int) -> Decimal | None:
    return Decimal(0) if not many else None if price is None else price * many


def runs_by_step(lines: Iterable[Line]) -> dict[int, int]:
    run = (line.step_id for line in lines if line.outcome == Foreseen.WILL_RUN)
    return Counter(step for step in run if step is not None)
