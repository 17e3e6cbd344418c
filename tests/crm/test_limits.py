"""Limits: counted a window, and never in the way when the cache is."""

import time

import pytest
from django.test import RequestFactory, override_settings

from crm import limits

DEAD_CACHE = {
    "default": {
        "BACKEND": "crm.caching.CountingCache",
        "LOCATION": "redis://127.0.0.1:1/0",
    }
}


def test_what_is_over_the_limit_is_told_and_each_key_counts_by_itself() -> None:
    told = [limits.exceeded("a", limit=3, seconds=3600) for _ in range(5)]
    assert told == [False, False, False, True, True]
    assert limits.exceeded("b", limit=3, seconds=3600) is False


def test_a_new_window_counts_anew(monkeypatch) -> None:
    clock = [1_000_000.0]
    monkeypatch.setattr(limits.time, "time", lambda: clock[0])
    assert [limits.exceeded("a", limit=1, seconds=60) for _ in range(2)] == [False, True]
    clock[0] += 60
    assert limits.exceeded("a", limit=1, seconds=60) is False


def test_without_the_cache_nobody_is_held_up() -> None:
    started = time.monotonic()
    with override_settings(CACHES=DEAD_CACHE):
        assert limits.exceeded("a", limit=0, seconds=60) is False
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "10.0.0.9"),
        (0, "6.6.6.6", "10.0.0.9"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.9"),
        (1, " ", "10.0.0.9"),
    ],
)
def test_an_address_is_believed_as_far_as_our_own_proxies_say_it(
    settings, proxies, forwarded, address
) -> None:
    settings.PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR=forwarded)
    assert limits.address_of(request) == address
