"""Bland: calls by its REST API, told by one signed webhook when a call is over."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field

from brokers.models import BrokerVoiceConfig, VoiceProvider
from crm.errors import ProviderError
from crm.http import request
from voice.models import CallStatus, Speaker, VoiceCall
from voice.providers import base
from voice.providers.base import CallEvent, Line, Report
from voice.timing import timing_of

SIGNATURE = "X-Webhook-Signature"
SPEAKERS = {"assistant": Speaker.BOT, "robot": Speaker.BOT, "user": Speaker.CUSTOMER}
# How Bland says that nobody was spoken to, and the word that all providers' calls end with here.
UNANSWERED = {
    "voicemail": (CallStatus.NO_ANSWER, "voicemail"),
    "no-answer": (CallStatus.NO_ANSWER, "customer-did-not-answer"),
    "busy": (CallStatus.BUSY, "customer-busy"),
    "canceled": (CallStatus.CANCELLED, "manually-canceled"),
    "failed": (CallStatus.FAILED, "call-failed"),
}
ENDED_BY = {"USER": "customer-ended-call", "ASSISTANT": "assistant-ended-call"}
LOOKED_AT = 20


class Words(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Phrase(Words):
    user: str = ""
    text: str = ""
    created_at: AwareDatetime | None = None


class Call(Words):
    """A call as ``GET /v1/calls/{id}`` and the webhook at its end show it."""

    id: str = Field(min_length=1, max_length=150, validation_alias=AliasChoices("call_id", "c_id"))
    completed: bool = False
    status: str | None = None
    queue_status: str | None = None
    answered_by: str | None = None
    call_ended_by: str | None = None
    error_message: str | None = None
    metadata: dict[str, Any] | None = None
    transcripts: list[Phrase] = Field(default_factory=list)
    summary: str | None = None
    recording_url: str | None = None
    price: Decimal | None = Field(default=None, ge=0)
    started_at: AwareDatetime | None = None
    corrected_duration: float | None = Field(default=None, ge=0, le=86_400)
    call_length: float | None = Field(default=None, ge=0, le=1_440)

    @property
    def is_over(self) -> bool:
        return self.completed or self.status == "completed" or self.status in UNANSWERED

    @property
    def ended_at(self) -> datetime | None:
        """Bland's own ``end_at`` is when the call would have been cut off."""
        seconds = self.corrected_duration
        if seconds is None and self.call_length is not None:
            seconds = self.call_length * 60
        if self.started_at is None or seconds is None:
            return None
        return self.started_at + timedelta(seconds=seconds)


class Bland:
    """The adapter of Bland; ``provider_credentials``: ``api_key`` and ``webhook_secret``."""

    def is_ready(self, config: BrokerVoiceConfig) -> bool:
        given = config.provider_credentials
        keys = bool(given.get("api_key") and given.get("webhook_secret"))
        has_pathway = bool(config.assistant_id_default or config.assistant_id_by_type)
        return keys and (has_pathway or bool(config.model_config.get("task")))

    def verify(self, config: BrokerVoiceConfig, headers: Mapping[str, str], body: bytes) -> bool:
        secret = str(config.provider_credentials.get("webhook_secret") or "")
        signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        given = headers.get(SIGNATURE, "")
        return bool(secret) and hmac.compare_digest(given.encode(), signed.encode())

    def parse(self, body: bytes, *, at: datetime) -> list[CallEvent]:
        call = Call.model_validate_json(body)
        return [_reported(call, at)] if call.is_over else []

    def start(self, call: VoiceCall, config: BrokerVoiceConfig) -> str:
        told = _ask(config, "POST", "/calls", json=_order(call, config))
        if isinstance(told, dict) and told.get("status") == "error":
            raise ProviderError(retryable=False, reason="rejected")
        try:
            return Call.model_validate(told).id
        except ValueError as error:
            raise ProviderError(retryable=True, reason="no_call_id") from error

    def stop(self, call: VoiceCall, config: BrokerVoiceConfig) -> None:
        _ask(config, "POST", f"/calls/{call.external_call_id}/stop")

    def look_up(
        self, call: VoiceCall, config: BrokerVoiceConfig, *, at: datetime
    ) -> CallEvent | None:
        found = _find(call, config)
        if found is None:
            return None
        if found.is_over:
            return _reported(found, found.ended_at or at)
        status = CallStatus.INITIATED if found.started_at is None else CallStatus.ANSWERED
        key = f"{found.id}:{status}"
        return CallEvent(key, base.our_id(found.metadata), found.id, status, at)


def _reported(call: Call, at: datetime) -> CallEvent:
    status, reason = _ended_as(call)
    report = Report(
        lines=tuple(_lines(call)),
        summary=call.summary or "",
        voicemail=reason == "voicemail",
        started_at=call.started_at,
        ended_at=call.ended_at,
        recording_url=call.recording_url or "",
        cost_usd=call.price,
    )
    ours = base.our_id(call.metadata)
    return CallEvent(f"{call.id}:report", ours, call.id, status, at, reason, report)


def _ended_as(call: Call) -> tuple[CallStatus, str]:
    for told in (call.answered_by, call.status):
        if told in UNANSWERED:
            return UNANSWERED[told]
    if call.error_message:
        return UNANSWERED["failed"]
    return CallStatus.COMPLETED, ENDED_BY.get(call.call_ended_by or "", "")


def _lines(call: Call) -> list[Line]:
    said = [each for each in call.transcripts if each.user in SPEAKERS and each.text.strip()]
    began = call.started_at or next((each.created_at for each in said if each.created_at), None)
    return [
        Line(
            speaker=SPEAKERS[each.user],
            text=each.text.strip(),
            second=_seconds(began, each.created_at),
        )
        for each in said
    ]


def _seconds(began: datetime | None, at: datetime | None) -> float:
    return max((at - began).total_seconds(), 0) if began and at else 0


def _order(call: VoiceCall, config: BrokerVoiceConfig) -> dict[str, Any]:
    """The call to be made; ``metadata`` comes back with its end, and finds it again."""
    hook = reverse("voice-hook", args=[VoiceProvider.BLAND, config.webhook_key])
    pathway = base.assistant_id(call, config)
    return {
        "language": "es",
        **config.voice_config,
        **config.model_config,
        **config.transcriber_config,
        **config.end_call_config,
        **({"pathway_id": pathway} if pathway else {}),
        **({"from": config.phone_number_id} if config.phone_number_id else {}),
        "phone_number": call.phone,
        "first_sentence": base.first_message(call, config),
        "max_duration": max(round(timing_of(config).max_duration.total_seconds() / 60), 1),
        "record": config.recording_enabled,
        "answered_by_enabled": True,
        "webhook": f"{settings.PUBLIC_URL}{hook}",
        "metadata": {"call_id": str(call.pk)},
        "request_data": {"name": call.lead.name or "", "broker": call.broker.name},
    }


def _find(call: VoiceCall, config: BrokerVoiceConfig) -> Call | None:
    """The call at Bland: by its id, or among those to that number by the id that it carries."""
    try:
        if call.external_call_id:
            return _details(config, call.external_call_id)
        dialled = (call.dialled_at or call.created_at).astimezone(UTC)
        asked = {"to_number": call.phone, "start_date": dialled.date().isoformat()}
        listed = _ask(config, "GET", "/calls", params={**asked, "limit": str(LOOKED_AT)})
        ids = [Call.model_validate(row).id for row in (listed or {}).get("calls", [])]
        # The list leaves ``metadata`` out: each is asked for.
        found = (_details(config, external_id) for external_id in ids[:LOOKED_AT])
        return next((each for each in found if base.our_id(each.metadata) == call.pk), None)
    except ProviderError as error:
        if error.data.get("vendor_status") == 404:
            return None
        raise
    except (ValueError, AttributeError) as error:
        raise ProviderError(retryable=True, reason="not_a_call") from error


def _details(config: BrokerVoiceConfig, external_id: str) -> Call:
    return Call.model_validate(_ask(config, "GET", f"/calls/{external_id}"))


def _ask(config: BrokerVoiceConfig, method: str, path: str, **options: Any) -> Any:
    key = base.api_key(config)
    url = f"{settings.BLAND_API_URL}/v1{path}"
    return request(method, url, headers={"Authorization": key}, **options)


base.register(VoiceProvider.BLAND, Bland())
