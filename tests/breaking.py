"""A database that is lost at one statement of a piece of work: before it, or with its answer."""

from collections.abc import Callable
from typing import Any

from django.db import OperationalError, connection

Case = tuple[Callable[[], Any], Callable[[str], None]]


class Line:
    """Counts statements; at one of them the connection is cut, once."""

    def __init__(self, at: int, *, answer_only: bool) -> None:
        self.at, self.answer_only, self.count = at, answer_only, 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        if self.count != self.at:
            return execute(sql, params, many, context)
        if self.answer_only:
            execute(sql, params, many, context)
        connection.connection.close()
        raise OperationalError("cut by a test")


def each_way(prepare: Callable[[], Case], *, step: int = 1) -> int:
    """Do a piece of work anew for each statement at which it may break, and judge what became of it.

    ``prepare`` gives the work and its judge. Returns at how many places it broke.
    """
    places = 0
    for answer_only in (False, True):
        at, reached = 1, True
        while reached:
            work, judge = prepare()
            line = Line(at, answer_only=answer_only)
            with connection.execute_wrapper(line):
                work()
            judge(f"statement {at}, {'its answer lost' if answer_only else 'not run'}")
            reached = line.count >= at
            places += reached
            at += step
    return places
