"""The one door of a call's status: placed once, taken to the provider once, only ever forward."""

import logging
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from brokers.models import BrokerVoiceConfig
from crm import correlation
from crm.errors import ProviderError
from crm.queues import in_turn
from leads import agenda, gate
from leads.activity import log
from leads.enums import Actor
from leads.models import Conversation, Lead
from leads.signals import announce
from voice import signals
from voice.errors import CallRefused, KeyTaken, NotCancellable, NotUnderWay
from voice.models import UNDER_WAY, CallPurpose, CallStatus, VoiceCall
from voice.providers.base import adapter_of, is_ready
from voice.timing import next_attempt, timing_of

logger = logging.getLogger(__name__)

BUSY_LINE = timedelta(minutes=1)
UNKNOWN = "outcome_unknown"


@transaction.atomic
def place(
    lead: Lead,
    *,
    purpose: CallPurpose | str,
    intent_key: str,
    at: datetime,
    by: Any = None,
    retries: VoiceCall | None = None,
) -> VoiceCall:
    """Ask for a call to a lead; the same ``intent_key`` again gives the first call back.

    Raises CallRefused (with ``reason`` and ``next_allowed_at``), and then leaves no row.
    """
    known = _placed(lead, intent_key)
    if known:
        return known
    # Calls of a broker are placed one by one: its limits are exact.
    configs = BrokerVoiceConfig.objects.select_for_update(of=("self",), no_key=True)
    config = configs.get(broker=lead.broker_id)
    known = _placed(lead, intent_key)
    if known:
        return known
    _refuse_unless_allowed(_fresh(lead), config, at)
    call = _create(lead, config, purpose, intent_key, at, by, retries)
    told = {"call": call.pk, "purpose": str(purpose), "attempt": call.attempt}
    log(lead, "call_placed", actor=Actor.HUMAN if by else Actor.SYSTEM, user=by, at=at, **told)
    announce(signals.call_placed, call_id=call.pk)
    return call


def _placed(lead: Lead, intent_key: str) -> VoiceCall | None:
    known: VoiceCall | None = VoiceCall.objects.filter(intent_key=intent_key).first()
    if known and known.lead_id != lead.pk:
        raise KeyTaken
    return known


def _fresh(lead: Lead) -> Lead:
    Conversation.objects.get_or_create(lead=lead, defaults={"broker_id": lead.broker_id})
    related = ("broker__brokerleadconfig", "conversation")
    fresh: Lead = Lead.objects.select_related(*related).get(pk=lead.pk)
    return fresh


def _refuse_unless_allowed(lead: Lead, config: BrokerVoiceConfig, at: datetime) -> None:
    verdict = gate.may_call(lead, at)
    if not verdict.allowed:
        raise CallRefused(verdict.reason, verdict.next_allowed_at)
    today = VoiceCall.objects.filter(lead=lead, created_at__gte=midnight(lead, at))
    today = today.exclude(status=CallStatus.CANCELLED).exclude(is_incoming=True)
    calling = VoiceCall.objects.filter(broker=lead.broker_id, status__in=UNDER_WAY)
    require_line(
        lead,
        config,
        at,
        under_way=calling.filter(lead=lead).exists(),
        today=today.count(),
        calling=calling.count(),
    )


def require_line(
    lead: Lead,
    config: BrokerVoiceConfig,
    at: datetime,
    *,
    under_way: bool,
    today: int,
    calling: int,
) -> None:
    """What a call needs besides the gate, of figures that were counted: raises CallRefused.

    ``under_way`` is a call of the lead's, ``today`` how many they had, ``calling`` the broker's.
    """
    if not is_ready(config):
        raise CallRefused("provider_not_ready")
    if under_way:
        raise CallRefused("call_under_way", at + BUSY_LINE)
    if today >= timing_of(config).attempts_per_day:
        tomorrow = midnight(lead, at) + timedelta(days=1)
        raise CallRefused("attempts_per_day", gate.hours_of(lead).next_open(tomorrow))
    if calling >= config.max_concurrent_calls:
        raise CallRefused("concurrency", at + BUSY_LINE)


def midnight(lead: Lead, at: datetime) -> datetime:
    """When the lead's day began."""
    local = at.astimezone(ZoneInfo(lead.timezone or lead.broker.timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _create(
    lead: Lead,
    config: BrokerVoiceConfig,
    purpose: CallPurpose | str,
    intent_key: str,
    at: datetime,
    by: Any,
    retries: VoiceCall | None,
) -> VoiceCall:
    first = None if retries is None else retries.retry_of_id or retries.pk
    never_rang = retries is not None and retries.status == CallStatus.CANCELLED
    call = VoiceCall(
        broker_id=lead.broker_id,
        lead=lead,
        provider=config.provider,
        intent_key=intent_key,
        call_purpose=CallPurpose(purpose),
        caller_id_class=config.caller_id_class,
        phone=lead.phone_e164 or "",
        placed_by=by,
        attempt=1 if retries is None else retries.attempt + (not never_rang),
        retry_of_id=first,
        created_at=at,
    )
    try:
        with transaction.atomic():
            call.save(force_insert=True)
    except IntegrityError as error:  # another broker took the key at this moment
        raise KeyTaken from error
    return call


def start(call_id: int, *, at: datetime) -> bool:
    """Take a placed call to its provider; False when it is not ours to start.

    Claimed before the provider is asked and never claimed again: a call whose start nobody saw
    is looked up, not repeated.
    """
    if not _claim(call_id, at):
        return False
    call = VoiceCall.objects.select_related("broker__brokervoiceconfig").get(pk=call_id)
    correlation.bind(broker_id=call.broker_id)
    verdict = gate.may_call(_fresh(call.lead), at, ignore_call=call.pk)
    if not verdict.allowed:
        _withhold(call, verdict, at)
        return False
    try:
        external_id = adapter_of(call.provider).start(call, call.broker.brokervoiceconfig)
    except ProviderError as error:
        _not_started(call, error, at)
        return False
    name_external(call, external_id)
    return True


@transaction.atomic
def _withhold(call: VoiceCall, verdict: gate.Verdict, at: datetime) -> None:
    """What the gate refuses at the last moment is not dialled, and the lead's story says why."""
    changes = {"reason": verdict.reason, "retry_at": verdict.next_allowed_at}
    if _advance(call, CallStatus.CANCELLED, at, completed_at=at, **changes):
        told = {"call": call.pk, "reason": verdict.reason}
        log(call.lead, "call_cancelled", actor=Actor.SYSTEM, at=at, **told)


def _claim(call_id: int, at: datetime) -> bool:
    waiting = VoiceCall.objects.filter(
        pk=call_id, status=CallStatus.INITIATED, dialled_at__isnull=True
    )
    return bool(waiting.update(dialled_at=at, started_at=at, updated_at=at))


def _not_started(call: VoiceCall, error: ProviderError, at: datetime) -> None:
    """A clear no ends the call; where the provider may have taken it, it is looked up later."""
    status, reason = error.data.get("vendor_status"), error.data.get("reason", "")
    logger.warning("call %s not started: %s", call.pk, status or reason)
    if status == 429:
        end(call, CallStatus.FAILED, reason="provider_busy", at=at)
    elif reason == "ConnectError":
        end(call, CallStatus.FAILED, reason="provider_unreachable", at=at)
    elif not error.retryable:
        end(call, CallStatus.FAILED, reason=f"provider_refused {status or reason}"[:100], at=at)


def name_external(call: VoiceCall, external_id: str) -> None:
    """Keep the provider's id of a call; the first one stands."""
    unnamed = VoiceCall.objects.filter(pk=call.pk, external_call_id__isnull=True)
    try:
        with transaction.atomic():
            unnamed.update(external_call_id=external_id[:200])
    except IntegrityError:
        logger.warning("call %s: the provider's id belongs to another call", call.pk)


def progress(call: VoiceCall, to: CallStatus | str, *, at: datetime) -> bool:
    """Follow what the provider tells of a call under way; False when that is no news."""
    target = CallStatus(to)
    if target.is_over:
        return end(call, target, at=at)
    return _advance(call, target, at)


def end(
    call: VoiceCall, status: CallStatus, *, at: datetime, reason: str = "", **told: Any
) -> bool:
    """Close a call, and plan its retry where nobody was reached; only the first end counts."""
    config = BrokerVoiceConfig.objects.get(broker=call.broker_id)
    again = next_attempt(call, status, reason, timing_of(config), at)
    changes = {"completed_at": at, "reason": reason, "retry_at": again, **told}
    return _advance(call, status, at, **changes)


@transaction.atomic
def _advance(call: VoiceCall, to: CallStatus, at: datetime, **changes: Any) -> bool:
    """Compare and swap: a status is only ever replaced by a later one."""
    if to.is_over:  # the lead before the call, as everywhere
        Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=call.lead_id)
    earlier = UNDER_WAY if to.is_over else UNDER_WAY[: UNDER_WAY.index(to)]
    before = Q(status__in=earlier)
    if to.is_over:  # that nobody knew the outcome was our guess: the provider's word replaces it
        before |= Q(status=CallStatus.FAILED, reason=UNKNOWN)
    behind = VoiceCall.objects.filter(before, pk=call.pk)
    if not behind.update(status=to, updated_at=at, **changes):
        return False
    call.status = to
    if to.is_over:
        agenda.refresh([call.lead_id], at=at)
    return True


@transaction.atomic
def cancel(call: VoiceCall, *, at: datetime, reason: str = "", by: Any = None) -> VoiceCall:
    """Withdraw a call that has not left yet, or its planned retry."""
    Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=call.lead_id)
    undialled = VoiceCall.objects.filter(pk=call.pk, dialled_at__isnull=True)
    withdrawn = undialled.filter(status=CallStatus.INITIATED).update(
        status=CallStatus.CANCELLED, reason=reason[:100], completed_at=at, updated_at=at
    )
    planned = VoiceCall.objects.filter(pk=call.pk, retry_at__isnull=False)
    if not planned.update(retry_at=None, updated_at=at) and not withdrawn:
        raise NotCancellable
    agenda.refresh([call.lead_id], at=at)
    actor = Actor.HUMAN if by else Actor.SYSTEM
    log(call.lead, "call_cancelled", actor=actor, user=by, at=at, call=call.pk, reason=reason)
    call.refresh_from_db()
    return call


def hang_up(call: VoiceCall, *, at: datetime, by: Any) -> None:
    """Have the provider end a call under way; its final report then closes it as any other's.

    Raises NotUnderWay, or ProviderError where the provider does not hang up.
    """
    if call.status not in UNDER_WAY or not call.external_call_id:
        raise NotUnderWay
    adapter_of(call.provider).stop(call, call.broker.brokervoiceconfig)
    log(call.lead, "call_hung_up", actor=Actor.HUMAN, user=by, at=at, call=call.pk)


def not_started(*, at: datetime, limit: int = 500) -> list[int]:
    """Placed calls that no worker has taken up."""
    return list(in_turn(owed(at), "id").values_list("id", flat=True)[:limit])


def owed(at: datetime) -> QuerySet[VoiceCall]:
    return VoiceCall.objects.filter(
        status=CallStatus.INITIATED, dialled_at__isnull=True, created_at__lte=at
    )
