"""Conversations held one after the other, or by several processes, each with a brokerage of its own."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from django.conf import settings
from django.db import connections
from django.utils import translation

from scheduling.evaluation import judging, playing, world
from scheduling.evaluation.cases import Case
from scheduling.evaluation.judging import Verdict

Done = Callable[[Verdict], None]


def evaluate(chosen: Sequence[Case], *, processes: int = 1, done: Done) -> list[Verdict]:
    """The verdicts in the order of the conversations; ``done`` hears of each as it ends."""
    if processes < 2:
        return [_noted(verdict, done) for verdict in _held(chosen)]
    # Every n-th each: long conversations stand beside each other in the files.
    shares = [chosen[first::processes] for first in range(processes)]
    with ProcessPoolExecutor(
        processes, mp_context=multiprocessing.get_context("fork"), initializer=_alone
    ) as pool:
        found = [
            _noted(verdict, done) for verdicts in pool.map(_share, shares) for verdict in verdicts
        ]
    places = {case.id: place for place, case in enumerate(chosen)}
    return sorted(found, key=lambda verdict: places[verdict.case])


def _noted(verdict: Verdict, done: Done) -> Verdict:
    done(verdict)
    return verdict


def _alone() -> None:
    """A process of its own joins the database anew: two may not speak on one connection.

    What the parent had open is only forgotten here, for closing it would end the parent's session.
    """
    for alias in list(connections):
        if hasattr(connections._connections, alias):  # type: ignore[attr-defined]
            connections[alias].connection = None
            del connections[alias]


def _share(chosen: Sequence[Case]) -> list[Verdict]:
    return list(_held(chosen))


def _held(chosen: Sequence[Case]) -> Iterator[Verdict]:
    knowledge = world.knowledge_texts()
    with translation.override(settings.LANGUAGE_CODE), world.temporary() as brokerage:
        for case in chosen:
            happened = playing.play(case, brokerage)
            yield judging.judge(case, happened, knowledge=knowledge)
