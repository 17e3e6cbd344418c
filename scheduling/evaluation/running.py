"""Conversations held one after the other, or by several processes, each with a brokerage of its own."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import lru_cache

from django.conf import settings
from django.db import connections
from django.utils import translation

from scheduling.evaluation import judging, playing, world
from scheduling.evaluation.cases import Case
from scheduling.evaluation.judging import Verdict
from scheduling.evaluation.world import World

Done = Callable[[Verdict], None]
_open = ExitStack()  # what stays open until a process of its own ends, and its transaction with it


def evaluate(chosen: Sequence[Case], *, processes: int = 1, done: Done) -> list[Verdict]:
    """The verdicts in the order of the conversations; ``done`` hears of each as it ends."""
    if processes < 2:
        with _brokerage() as brokerage:
            return _noted((_held(case, brokerage) for case in chosen), done)
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_alone) as pool:
        return _noted(pool.map(_held_alone, chosen), done)


def _noted(verdicts: Iterable[Verdict], done: Done) -> list[Verdict]:
    noted = []
    for verdict in verdicts:
        done(verdict)
        noted.append(verdict)
    return noted


@contextmanager
def _brokerage() -> Iterator[World]:
    with translation.override(settings.LANGUAGE_CODE), world.temporary() as brokerage:
        yield brokerage


def _held(case: Case, brokerage: World) -> Verdict:
    return judging.judge(case, playing.play(case, brokerage), knowledge=world.knowledge_texts())


def _alone() -> None:
    """A process of its own joins the database anew: two may not speak on one connection.

    What the parent had open is only forgotten here, for closing it would end the parent's session.
    """
    for alias in connections:
        connections[alias].connection = None
        del connections[alias]


def _held_alone(case: Case) -> Verdict:
    return _held(case, _own_brokerage())


@lru_cache(maxsize=1)
def _own_brokerage() -> World:
    return _open.enter_context(_brokerage())
