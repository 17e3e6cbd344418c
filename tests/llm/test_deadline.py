"""How a turn's seconds are shared, on a clock that stands still."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from llm import deadline
from llm.deadline import Deadline


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``clock.now`` is what the monotonic clock shows."""
    clock = SimpleNamespace(now=1000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(deadline, "time", clock)
    return clock


def test_by_default_a_turn_has_45_seconds_and_a_request_15(settings: Any, clock: Any) -> None:
    assert Deadline().left() == 45
    assert settings.LLM_REQUEST_TIMEOUT_SECONDS == 15


def test_the_second_is_asked_within_20_seconds_whatever_was_done_before(clock: Any) -> None:
    turn = Deadline(45)
    for before in (0, 8, 14):
        clock.now = 1000 + before
        assert before + turn.share(is_last=False) == pytest.approx(18)


def test_who_has_hardly_any_time_left_still_gets_one_short_request(clock: Any) -> None:
    turn = Deadline(45)
    clock.now += 17
    assert turn.share(is_last=False) == deadline.shortest_request() == 3


def test_the_last_vendor_has_all_but_what_the_rules_need(clock: Any) -> None:
    turn = Deadline(45)
    clock.now += 18
    turn.passed_on()
    assert turn.share(is_last=True) == pytest.approx(45 - 18 - 2.25)


def test_of_three_the_second_has_its_share_of_what_the_first_left(clock: Any) -> None:
    turn = Deadline(45)
    clock.now += 15
    turn.passed_on()
    assert turn.share(is_last=False) == pytest.approx(12)


def test_an_answer_gives_the_next_round_a_share_of_its_own(clock: Any) -> None:
    turn = Deadline(45)
    clock.now += 10
    turn.passed_on()
    clock.now += 1
    assert turn.share(is_last=False) == pytest.approx(0.4 * 35 - 1)


def test_time_that_no_model_had_is_nobodys_share(clock: Any) -> None:
    turn = Deadline(45)
    clock.now += 6
    turn.put_off(6)
    assert (turn.left(), turn.share(is_last=False)) == (45, pytest.approx(18))


def test_nobody_has_time_beyond_the_turn(clock: Any) -> None:
    turn = Deadline(45)
    clock.now += 46
    assert turn.share(is_last=False) < 0
    assert turn.share(is_last=True) < 0
    assert turn.left() == -1


def test_the_clock_is_one_that_nobody_sets_back() -> None:
    before = time.monotonic()
    assert before <= Deadline(10).ends - 10 <= time.monotonic()
