"""A provider for laptops and demos: plays whole scripted calls through our own signed webhook."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from brokers.models import BrokerVoiceConfig, VoiceProvider
from crm.errors import ProviderError
from crm.http import request
from leads.signals import announce
from voice import signals
from voice.models import CallStatus, VoiceCall
from voice.providers import base
from voice.providers.base import CallEvent, Report
from voice.providers.scripts import COST_PER_MINUTE, Script, script_for

SIGNATURE = "X-Signature"
RINGS_AFTER = timedelta(seconds=2)
ANSWERS_AFTER = timedelta(seconds=7)


class Posted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    event: str = Field(min_length=1, max_length=100)
    call: int = Field(ge=1, lt=2**63)
    status: CallStatus
    at: AwareDatetime
    reason: str = Field(default="", max_length=100)
    report: Report | None = None


class Simulated:
    """Signs with a key of this installation, so that nobody else can play a call."""

    def is_ready(self, config: BrokerVoiceConfig) -> bool:
        return True

    def verify(self, config: BrokerVoiceConfig, headers: Mapping[str, str], body: bytes) -> bool:
        given = headers.get(SIGNATURE, "")
        return hmac.compare_digest(given.encode(), signature(config, body).encode())

    def parse(self, body: bytes, *, at: datetime) -> list[CallEvent]:
        told = Posted.model_validate_json(body)
        external = external_id(told.call)
        key = f"{external}:{told.event}"
        return [CallEvent(key, told.call, external, told.status, told.at, told.reason, told.report)]

    def start(self, call: VoiceCall, config: BrokerVoiceConfig) -> str:
        announce(signals.simulation_due, call_id=call.pk)
        return external_id(call.pk)

    def stop(self, call: VoiceCall, config: BrokerVoiceConfig) -> None:
        """A play is over before anybody could interrupt it."""
        raise ProviderError(retryable=False, reason="already_over")

    def look_up(
        self, call: VoiceCall, config: BrokerVoiceConfig, *, at: datetime
    ) -> CallEvent | None:
        """A play that did not arrive is not remembered anywhere."""
        return None


def external_id(call_id: int) -> str:
    return f"simulated-{call_id}"


def signature(config: BrokerVoiceConfig, body: bytes) -> str:
    key = salted_hmac("voice.simulated", config.webhook_key, algorithm="sha256").digest()
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def play(call: VoiceCall, config: BrokerVoiceConfig) -> None:
    """Post every event of the call's script, in order, as a provider would."""
    script = script_for(call.lead_id, call.attempt, config.voice_config.get("script"))
    for event in events_of(call, config, script):
        post(config, json.dumps(event).encode())


def post(config: BrokerVoiceConfig, body: bytes) -> None:
    """Raises ProviderError where our own web does not answer."""
    hook = reverse("voice-hook", args=[VoiceProvider.SIMULATED, config.webhook_key])
    headers = {"Content-Type": "application/json", SIGNATURE: signature(config, body)}
    request("POST", f"{settings.PUBLIC_URL}{hook}", content=body, headers=headers)


def events_of(call: VoiceCall, config: BrokerVoiceConfig, script: Script) -> list[dict[str, Any]]:
    """The bodies of the webhooks that tell the script as this call."""
    dialled = call.dialled_at or call.created_at
    answered = dialled + ANSWERS_AFTER
    opening = base.first_message(call, config)
    events = [_event(call, CallStatus.RINGING, dialled + RINGS_AFTER)]
    if script.status == CallStatus.COMPLETED:
        events.append(_event(call, CallStatus.ANSWERED, answered))
    seconds = script.seconds(opening)
    ended = answered + timedelta(seconds=seconds)
    report = {
        "lines": _lines(script, opening),
        "voicemail": script.voicemail,
        "started_at": answered.isoformat() if seconds else None,
        "ended_at": ended.isoformat(),
        "cost_usd": str(round(Decimal(seconds * COST_PER_MINUTE / 60), 4)),
    }
    last = _event(call, script.status, ended)
    return [*events, {**last, "event": "report", "reason": script.reason, "report": report}]


def _event(call: VoiceCall, status: CallStatus, at: datetime) -> dict[str, Any]:
    told = {"event": status.value, "call": call.pk, "status": status.value}
    return {**told, "at": at.isoformat()}


def _lines(script: Script, opening: str) -> list[dict[str, Any]]:
    """How sure the ear was varies with the words, the same way each time."""
    return [
        {
            "speaker": speaker,
            "text": words,
            "second": second,
            "confidence": round(0.86 + len(words) % 12 / 100, 2),
        }
        for speaker, words, second in script.timed(opening)
    ]


base.register(VoiceProvider.SIMULATED, Simulated())
