"""The keys in addresses stay out of the logs, and the rest of a line stays."""

import logging

import pytest

from crm.logs import WithoutKeys


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/hooks/telegram/k-1_x/", "/hooks/telegram/…/"),
        ("/hooks/voice/vapi/k-1_x/", "/hooks/voice/vapi/…/"),
        ("/hooks/google/", "/hooks/google/"),
        ("/visit/abc:def/", "/visit/…/"),
        ("/cal/abc.ics", "/cal/…"),
        ("/cuenta/password/MQ/set-password/", "/cuenta/password/MQ/…/"),
        ("/api/v1/leads/7/", "/api/v1/leads/7/"),
    ],
)
def test_a_line_tells_the_address_without_its_key(path: str, told: str) -> None:
    args = ("Forbidden", path)
    record = logging.LogRecord("django.request", 30, "x.py", 1, "%s: %s", args, None)
    assert WithoutKeys().filter(record)
    assert record.getMessage() == f"Forbidden: {told}"
