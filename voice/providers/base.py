"""The contract of a voice provider, and the one event type that everything above it sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from brokers.models import BrokerVoiceConfig
from crm.errors import ProviderError
from leads import storable
from leads.templating import render
from voice.models import CallStatus, Speaker, VoiceCall

Text = Annotated[str, AfterValidator(storable.text)]


class Line(BaseModel):
    """What one side said, ``second`` seconds into the call."""

    model_config = ConfigDict(frozen=True)

    speaker: Speaker
    text: Text
    second: float = Field(ge=0, allow_inf_nan=False)
    confidence: float | None = Field(default=None, ge=0, le=1)


class Report(BaseModel):
    """The final account of a call."""

    model_config = ConfigDict(frozen=True)

    lines: tuple[Line, ...] = ()
    summary: Text = ""
    voicemail: bool = False
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    recording_url: Text = ""
    cost_usd: Decimal | None = Field(default=None, ge=0, le=100_000)


@dataclass(frozen=True)
class CallEvent:
    """One thing a provider tells of a call.

    ``key`` is unique within broker and provider: the same key again is the same event.
    ``call_id`` is our own id, which the provider carries; ``report`` comes with the last event.
    ``caller`` is who called us, as the network attests; "" where we called.
    """

    key: str
    call_id: int | None
    external_id: str
    status: CallStatus
    at: datetime
    reason: str = ""
    report: Report | None = None
    caller: str = ""


class Adapter(Protocol):
    """Speaks with one provider; nothing above it sees a vendor's field."""

    def is_ready(self, config: BrokerVoiceConfig) -> bool:
        """Whether the broker configured what a call needs."""
        ...

    def verify(self, config: BrokerVoiceConfig, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the provider itself sent these bytes; compared in constant time."""
        ...

    def parse(self, body: bytes, *, at: datetime) -> list[CallEvent]:
        """The events of a webhook's body. Raises ValueError where it is not the vendor's."""
        ...

    def start(self, call: VoiceCall, config: BrokerVoiceConfig) -> str:
        """Have the call made; returns the provider's id. Raises ProviderError."""
        ...

    def stop(self, call: VoiceCall, config: BrokerVoiceConfig) -> None:
        """Hang up a call under way; its end is told as any other. Raises ProviderError."""
        ...

    def look_up(
        self, call: VoiceCall, config: BrokerVoiceConfig, *, at: datetime
    ) -> CallEvent | None:
        """What became of a call that was silent; None where the provider does not know it."""
        ...


_adapters: dict[str, Adapter] = {}


def register(provider: str, adapter: Adapter) -> None:
    _adapters[provider] = adapter


def known(provider: str) -> Adapter | None:
    return _adapters.get(provider)


def is_ready(config: BrokerVoiceConfig) -> bool:
    adapter = known(config.provider)
    return adapter is not None and adapter.is_ready(config)


def adapter_of(provider: str) -> Adapter:
    """The adapter of a call's provider."""
    adapter = known(provider)
    if adapter is None:
        raise ProviderError(retryable=False, reason="provider_not_available")
    return adapter


def first_message(call: VoiceCall, config: BrokerVoiceConfig) -> str:
    """The words that open the call."""
    values = {"name": (call.lead.name or "").partition(" ")[0], "broker": call.broker.name}
    return " ".join(render(config.first_message_template, values).replace(" ,", ",").split())


def our_id(metadata: dict[str, Any] | None) -> int | None:
    """The id of ours that a provider carries in a call's ``metadata``."""
    given = str((metadata or {}).get("call_id", ""))
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def api_key(config: BrokerVoiceConfig) -> str:
    key = str(config.provider_credentials.get("api_key") or "")
    if not key:
        raise ProviderError(retryable=False, reason="no_api_key")
    return key


def assistant_id(call: VoiceCall, config: BrokerVoiceConfig) -> str:
    by_type: Any = config.assistant_id_by_type
    chosen = by_type.get(call.call_purpose) if isinstance(by_type, dict) else None
    return str(chosen or config.assistant_id_default)
