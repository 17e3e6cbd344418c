"""Errors for Sentry: their kind and the lines of code, and nobody's values."""

from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import LoggingIntegration

from crm import correlation
from crm.logs import scrubbed

FRAME = ("abs_path", "filename", "function", "module", "lineno", "context_line", "in_app")
EVENT = (
    "event_id",
    "timestamp",
    "platform",
    "level",
    "release",
    "environment",
    "server_name",
    "transaction",
    "sdk",
)


def start(dsn: str) -> None:
    sentry_sdk.init(
        dsn=dsn,
        environment=settings.SENTRY_ENVIRONMENT,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_enabling_integrations=False,
        integrations=[
            DjangoIntegration(),
            CeleryIntegration(),
            LoggingIntegration(level=None, event_level=None),
        ],
        before_send=cleaned,
    )


def cleaned(event: Any, hint: Any) -> Any:
    """The kind of error and the lines of code, tied to our log lines; no value of anybody."""
    found = event.get("exception", {}).get("values", [])
    kept = {name: event[name] for name in EVENT if name in event}
    if "transaction" in kept:
        kept["transaction"] = scrubbed(str(kept["transaction"]))
    return {
        **kept,
        "exception": {"values": [_exception(each) for each in found]},
        "tags": {name: str(value) for name, value in correlation.current().items()},
    }


def _exception(raised: dict[str, Any]) -> dict[str, Any]:
    frames = (raised.get("stacktrace") or {}).get("frames", [])
    return {
        "type": raised.get("type"),
        "module": raised.get("module"),
        "value": "",
        "stacktrace": {
            "frames": [{name: each[name] for name in FRAME if name in each} for each in frames]
        },
    }
