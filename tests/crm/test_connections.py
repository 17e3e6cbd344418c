"""Connections: what counts as away, what is begun again, what is given back, and which limits hold."""

import socket
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from psycopg import errors

from brokers.models import Broker
from crm import connections, database, rowsecurity
from tests.factories import BrokerFactory
from tests.racing import race

ADDRESS = {"HOST": "db", "PORT": 5432, "NAME": "crm", "OPTIONS": {}}


def said_by_server(code: str) -> DatabaseError:
    """What Django makes of an error with which PostgreSQL ends a statement."""
    raised = f"DO $$ BEGIN RAISE 'test' USING ERRCODE = '{code}'; END $$"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(raised)
    except DatabaseError as error:
        return error
    raise AssertionError(code)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "away", "passing"),
    [
        ("08006", True, True),  # connection failure
        ("53100", True, True),  # disk full
        ("53300", True, True),  # too many connections
        ("57P01", True, True),  # an operator ends the session
        ("57P03", True, True),  # it starts up
        ("58030", True, True),  # its disk fails
        ("25006", True, True),  # read-only
        ("57014", False, True),  # too slow
        ("55P03", False, True),  # a lock was not to be had
        ("40P01", False, True),  # deadlock
        ("53200", False, True),  # too large for its memory
        ("53400", False, False),  # over a limit of the statement's own
        ("23505", False, False),
        ("22001", False, False),
        ("42601", False, False),
    ],
)
def test_what_the_server_says_of_itself_and_what_of_the_statement(code, away, passing) -> None:
    error = said_by_server(code)
    assert (connections.is_away(error), connections.is_passing(error)) == (away, passing)


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (OperationalError("the connection is closed"), True),
        (IntegrityError(), False),
        (DatabaseError(), False),
        (ValueError(), False),
        (None, False),
        (ExceptionGroup("", [ValueError(), OperationalError()]), True),
    ],
)
def test_a_line_that_broke_has_no_code(error, away) -> None:
    assert connections.is_away(error) is away


def cut(pid: int) -> None:
    """As a restart does: the session is ended from outside."""
    asked = connection.get_connection_params()
    with connection.Database.connect(**asked, autocommit=True) as another:
        another.execute("SELECT pg_terminate_backend(%s)", [pid])
        while another.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
            time.sleep(0.01)


def session() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_session_ended_between_two_tasks_is_not_noticed_by_the_second() -> None:
    def work(_: int) -> bool:
        cut(connections.outlast(session, seconds=5))
        connections.refresh()
        with transaction.atomic():
            return Broker.objects.exists()

    assert race(1, work) == [False]


@pytest.mark.django_db(transaction=True)
def test_a_session_ended_within_a_transaction_costs_that_attempt_only() -> None:
    attempts = []

    def work() -> str:
        attempts.append(len(attempts))
        with transaction.atomic():
            BrokerFactory(slug=f"once-{len(attempts)}")
            if len(attempts) == 1:
                cut(session())
            return ",".join(Broker.objects.values_list("slug", flat=True))

    assert race(1, lambda _: connections.outlast(work, seconds=5)) == ["once-2"]
    assert list(Broker.objects.values_list("slug", flat=True)) == ["once-2"]


def test_a_step_is_taken_again_until_the_database_is_back() -> None:
    seen = []

    def step() -> str:
        seen.append(1)
        if len(seen) < 3:
            raise OperationalError
        return "done"

    assert connections.persist(step) == "done"
    assert len(seen) == 3


def test_who_waited_long_enough_says_what_it_failed_with() -> None:
    began = time.monotonic()

    def step() -> None:
        raise OperationalError("away")

    with pytest.raises(OperationalError, match="away"):
        connections.persist(step, seconds=0.5)
    assert time.monotonic() - began < 0.6


def test_what_has_nothing_to_do_with_the_database_is_not_tried_again() -> None:
    seen = []

    def step() -> None:
        seen.append(1)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - raised three lines above
        connections.persist(step)
    assert seen == [1]


def test_a_claim_is_given_back_before_the_work_begins_again() -> None:
    told: list[str] = []

    def work() -> None:
        connections.claimed(lambda: told.append("given back"))
        forget = connections.claimed(lambda: told.append("never"))
        told.append("claimed")
        forget()
        if told.count("claimed") < 2:
            raise OperationalError

    connections.outlast(work)
    assert told == ["claimed", "given back", "claimed"]


def test_a_claim_is_given_back_for_the_broker_for_whom_it_was_made() -> None:
    told: list[str] = []

    def work() -> None:
        with rowsecurity.of(7):
            connections.claimed(lambda: told.append(rowsecurity.current()))
            if not told:
                raise OperationalError

    with rowsecurity.nobody():
        connections.outlast(work)
    assert told == ["7"]


def test_outside_of_a_task_no_claim_is_noted() -> None:
    connections.claimed(lambda: pytest.fail("nobody gives it back"))()


# --- Limits ---------------------------------------------------------------------------------------


def limits_now() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), "
            "current_setting('idle_in_transaction_session_timeout')"
        )
        found: tuple[str, ...] = cursor.fetchone()
        return found


@pytest.fixture
def _as_before() -> Iterator[None]:
    yield
    connections.become("long")


@pytest.mark.usefixtures("_as_before")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("kind", "limits"),
    [("web", ("15s", "5s", "15s")), ("worker", ("1min", "10s", "1min")), ("long", ("0", "1min", "10min"))],
)  # fmt: skip
def test_a_process_has_the_limits_of_its_kind(kind, limits) -> None:
    connections.become(kind)
    assert race(1, lambda _: limits_now()) == [limits]


@pytest.mark.usefixtures("_as_before")
@pytest.mark.django_db(transaction=True)
def test_a_long_job_has_limits_of_its_own_also_on_a_new_connection_and_gives_them_back() -> None:
    connections.become("web")

    def work(_: int) -> list[str]:
        told = [limits_now()[0]]
        with connections.long_statements():
            told.append(limits_now()[0])
            connections.drop()
            told.append(limits_now()[0])
        return [*told, limits_now()[0]]

    assert race(1, work) == [["15s", "0", "0", "15s"]]


@pytest.mark.django_db(transaction=True)
def test_what_takes_longer_than_allowed_is_ended_by_the_server(monkeypatch) -> None:
    monkeypatch.setitem(settings.DB_STARTED_WITH, "web", "-c statement_timeout=50")
    connections.become("web")

    def work(_: int) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
        return "too late"

    (outcome,) = race(1, work)
    connections.become("long")
    assert isinstance(outcome.__cause__, errors.QueryCanceled)
    assert connections.is_passing(outcome)


def test_behind_a_pooler_nothing_is_asked_for_at_the_start(monkeypatch, settings) -> None:
    entry = database.joined(ADDRESS, started_with="-c x=1", pooled="transaction")
    assert "options" not in entry["OPTIONS"]
    assert entry["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert "options" in database.joined(ADDRESS, started_with="-c x=1", pooled="")["OPTIONS"]


@pytest.mark.parametrize(
    ("host", "asked"), [("a,b", "read-write"), ("a", None)], ids=["several", "one"]
)
def test_of_several_servers_the_one_that_takes_writes(host, asked) -> None:
    entry = database.joined({**ADDRESS, "HOST": host}, started_with="", pooled="")
    assert entry["OPTIONS"].get("target_session_attrs") == asked


def test_a_server_that_takes_the_line_and_never_greets_does_not_answer(monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        monkeypatch.setitem(connection.settings_dict, "PORT", silent.getsockname()[1])
        began = time.monotonic()
        assert connections.answers() is False
    assert time.monotonic() - began < 4
