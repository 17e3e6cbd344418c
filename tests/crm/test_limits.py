"""Limits: counted a window, and never in the way when the cache is."""

import re
import time
from pathlib import Path

import pytest
from django.conf import settings
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
    monkeypatch.setattr(limits, "now", lambda: clock[0])
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
        (1, "6.6.6.6, nada", "10.0.0.9"),
        (1, "6.6.6.6,", "10.0.0.9"),
        (1, "1.2.3.4\x00", "10.0.0.9"),
        (1, "1.2.3.4:50123", "1.2.3.4"),
        (1, "[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::"),
        (1, "2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        (1, "2001:DB8:1:2::", "2001:db8:1:2::"),
        (1, "::ffff:1.2.3.4", "1.2.3.4"),
        (1, "1" * 10_000, "10.0.0.9"),
        (-1, "6.6.6.6", "10.0.0.9"),
    ],
)
def test_an_address_is_believed_as_far_as_our_own_proxies_say_it(
    settings, proxies, forwarded, address
) -> None:
    settings.PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR=forwarded)
    assert limits.address_of(request) == address


def test_nothing_else_reads_the_address_of_a_caller() -> None:
    root = Path(limits.__file__).parent.parent
    readers = {
        path.relative_to(root).as_posix()
        for app in settings.INSTALLED_APPS
        if (root / app).is_dir()
        for path in (root / app).rglob("*.py")
        if re.search("REMOTE_ADDR|FORWARDED_FOR|Forwarded-For|get_ident|ipware", path.read_text())
    }
    assert readers == {"crm/limits.py", "crm/web/front.py"}  # the latter hands it over, unread
