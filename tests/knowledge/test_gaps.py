import threading
from datetime import datetime

import pytest
from django.db import connection

from brokers.models import Broker
from knowledge.gaps import note_gap
from knowledge.models import KnowledgeGap
from tests.factories import BrokerFactory, ChatMessageFactory

pytestmark = pytest.mark.django_db


def test_the_same_question_in_other_words_is_counted_once_and_again(
    broker: Broker, at: datetime
) -> None:
    note_gap(broker, "¿Aceptan permuta?", at=at)
    note_gap(broker, "hola, ACEPTAN   PERMUTA!!", at=at)
    gap = KnowledgeGap.objects.get()
    assert (gap.question, gap.times, gap.broker) == ("¿Aceptan permuta?", 2, broker)


def test_one_message_counts_once_however_often_the_turn_runs(broker: Broker, at: datetime) -> None:
    message = ChatMessageFactory(broker=broker)
    for _ in range(3):
        gap = note_gap(broker, "¿Aceptan permuta?", message, at=at)
    assert gap is not None
    assert (gap.times, gap.last_message) == (1, message)


def test_a_resolved_question_that_is_asked_again_reopens(broker: Broker, at: datetime) -> None:
    note_gap(broker, "permuta", at=at)
    KnowledgeGap.objects.update(state=KnowledgeGap.State.RESOLVED)
    gap = note_gap(broker, "permuta", at=at)
    assert gap is not None
    assert gap.state == KnowledgeGap.State.OPEN


def test_brokers_count_apart(broker: Broker, rival: Broker, at: datetime) -> None:
    for of in (broker, rival):
        note_gap(of, "permuta", at=at)
    assert list(KnowledgeGap.objects.values_list("times", flat=True)) == [1, 1]


@pytest.mark.parametrize("question", ["", "¿?", "hola", "\x00"])
def test_a_text_without_words_is_no_question(broker: Broker, at: datetime, question: str) -> None:
    assert note_gap(broker, question, at=at) is None
    assert KnowledgeGap.objects.count() == 0


def test_a_long_question_is_cut(broker: Broker, at: datetime) -> None:
    gap = note_gap(broker, "permuta\x00 " * 2_000, at=at)
    assert gap is not None
    assert len(gap.question) == 500


@pytest.mark.django_db(transaction=True)
def test_eight_who_ask_at_once_are_eight(at: datetime) -> None:
    broker = BrokerFactory()

    def ask() -> None:
        note_gap(broker, "¿Aceptan permuta?", at=at)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert KnowledgeGap.objects.get().times == 8
