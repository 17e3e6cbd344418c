"""Counting limits per key and window, which fail open when the cache is away."""

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Network, ip_address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from crm import outage
from crm.errors import TooMany

log = logging.getLogger(__name__)

_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+")  # as some proxies write it


# What one address may ask of a page of ours in a minute. An office or a carrier's customers may
# share one address: people never come near it, a program that asks without end does.
PER_MINUTE = 600
# How many addresses that do not exist, keys and tokens included, one caller may try in a minute.
UNKNOWN_PER_MINUTE = 120
OPEN_IN_ADMIN = ("admin:login", "admin_password_reset")
# Views whose callers are not counted here, each with what bounds them instead.
UNCOUNTED = {
    "live": "answers from memory; containers ask it",
    "metrics": "asks for a token first, and compares it without the database",
    "chat-messages": "counts visitors and addresses by itself, by the brokerage's own limits",
    "hook-telegram": "a vendor's many messages come from few addresses; unknown keys are counted",
    "hook-whatsapp": "as hook-telegram",
    "voice-hook": "as hook-telegram",
    "google-hook": "as hook-telegram; a channel that is not ours is refused without the database",
}


def now() -> float:
    """Seconds since 1970: what the windows are counted by."""
    return time.time()


@dataclass(frozen=True)
class Limit:
    """So many under one key in each window of so many seconds; ``count`` of them at once now."""

    key: str
    most: int
    seconds: int
    count: int = 1

    @property
    def counter(self) -> str:
        """The name of the current window."""
        return f"limit:{self.key}:{int(now()) // self.seconds}"

    @property
    def ends_in(self) -> int:
        """Seconds until the next window, at least one."""
        return self.seconds - int(now()) % self.seconds


def exceeded(key: str, *, limit: int, seconds: int, count: int = 1) -> bool:
    """Count ``count`` more under ``key`` in the current window; True when that is over the limit."""
    return over(Limit(key, limit, seconds, count)) > 0


def over(limit: Limit) -> int:
    """By how many the window is over its limit with these; 0 where it is not."""
    return max(sum(_counted([limit])) - limit.most, 0)


def first_exceeded(limits: Sequence[Limit]) -> Limit | None:
    """Count under each, in one round trip; the first of them that is over."""
    found = zip(_counted(limits), limits, strict=False)
    return next((limit for count, limit in found if count > limit.most), None)


def _counted(limits: Sequence[Limit]) -> list[int]:
    """The counts in the limits' order; none while the cache is away."""
    told = {limit.counter: (limit.seconds, limit.count) for limit in limits}
    try:
        with outage.watched():
            counts: list[int] = cache.count(told)  # type: ignore[attr-defined]
    except (RedisError, OSError, ValueError):
        log.warning("limits are not counted: the cache is away")
        return []
    return counts


def of_view(request: HttpRequest, name: str) -> Limit | None:
    """What bounds the caller's address at a page for anybody; None where something else does.

    The API has throttles of its own, and Admin's pages are for who is signed in.
    """
    is_for_anybody = not request.path.startswith(("/admin/", "/api/v1/")) or name in OPEN_IN_ADMIN
    if not is_for_anybody or name in UNCOUNTED:
        return None
    return Limit(f"address:{name}:{address_of(request)}", PER_MINUTE, 60)


def of_unknown(request: HttpRequest) -> Limit | None:
    """What bounds a caller who asks for what does not exist; whatever does exist is answered."""
    if request.path.startswith(("/admin/", "/api/v1/")):
        return None
    return Limit(f"unknown:{address_of(request)}", UNKNOWN_PER_MINUTE, 60)


def require_few(
    request: HttpRequest, page: str, *, reads: int, posts: int, posts_a_day: int
) -> None:
    """Raises TooMany for an address that reads a page with a form, or sends it, too often.

    ``reads`` and ``posts`` are of a minute.
    """
    address = f"{page}:{address_of(request)}"
    rules = [Limit(address, reads, 60)]
    if request.method == "POST":
        rules.append(Limit(f"{address}:post", posts, 60))
        rules.append(Limit(f"{address}:day", posts_a_day, 86_400))
    if (rule := first_exceeded(rules)) is not None:
        raise TooMany(retry_after=rule.seconds if rule.seconds == 60 else 3600)


def address_of(request: HttpRequest) -> str:
    """Under which address the caller is counted, past as many proxies as PROXY_COUNT says we run.

    Only what our outermost proxy wrote is believed: whatever stands left of it anybody can send.
    What is no address counts as the connection's own.
    """
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    behind = settings.PROXY_COUNT
    forwarded = hops[-behind] if 0 < behind <= len(hops) else ""
    return _caller_at(forwarded) or _caller_at(str(request.META.get("REMOTE_ADDR", "")))


def _caller_at(written: str) -> str:
    """The address, or of IPv6 its network: 2**64 addresses of one line are one caller's."""
    with_port = _WITH_PORT.fullmatch(written.strip())
    try:
        address = ip_address(with_port[1] or with_port[2] if with_port else written.strip())
    except ValueError:
        return ""
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), 64), strict=False).network_address)
