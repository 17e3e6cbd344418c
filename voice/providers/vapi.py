"""Vapi: calls by its REST API, events by its server messages with a shared secret."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from brokers.models import BrokerVoiceConfig, VoiceProvider
from crm.errors import ProviderError
from crm.http import request
from voice.models import CallStatus, Speaker, VoiceCall
from voice.providers import base
from voice.providers.base import CallEvent, Line, Report
from voice.timing import timing_of

SPEAKERS = {"bot": Speaker.BOT, "assistant": Speaker.BOT, "user": Speaker.CUSTOMER}
STATUSES = {
    "queued": CallStatus.INITIATED,
    "ringing": CallStatus.RINGING,
    "in-progress": CallStatus.ANSWERED,
    "forwarding": CallStatus.ANSWERED,
}
UNANSWERED = {
    "customer-did-not-answer": CallStatus.NO_ANSWER,
    "voicemail": CallStatus.NO_ANSWER,
    "customer-busy": CallStatus.BUSY,
    "manually-canceled": CallStatus.CANCELLED,
}
INCOMING = "inboundPhoneCall"
LOOKED_BACK = timedelta(minutes=5)
NEWEST = 100


class Words(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Message(Words):
    role: str = ""
    message: str = ""
    second: float = Field(default=0, alias="secondsFromStart")


class Artifact(Words):
    messages: list[Message] = Field(default_factory=list)
    recording_url: str | None = Field(default=None, alias="recordingUrl")


class Analysis(Words):
    summary: str | None = None


class Monitor(Words):
    control_url: str | None = Field(default=None, alias="controlUrl")


class Customer(Words):
    number: str | None = None


class Call(Words):
    """A call as Vapi's API and every server message show it."""

    id: str = Field(min_length=1, max_length=150)
    type: str | None = None
    customer: Customer | None = None
    status: str | None = None
    ended_reason: str | None = Field(default=None, alias="endedReason")
    metadata: dict[str, Any] | None = None
    started_at: AwareDatetime | None = Field(default=None, alias="startedAt")
    ended_at: AwareDatetime | None = Field(default=None, alias="endedAt")
    cost: Decimal | None = Field(default=None, ge=0)
    artifact: Artifact | None = None
    analysis: Analysis | None = None
    monitor: Monitor | None = None

    @property
    def our_id(self) -> int | None:
        return base.our_id(self.metadata)

    @property
    def caller(self) -> str:
        known = self.type == INCOMING and self.customer is not None
        return (self.customer.number or "")[:30] if known and self.customer else ""


class ServerMessage(Words):
    """What Vapi posts: a status of the call, or its final report."""

    type: str
    call: Call | None = None
    status: str | None = None
    ended_reason: str | None = Field(default=None, alias="endedReason")
    timestamp: float | None = None
    started_at: AwareDatetime | None = Field(default=None, alias="startedAt")
    ended_at: AwareDatetime | None = Field(default=None, alias="endedAt")
    cost: Decimal | None = Field(default=None, ge=0)
    artifact: Artifact | None = None
    analysis: Analysis | None = None

    def moment(self, at: datetime) -> datetime:
        if self.timestamp is None or not 1e12 <= self.timestamp <= 4e12:
            return at
        return datetime.fromtimestamp(self.timestamp / 1000, UTC)


class Posted(Words):
    message: ServerMessage


class Vapi:
    """The adapter of Vapi; ``provider_credentials``: ``api_key`` and ``webhook_secret``."""

    def is_ready(self, config: BrokerVoiceConfig) -> bool:
        given = config.provider_credentials
        has_assistant = bool(config.assistant_id_default or config.assistant_id_by_type)
        keys = bool(given.get("api_key") and given.get("webhook_secret"))
        return keys and has_assistant and bool(config.phone_number_id)

    def verify(self, config: BrokerVoiceConfig, headers: Mapping[str, str], body: bytes) -> bool:
        secret = str(config.provider_credentials.get("webhook_secret") or "")
        given = headers.get("X-Vapi-Secret", "")
        return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())

    def parse(self, body: bytes, *, at: datetime) -> list[CallEvent]:
        message = Posted.model_validate_json(body).message
        if message.call is None:
            return []
        if message.type == "end-of-call-report":
            return [_reported(message.call, message, message.moment(at))]
        if message.type == "status-update" and message.status in STATUSES:
            return [_status(message.call, message.status, message.moment(at))]
        return []

    def start(self, call: VoiceCall, config: BrokerVoiceConfig) -> str:
        told = _ask(config, "POST", "/call", json=_order(call, config))
        try:
            return Call.model_validate(told).id
        except ValueError as error:
            raise ProviderError(retryable=True, reason="no_call_id") from error

    def stop(self, call: VoiceCall, config: BrokerVoiceConfig) -> None:
        """By the address that Vapi gives each call for as long as it lasts."""
        found = _find(call, config)
        control = found and found.monitor and found.monitor.control_url
        if not control:
            raise ProviderError(retryable=False, reason="no_control_url")
        request("POST", control, json={"type": "end-call"})

    def look_up(
        self, call: VoiceCall, config: BrokerVoiceConfig, *, at: datetime
    ) -> CallEvent | None:
        found = _find(call, config)
        if found is None:
            return None
        if found.status == "ended":
            return _reported(found, found, found.ended_at or at)
        return _status(found, found.status or "queued", at)


def _status(call: Call, status: str, at: datetime) -> CallEvent:
    known = STATUSES.get(status, CallStatus.INITIATED)
    return CallEvent(f"{call.id}:{status}", call.our_id, call.id, known, at, caller=call.caller)


def _reported(call: Call, told: Call | ServerMessage, at: datetime) -> CallEvent:
    reason = told.ended_reason or call.ended_reason or ""
    artifact = told.artifact or Artifact()
    report = Report(
        lines=tuple(_lines(artifact.messages)),
        summary=(told.analysis and told.analysis.summary) or "",
        voicemail=reason == "voicemail",
        started_at=told.started_at,
        ended_at=told.ended_at,
        recording_url=artifact.recording_url or "",
        cost_usd=told.cost,
    )
    status = _ended_as(reason, report)
    key = f"{call.id}:report"
    return CallEvent(key, call.our_id, call.id, status, at, reason, report, call.caller)


def _ended_as(reason: str, report: Report) -> CallStatus:
    if reason in UNANSWERED:
        return UNANSWERED[reason]
    answered = any(line.speaker == Speaker.CUSTOMER for line in report.lines)
    if answered or reason in ("customer-ended-call", "assistant-ended-call", "silence-timed-out"):
        return CallStatus.COMPLETED
    went_wrong = "error" in reason or "fail" in reason
    return CallStatus.FAILED if went_wrong else CallStatus.COMPLETED


def _lines(messages: list[Message]) -> list[Line]:
    return [
        Line(
            speaker=SPEAKERS[message.role],
            text=message.message.strip(),
            second=max(message.second, 0),
        )
        for message in messages
        if message.role in SPEAKERS and message.message.strip()
    ]


def _order(call: VoiceCall, config: BrokerVoiceConfig) -> dict[str, Any]:
    """The call to be made; ``metadata`` comes back with every message, and finds it again."""
    hook = reverse("voice-hook", args=[VoiceProvider.VAPI, config.webhook_key])
    secret = str(config.provider_credentials.get("webhook_secret") or "")
    own = {
        "voice": config.voice_config,
        "model": config.model_config,
        "transcriber": config.transcriber_config,
    }
    overrides = {
        "firstMessage": base.first_message(call, config),
        "maxDurationSeconds": int(timing_of(config).max_duration.total_seconds()),
        "artifactPlan": {"recordingEnabled": config.recording_enabled},
        "serverMessages": ["status-update", "end-of-call-report"],
        "server": {
            "url": f"{settings.PUBLIC_URL}{hook}",
            "headers": {"X-Vapi-Secret": secret},
        },
        "variableValues": {"name": call.lead.name or "", "broker": call.broker.name},
        **{name: given for name, given in own.items() if given},
        **config.end_call_config,
    }
    return {
        "assistantId": base.assistant_id(call, config),
        "phoneNumberId": config.phone_number_id,
        "customer": {"number": call.phone},
        "metadata": {"call_id": str(call.pk)},
        "assistantOverrides": overrides,
    }


def _find(call: VoiceCall, config: BrokerVoiceConfig) -> Call | None:
    """The call at Vapi: by its id, or among those of that moment by the id that it carries."""
    try:
        if call.external_call_id:
            return Call.model_validate(_ask(config, "GET", f"/call/{call.external_call_id}"))
        since = ((call.dialled_at or call.created_at) - LOOKED_BACK).astimezone(UTC)
        asked = {"createdAtGe": since.isoformat(), "limit": str(NEWEST)}
        listed = _ask(config, "GET", "/call", params=asked)
        calls = [Call.model_validate(row) for row in listed or []]
    except ProviderError as error:
        if error.data.get("vendor_status") == 404:
            return None
        raise
    except ValueError as error:
        raise ProviderError(retryable=True, reason="not_a_call") from error
    return next((each for each in calls if each.our_id == call.pk), None)


def _ask(config: BrokerVoiceConfig, method: str, path: str, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {base.api_key(config)}"}
    return request(method, f"{settings.VAPI_API_URL}{path}", headers=headers, **options)


base.register(VoiceProvider.VAPI, Vapi())
