"""A Redis that does not answer is waited for once, not by every call of a request."""

import pytest

from crm import limits, outage


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time_out(self, seconds: float) -> None:
        self.now += seconds
        raise TimeoutError


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(outage, "time", made)
    return made


def fail(clock: Clock, *, after: float) -> None:
    with pytest.raises(TimeoutError), outage.watched():
        clock.time_out(after)


def test_who_waited_in_vain_spares_the_next_ones_the_wait(clock) -> None:
    fail(clock, after=0.5)
    clock.now += outage.PAUSE_SECONDS - 0.1
    with pytest.raises(outage.StillAway), outage.watched():
        pytest.fail("asked again")


def test_it_is_asked_again_after_a_pause(clock) -> None:
    fail(clock, after=0.5)
    clock.now += outage.PAUSE_SECONDS
    with outage.watched():
        pass


def test_a_quick_refusal_is_not_remembered(clock) -> None:
    fail(clock, after=0.01)
    with outage.watched():
        pass


def test_while_it_is_away_nothing_is_counted_and_everybody_passes(clock) -> None:
    assert limits.exceeded("a", limit=0, seconds=60) is True
    fail(clock, after=0.5)
    assert limits.exceeded("a", limit=0, seconds=60) is False
