"""How the seconds of one turn are shared among the models that it may ask, and which of them failed in it."""

import time

from django.conf import settings

SHARE = 0.4  # of what is left, for a model with another behind it: 18 of 45 seconds for the first
RESERVE = 0.05  # of the turn, for the rules that answer when no vendor did
LEAST = 0.2  # of the longest request: no vendor answers in less, so it is not asked at all


class Deadline:
    """One clock for everything that a turn asks; ``failed`` are the models not to ask again in it.

    A share counts from the moment at which the model before gave up or answered, for the first one
    from the start of the turn. What was done before (searches, tools) is so taken from the share
    of the model that comes next, and a hanging one never takes the time of those behind it.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = settings.LLM_TURN_SECONDS if seconds is None else seconds
        self.ends = time.monotonic() + self.seconds
        self.failed: set[str] = set()
        self._since = time.monotonic()

    def left(self) -> float:
        return self.ends - time.monotonic()

    def share(self, *, is_last: bool) -> float:
        """The seconds that a model has from now on, its retries and pauses included."""
        now, vendors_end = time.monotonic(), self.ends - RESERVE * self.seconds
        if is_last:
            return vendors_end - now
        own = self._since + SHARE * (self.ends - self._since) - now
        return min(max(own, shortest_request()), vendors_end - now)

    def put_off(self, seconds: float) -> None:
        """Time that no model had: a vendor's library is imported once a process, for seconds."""
        self.ends += seconds
        self._since += seconds

    def passed_on(self) -> None:
        """A model gave up or answered: the next one's share counts from here."""
        self._since = time.monotonic()


def shortest_request() -> float:
    return float(LEAST * settings.LLM_REQUEST_TIMEOUT_SECONDS)
