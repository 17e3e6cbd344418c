"""Turns are shared out between brokerages: the backlog of one delays no other's lead."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from leads.models import Conversation
from llm import conversation, tasks, turn_queue
from tests.factories import BrokerFactory, ConversationFactory

pytestmark = pytest.mark.django_db


def owe(broker, count, *, at) -> list[int]:
    """So many leads of a brokerage who wait for their first answer."""
    made = [ConversationFactory(broker=broker).pk for _ in range(count)]
    Conversation.objects.filter(pk__in=made).update(turn_due_at=at)
    return made


def answered(taken: turn_queue.Taken) -> None:
    Conversation.objects.filter(pk=taken.conversation_id).update(
        lease=None, lease_until=None, turn_due_at=None
    )


def test_a_thousand_due_turns_of_one_brokerage_delay_anothers_lead_by_one() -> None:
    at = timezone.now()
    owe(BrokerFactory(), 1_000, at=at - timedelta(hours=1))
    first = turn_queue.claim_next(at)
    assert first is not None
    answered(first)
    late = owe(BrokerFactory(), 1, at=at)
    second = turn_queue.claim_next(at)
    assert second is not None
    assert second.conversation_id == late[0]


def test_brokerages_take_turns_with_a_single_worker() -> None:
    at = timezone.now()
    theirs = {pk: name for name in "abc" for pk in owe(BrokerFactory(), 3, at=at)}
    order = []
    for second in range(9):
        taken = turn_queue.claim_next(at + timedelta(seconds=second))
        assert taken is not None
        order.append(theirs[taken.conversation_id])
        answered(taken)
    assert [set(order[place : place + 3]) for place in (0, 3, 6)] == [set("abc")] * 3
    assert turn_queue.claim_next(at + timedelta(seconds=10)) is None


def test_slow_turns_of_one_brokerage_give_way_to_another() -> None:
    at = timezone.now()
    slow, quick = (
        owe(BrokerFactory(), 3, at=at),
        owe(BrokerFactory(), 2, at=at + timedelta(seconds=1)),
    )
    later = at + timedelta(seconds=2)
    taken = [turn_queue.claim_next(later + timedelta(seconds=n)) for n in range(4)]
    chosen = [each.conversation_id for each in taken if each]
    assert (chosen[0] in slow, chosen[1] in quick) == (True, True)
    assert len({*chosen}) == 4


def test_of_one_brokerage_who_waits_longest_comes_first() -> None:
    at, broker = timezone.now(), BrokerFactory()
    (newer,) = owe(broker, 1, at=at)
    (older,) = owe(broker, 1, at=at - timedelta(minutes=1))
    taken = [turn_queue.claim_next(at), turn_queue.claim_next(at)]
    assert [each and each.conversation_id for each in taken] == [older, newer]


def test_what_is_not_due_or_under_way_is_not_taken() -> None:
    at = timezone.now()
    owe(BrokerFactory(), 1, at=at + timedelta(seconds=5))
    assert turn_queue.claim_next(at) is None
    assert turn_queue.claim_next(at + timedelta(seconds=5)) is not None
    assert turn_queue.claim_next(at + timedelta(seconds=6)) is None


def test_the_turn_of_a_worker_that_died_is_chosen_again(settings) -> None:
    at = timezone.now()
    owe(BrokerFactory(), 1, at=at)
    first = turn_queue.claim_next(at)
    again = turn_queue.claim_next(at + timedelta(seconds=settings.TURN_LEASE_SECONDS + 1))
    assert first is not None
    assert again is not None
    assert (again.conversation_id, again.lease != first.lease) == (first.conversation_id, True)


def test_the_choice_is_one_statement_more_than_the_claim(django_assert_num_queries) -> None:
    at = timezone.now()
    owe(BrokerFactory(), 2, at=at)
    with django_assert_num_queries(2):
        turn_queue.claim_next(at)


def test_an_entry_that_finds_nothing_does_nothing() -> None:
    assert tasks.take_turn() == conversation.Outcome.NOT_OURS


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_take_every_turn_once() -> None:
    at = timezone.now()
    due = {pk for _ in range(2) for pk in owe(BrokerFactory(), 10, at=at)}

    def work(_: int) -> list[int]:
        taken = []
        try:
            while found := turn_queue.claim_next(at):
                taken.append(found.conversation_id)
        finally:
            connection.close()
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [pk for each in pool.map(work, range(4)) for pk in each]
    assert (sorted(taken), len(taken)) == (sorted(due), 20)
