"""When an unanswered call is repeated, and when one that says nothing is given up. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from voice.models import CallStatus, VoiceCall

UNANSWERED = (CallStatus.NO_ANSWER, CallStatus.BUSY)
NEVER_LEFT_US = ("provider_busy", "provider_unreachable")
SILENT_AFTER = timedelta(minutes=5)
GIVEN_UP_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Timing:
    """A BrokerVoiceConfig's ``timing_config``; what it leaves out or garbles is the default."""

    max_duration: timedelta
    attempts_per_day: int
    max_attempts: int
    retry_after: timedelta


def timing_of(config: Any) -> Timing:
    given = config.timing_config if isinstance(config.timing_config, dict) else {}
    return Timing(
        max_duration=timedelta(seconds=_number(given, "max_duration_seconds", 600)),
        attempts_per_day=_number(given, "max_attempts_per_day", 2),
        max_attempts=_number(given, "max_attempts", 3),
        retry_after=timedelta(minutes=_number(given, "retry_minutes", 60)),
    )


def _number(given: dict[str, Any], name: str, default: int) -> int:
    value = given.get(name)
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100_000
    return value if fits and isinstance(value, int) else default


def next_attempt(
    call: VoiceCall, status: CallStatus, reason: str, timing: Timing, at: datetime
) -> datetime | None:
    """When to call again after a call that ended so; None: not at all."""
    missed = status in UNANSWERED or (status == CallStatus.FAILED and reason in NEVER_LEFT_US)
    if call.is_incoming or not missed or call.attempt >= timing.max_attempts:
        return None
    return at + timing.retry_after


def is_silent(call: VoiceCall, timing: Timing, at: datetime) -> bool:
    """Whether a call at the provider should have told more of itself by now."""
    if call.dialled_at is None:
        return False
    patience = SILENT_AFTER
    if call.status == CallStatus.ANSWERED:
        patience += timing.max_duration
    return at - call.dialled_at > patience
