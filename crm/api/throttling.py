"""Limits per caller, counted in Redis; with Redis gone everybody passes, within a second."""

import logging
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from crm import limits, outage
from crm.environment import PERIODS

log = logging.getLogger(__name__)

# Where a request carries what its limits left, for the middleware that tells the caller.
ATTRIBUTE = "rate_limit"


@dataclass(frozen=True)
class Allowance:
    """What is left of a limit: of ``limit`` requests ``remaining``, anew in ``reset`` seconds."""

    limit: int
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """As the IETF's draft "RateLimit header fields for HTTP" named them up to its version 7."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


def parse(rate: str) -> tuple[int, int]:
    """``"30/minute"`` as the number allowed and the seconds of the window."""
    allowed, _, period = rate.partition("/")
    return int(allowed), PERIODS[period]


def count(key: str, window: int) -> int:
    """This call's place in its window; 0 when Redis does not answer."""
    try:
        with outage.watched():
            return 1 if cache.add(key, 1, window) else int(cache.incr(key))
    except ValueError:
        return 1  # the window ended between the two commands
    except (RedisError, OSError) as error:
        log.warning("throttle passes everybody: %s", type(error).__name__)
        return 0


def _note(request: Request, allowance: Allowance) -> None:
    """Of several limits the caller is told of the tightest."""
    plain = getattr(request, "_request", request)  # a page of ours asks with Django's own
    noted: Allowance | None = getattr(plain, ATTRIBUTE, None)
    if noted is None or allowance.remaining < noted.remaining:
        setattr(plain, ATTRIBUTE, allowance)


class ScopedThrottle(BaseThrottle):
    """A fixed window of ``settings.API_THROTTLE_RATES[scope]`` for each caller."""

    scope = ""
    ends_in = 0.0

    def caller(self, request: Request) -> str:
        return limits.address_of(request)  # type: ignore[arg-type]

    def allow_request(self, request: Request, view: Any) -> bool:
        allowed, window = parse(settings.API_THROTTLE_RATES[self.scope])
        now = limits.now()
        self.ends_in = window - now % window
        key = f"throttle:{self.scope}:{self.caller(request)}:{int(now // window)}"
        place = count(key, window)
        if place:
            _note(request, Allowance(allowed, max(allowed - place, 0), ceil(self.ends_in)))
        return place <= allowed

    def wait(self) -> float:
        return max(1.0, self.ends_in)


class GeneralThrottle(ScopedThrottle):
    """Per user, or per address while nobody is signed in."""

    scope = "general"

    def caller(self, request: Request) -> str:
        return f"user-{request.user.pk}" if request.user.pk else super().caller(request)


class SignInThrottle(ScopedThrottle):
    scope = "sign_in"


class PasswordResetThrottle(ScopedThrottle):
    scope = "password_reset"
