"""Web chat visitors: a secret of ours, good at one broker, never stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.models import Broker
from leads import visitors

HERE, THERE = Broker(pk=1), Broker(pk=2)


def test_a_secret_is_ours_here_and_a_stranger_s_elsewhere() -> None:
    visitor = visitors.issue(HERE)
    assert visitors.is_ours(HERE, visitor)
    assert not visitors.is_ours(THERE, visitor)
    assert len({visitors.issue(HERE) for _ in range(50)}) == 50


@given(st.text())
def test_what_we_did_not_issue_is_not_ours(made_up: str) -> None:
    assert not visitors.is_ours(HERE, made_up)


@pytest.mark.parametrize("change", ["{}x", "x{}", "{}:1", " {}"])
def test_a_changed_secret_is_not_ours(change: str) -> None:
    assert not visitors.is_ours(HERE, change.format(visitors.issue(HERE)))


def test_what_is_stored_recognises_and_does_not_reveal() -> None:
    visitor = visitors.issue(HERE)
    known = visitors.external_id(visitor)
    assert known == visitors.external_id(visitor)
    assert (len(known), known in visitor, visitor[:10] in known) == (40, False, False)


def test_a_visitor_stays_known_when_the_key_is_rotated(settings) -> None:
    visitor = visitors.issue(HERE)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key entirely"
    assert visitors.is_ours(HERE, visitor)
