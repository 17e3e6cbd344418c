"""Places at the database: waited for while others come and go, refused where nothing moves."""

import threading
import time

import pytest

from crm import places
from crm.places import Places


@pytest.fixture(autouse=True)
def _quick(monkeypatch) -> None:
    monkeypatch.setattr(places, "STILL_SECONDS", 0.3)
    monkeypatch.setattr(places, "LOOK_SECONDS", 0.02)


def test_who_finds_a_place_goes_in() -> None:
    two = Places(2)
    assert (two.enter(), two.enter()) == (True, True)


def test_where_nobody_comes_or_goes_the_next_is_turned_away() -> None:
    one = Places(1)
    one.enter()
    assert one.enter() is False
    began = time.monotonic()
    assert one.enter() is False
    assert time.monotonic() - began < 0.3


def test_a_place_that_gets_free_is_taken() -> None:
    one = Places(1)
    one.enter()
    threading.Timer(0.1, one.leave).start()
    assert one.enter() is True


def test_while_others_come_and_go_one_waits_longer() -> None:
    two = Places(2)
    two.enter()
    two.enter()

    def busy() -> None:
        for _ in range(4):
            time.sleep(0.15)
            two._moved = time.monotonic()
        two.leave()

    threading.Thread(target=busy).start()
    assert two.enter() is True
