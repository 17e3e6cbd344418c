"""Limits: counted a window, and never in the way when the cache is."""

import re
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import resolve

from brokers.models import Broker, BrokerVoiceConfig, ChannelHook
from crm import limits
from tests.addresses import Address, every_address
from tests.factories import make_row

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


# --- Pages for anybody -------------------------------------------------------------------------

# Of addresses that nobody need sign in for: what bounds them where ``limits.of_view`` does not.
BOUNDED_OTHERWISE = {
    "/static/": "files from memory and disk, which no view answers",
    "/api/": "the API's throttles, per user or address",
}
PUBLIC = [address for address in every_address() if address.is_public]


def name_at(path: str) -> str:
    return resolve(path).view_name


def filled(limit: limits.Limit) -> None:
    limits.over(limits.Limit(limit.key, limit.most, limit.seconds, count=limit.most))


def asked_from(client: Client, path: str, address: str) -> HttpResponse:
    return client.get(path, REMOTE_ADDR=address)


def path_of(address: Address) -> str:
    return address.path({"slug": "andes", "uidb64": "MQ", "token": "token", "provider": "vapi"})


@pytest.mark.django_db
@pytest.mark.parametrize("address", PUBLIC, ids=lambda address: address.template)
def test_every_public_address_has_a_limit_that_tells(address: Address, client: Client) -> None:
    path = path_of(address)
    if path.startswith(tuple(BOUNDED_OTHERWISE)) and not path.startswith("/api/docs"):
        return
    request = RequestFactory().get(path, REMOTE_ADDR="10.7.7.7")
    limit = limits.of_view(request, name_at(path))
    if limit is None:
        assert limits.UNCOUNTED[name_at(path)]
        return
    filled(limit)
    refused = asked_from(client, path, "10.7.7.7")
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert asked_from(client, path, "10.7.7.8").status_code != 429


def test_what_is_not_counted_exists() -> None:
    names = {name_at(path_of(address)) for address in PUBLIC}
    assert set(limits.UNCOUNTED) <= names


@pytest.mark.django_db
@pytest.mark.parametrize("vendor", ["telegram", "whatsapp", "voice/vapi"])
def test_unknown_webhook_keys_are_limited_and_known_ones_never(
    client: Client, broker: Broker, vendor: str
) -> None:
    known = make_row(ChannelHook, broker, channel="telegram", key="known").key
    BrokerVoiceConfig.objects.filter(broker=broker).update(webhook_key=known)
    tried = [
        client.post(f"/hooks/{vendor}/guess-{number}/", REMOTE_ADDR="10.7.7.7").status_code
        for number in range(limits.UNKNOWN_PER_MINUTE + 1)
    ]
    assert tried == [404] * limits.UNKNOWN_PER_MINUTE + [429]
    refused = client.post(f"/hooks/{vendor}/another/", REMOTE_ADDR="10.7.7.7")
    assert int(refused["Retry-After"]) <= 60
    for address in ("/hooks/telegram/known/", "/hooks/voice/vapi/known/"):
        # Unsigned, and so refused for that; the limit is not what refuses it.
        assert client.post(address, REMOTE_ADDR="10.7.7.7").status_code == 403
