"""What processes count of requests, tasks and vendors; what apps count is declared beside it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings

from crm.metrics.recording import LONG_SECONDS, Histogram

REQUESTS = Histogram(
    "crm_http_request_duration_seconds",
    "How long requests took, by the name of their route.",
    ("route", "method", "status"),
)
TASKS = Histogram(
    "crm_task_duration_seconds",
    "How long tasks ran.",
    ("task", "outcome"),
    LONG_SECONDS,
)
TASK_WAITS = Histogram(
    "crm_task_wait_seconds",
    "How long after they were due tasks began: the queue's delay.",
    ("task",),
    LONG_SECONDS,
)
VENDORS = Histogram(
    "crm_vendor_request_duration_seconds",
    "How long calls to vendors took.",
    ("vendor", "outcome"),
    LONG_SECONDS,
)
ADDRESSES = {
    "telegram": "TELEGRAM_API_URL",
    "whatsapp": "WHATSAPP_API_URL",
    "vapi": "VAPI_API_URL",
    "bland": "BLAND_API_URL",
    "google_calendar": "GOOGLE_CALENDAR_API_URL",
    "google_token": "GOOGLE_TOKEN_URL",
}


@contextmanager
def timed(vendor: str) -> Iterator[None]:
    """Count the block as a call to a vendor, by the kind of error that it ends with."""
    began, outcome = time.perf_counter(), "ok"
    try:
        yield
    except Exception as error:
        outcome = type(error).__name__
        raise
    finally:
        VENDORS.observe(time.perf_counter() - began, vendor, outcome)


def vendor_of(url: str) -> str:
    """Whose address it is; of files and links elsewhere there is one name for all."""
    hosts = {getattr(settings, name): vendor for vendor, name in ADDRESSES.items()}
    return next((vendor for base, vendor in hosts.items() if _host(url) == _host(base)), "other")


def _host(url: str) -> str:
    return urlsplit(url).netloc
