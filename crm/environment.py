"""Settings from the environment: one that cannot work is refused in one line, with what it takes."""

import os
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from email.utils import parseaddr
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.connection import parse_url

T = TypeVar("T")

YES, NO = ("true", "yes", "on", "ok", "y", "1"), ("false", "no", "off", "n", "0")
PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
# What PostgreSQL's columns, its timeouts in milliseconds, and Python's dates all can hold.
MOST = 2**31 - 1
MOST_SECONDS = MOST // 1000

_RATE = re.compile(rf"[1-9]\d{{0,8}}/({'|'.join(PERIODS)})")
_HOST = re.compile(r"\*|\.?[\w-]+(\.[\w-]+)*\.?|\[[0-9a-fA-F:.]+\]")
_NAME = re.compile(r"[\w.:/-]{1,255}", re.ASCII)
_DSN = re.compile(r"https?://[^\s/@]+@[^\s/@]+/(\S*/)?\d+")
_MAILBOX = re.compile(r"[^\s@<>]+@[^\s@<>]+")


def load(file: Path) -> None:
    """What a file of settings says, where the environment itself does not."""
    try:
        environ.Env.read_env(file)
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{file.name} takes text in UTF-8.") from None


class Env:
    """Reads each setting by its kind; an empty one is as none, and its default counts.

    A refusal does not show the value, which may be a secret. ``takes`` holds what was read.
    """

    def __init__(self) -> None:
        self.takes: dict[str, str] = {}

    def read(self, name: str, takes: str, parse: Callable[[str], T], default: T) -> T:
        self.takes[name] = takes
        given = os.environ.get(name, "")
        if not given:
            return default
        try:
            return parse(_line(given))
        except (ValueError, ArithmeticError):
            raise ImproperlyConfigured(f"{name} takes {takes}.") from None

    # --- Words and numbers --------------------------------------------------------------------

    def flag(self, name: str, default: bool) -> bool:
        return self.read(name, "true or false", _flag, default)

    def text(self, name: str, default: str = "", *, least: int = 0) -> str:
        takes = f"{least} characters or more" if least else "text"
        return self.read(name, f"{takes}, in one line", lambda given: _long(given, least), default)

    def name(self, name: str, default: str = "") -> str:
        takes = "a name of letters, digits and . _ - : / only"
        return self.read(name, takes, lambda given: _matched(_NAME, given), default)

    def words(self, name: str) -> list[str]:
        return self.read(name, "texts in one line, comma separated", _words, [])

    def choice(self, name: str, of: Sequence[str], default: str) -> str:
        known = {each.upper(): each for each in of}

        def parse(given: str) -> str:
            if given.upper() not in known:
                raise ValueError
            return known[given.upper()]

        return self.read(name, f"one of {', '.join(of)}", parse, default)

    def whole(self, name: str, default: int, *, least: int = 1, most: int = MOST) -> int:
        takes = f"a whole number from {least} to {most}"
        return self.read(name, takes, lambda given: _within(int(given), least, most), default)

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        takes = f"a number from {least} to {most}"
        return self.read(name, takes, lambda given: _within(float(given), least, most), default)

    def exact(self, name: str, default: str, *, least: str, most: str) -> Decimal:
        takes, bounds = f"a number from {least} to {most}", (Decimal(least), Decimal(most))
        return self.read(
            name, takes, lambda given: _within(Decimal(given), *bounds), Decimal(default)
        )

    def seconds(self, name: str, **usual: float) -> dict[str, float]:
        """As ``web=15,worker=60``: a kind that is not named has its usual limit."""
        example = ",".join(f"{kind}={seconds}" for kind, seconds in usual.items())
        takes = f"seconds as in {example}, each from 0 (no limit) to {MOST_SECONDS}"
        return self.read(name, takes, lambda given: {**usual, **_seconds(given, usual)}, usual)

    def rate(self, name: str, default: str) -> str:
        takes = f"a number of requests per {', '.join(PERIODS)}, as in {default}"
        return self.read(name, takes, lambda given: _matched(_RATE, given), default)

    # --- Addresses ----------------------------------------------------------------------------

    def address(self, name: str, default: str = "") -> str:
        return self.read(
            name, "an address, as https://host or https://host:port", _address, default
        )

    def origin(self, name: str, default: str) -> str:
        takes = "an address without a path, as https://crm.example.com"
        return self.read(name, takes, _origin, default)

    def origins(self, name: str) -> list[str]:
        takes = "addresses without a path, comma separated, as https://app.example.com"
        return self.read(name, takes, lambda given: [_origin(each) for each in _words(given)], [])

    def hosts(self, name: str, default: list[str]) -> list[str]:
        takes = "host names without https:// and port, comma separated"
        return self.read(
            name, takes, lambda given: [_matched(_HOST, each) for each in _words(given)], default
        )

    def postgres(self, name: str, default: str = "") -> dict[str, Any]:
        takes = "an address, as postgres://user:password@host:port/database"
        return self.read(name, takes, _postgres, _postgres(default) if default else {})

    def redis(self, name: str, default: str) -> str:
        return self.read(name, "an address, as redis://host:port/0", _redis, default)

    def mail(self, name: str, default: str) -> dict[str, Any]:
        takes = "an address, as smtp+tls://user:password@host:port"
        return self.read(name, takes, _mail, _mail(default))

    def mailbox(self, name: str, default: str) -> str:
        return self.read(name, "an e-mail address, as CRM <crm@example.com>", _mailbox, default)

    def dsn(self, name: str) -> str:
        takes = "an address, as https://key@host/1"
        return self.read(name, takes, lambda given: _matched(_DSN, given), "")

    def model(self, name: str, default: str, *, vendors: Sequence[str]) -> str:
        pattern = re.compile(rf"({'|'.join(vendors)}):\S+|[^\s:]+")
        takes = f"vendor:name, where the vendor is one of {', '.join(vendors)}"
        return self.read(name, takes, lambda given: _matched(pattern, given), default)


# --- What each kind asks of a value: ValueError, or ArithmeticError of what no number holds -------


def _line(given: str) -> str:
    """A sign that nobody sees would go on into a header or a name, and fail there."""
    if not given.isprintable() or given != given.strip():
        raise ValueError
    return given


def _long(given: str, least: int) -> str:
    if len(given) < least:
        raise ValueError
    return given


def _matched(pattern: re.Pattern[str], given: str) -> str:
    if not pattern.fullmatch(given):
        raise ValueError
    return given


def _within(number: Any, least: Any, most: Any) -> Any:
    if not (isfinite(number) and least <= number <= most):
        raise ValueError
    return number


def _flag(given: str) -> bool:
    if given.lower() not in (*YES, *NO):
        raise ValueError
    return given.lower() in YES


def _words(given: str) -> list[str]:
    return [word for each in given.split(",") if (word := each.strip())]


def _seconds(given: str, usual: dict[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for each in _words(given):
        kind, _, seconds = each.partition("=")
        if kind not in usual:
            raise ValueError
        found[kind] = _within(float(seconds), 0, MOST_SECONDS)
    return found


def _address(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError
    if not _HOST.fullmatch(parts.hostname) and ":" not in parts.hostname:
        raise ValueError
    return given


def _origin(given: str) -> str:
    parts = urlsplit(_address(given.rstrip("/")))
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError
    return given.rstrip("/")


def _postgres(given: str) -> dict[str, Any]:
    """django-environ warns of some addresses with all they hold, and reads some that lead nowhere."""
    if given.partition("://")[0] not in environ.Env.POSTGRES_FAMILY:
        raise ValueError
    found: dict[str, Any] = environ.Env.db_url_config(given)  # type: ignore[no-untyped-call]
    hosts = found["HOST"].split(",")
    are_mixed_up = len(hosts) > 1 and any(":" in host and host[0] != "[" for host in hosts)
    if not found["NAME"] or are_mixed_up:
        raise ValueError
    return found


def _redis(given: str) -> str:
    parse_url(given)  # type: ignore[no-untyped-call]
    parts = urlsplit(given)
    if parts.scheme not in ("redis", "rediss") or not re.fullmatch(r"/?|/\d{1,4}", parts.path):
        raise ValueError
    return given


def _mail(given: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = environ.Env.email_url_config(given)  # type: ignore[no-untyped-call]
    except ImproperlyConfigured:  # an unknown scheme, without the setting's name
        raise ValueError from None
    if given.startswith("smtp") and not found["EMAIL_HOST"]:
        raise ValueError
    return found


def _mailbox(given: str) -> str:
    _matched(_MAILBOX, parseaddr(given)[1])
    return given
