"""Behind a real PgBouncer in transaction mode all share one session, and nobody leaves a trace on it."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from brokers.models import Broker
from crm import connections, rowsecurity
from leads.models import Lead
from tests.databases import ROOT, address_of
from tests.factories import LeadFactory
from tests.flows.pooler import PGBOUNCER, Pooler
from tests.flows.stack import Stack, Visitor
from tests.racing import race

ROUNDS = 30
SWEEPS = ("llm.tasks.sweep_turns", "leads.tasks.sweep_messages", "crm.tasks.heartbeat")
# What PgBouncer itself brings along from client to client, as each of them asked for it.
CARRIED = ("client_encoding", "TimeZone", "DateStyle", "standard_conforming_strings",
    "application_name")  # fmt: skip
# What would stay on a session, or need the same one again.
LASTING = re.compile(
    r"pg_(try_)?advisory_(un)?lock(_shared|_all)?\(|\bLISTEN \w|\bCREATE TEMP|\bPREPARE \w"
    r"|[\"';]SET (?!LOCAL\b)|, false\)\""
)
FOR_A_REASON = {
    "crm/connections.py": "a long job's limits are left out behind a pooler",
    "crm/backups/database.py": "a backup joins as the owner, past a pooler",
}
CODE = ("brokers", "campaigns", "crm", "knowledge", "leads", "llm", "scheduling", "voice")

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(PGBOUNCER is None, reason="needs Debian's package pgbouncer"),
]


@pytest.fixture
def pooler(transactional_db: None, tmp_path: Path) -> Iterator[Pooler]:
    """New connections of this process go through it."""
    name = str(connection.settings_dict["NAME"])
    with (
        Pooler(tmp_path / "pooler", address_of(name), size=1) as running,
        pytest.MonkeyPatch.context() as meanwhile,
    ):
        meanwhile.setattr(settings, "DB_POOLED", "transaction")
        for key, value in running.entry(connection.settings_dict).items():
            meanwhile.setitem(connection.settings_dict, key, value)
        connection.close()
        yield running
        connection.close()


def left_behind(session: Any) -> list[tuple[Any, ...]]:
    """What a session has that a new one has not."""
    session.execute(
        "SELECT name, setting FROM pg_settings WHERE source = 'session' AND name <> ALL(%s) "
        "UNION ALL SELECT locktype, mode FROM pg_locks "
        "WHERE pid = pg_backend_pid() AND locktype = 'advisory' "
        "UNION ALL SELECT name, statement FROM pg_prepared_statements "
        "UNION ALL SELECT name, statement FROM pg_cursors WHERE is_holdable "
        "UNION ALL SELECT 'crm.tenant', current_setting('crm.tenant', true) "
        "WHERE current_setting('crm.tenant', true) <> ''",
        [list(CARRIED)],
    )
    found: list[tuple[Any, ...]] = session.fetchall()
    return found


def seen() -> set[int]:
    return set(Lead._base_manager.values_list("broker_id", flat=True))


def a_round(broker_id: int) -> list[set[int]]:
    """What a broker is shown: alone, in a transaction, after one that failed, and bit by bit."""
    found = [seen()]
    with transaction.atomic():
        found.append(seen())
        Lead._base_manager.update(name=f"of {broker_id}")
        found.append(seen())
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
    except DatabaseError:
        found.append(seen())
    found.append({lead.broker_id for lead in Lead._base_manager.iterator(chunk_size=1)})
    return found


def test_two_brokers_and_nobody_take_turns_on_one_session_and_see_their_own(
    pooler: Pooler, broker: Broker, rival: Broker
) -> None:
    for each in (broker, rival):
        LeadFactory.create_batch(3, broker=each)

    def work(number: int) -> set[frozenset[int]]:
        if number == 2:
            with rowsecurity.nobody():
                return {frozenset(seen()) for _ in range(ROUNDS * 5)}
        mine = (broker, rival)[number].pk
        with rowsecurity.of(mine):
            return {frozenset(each) for _ in range(ROUNDS) for each in a_round(mine)}

    own, others, nobodys = race(3, work)
    assert own == {frozenset({broker.pk})}
    assert others == {frozenset({rival.pk})}
    assert nobodys == {frozenset()}
    assert len(pooler.servers()) == 1
    for each in (broker, rival):
        names = Lead._base_manager.filter(broker=each).values_list("name", flat=True)
        assert set(names) == {f"of {each.pk}"}


def test_a_long_job_and_a_rollback_leave_the_session_as_it_was(
    pooler: Pooler, broker: Broker
) -> None:
    def work(_: int) -> list[tuple[Any, ...]]:
        with rowsecurity.of(broker.pk), connections.long_statements(), transaction.atomic():
            seen()
            transaction.set_rollback(True)
        with rowsecurity.nobody(), connection.cursor() as cursor:
            return left_behind(cursor)

    assert race(1, work) == [[]]


def test_a_pooler_that_greets_before_a_server_that_hangs_is_no_answer(pooler: Pooler) -> None:
    assert connections.answers() is True
    pooler.pause()
    began = time.monotonic()
    assert connections.answers() is False
    assert time.monotonic() - began < 2 * connections.PROBE_SECONDS + 1
    pooler.resume()
    assert connections.answers() is True


def test_nothing_in_the_code_hangs_on_a_session() -> None:
    paths = [path for folder in CODE for path in (ROOT / folder).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in paths if LASTING.search(path.read_text())}
    assert found == set(FOR_A_REASON)


# --- The whole product ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, demo: dict[str, str]) -> Iterator[Pooler]:
    folder = tmp_path_factory.mktemp("pooler")
    with Pooler(folder, demo["DATABASE_URL"], size=1) as running:
        yield running


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, demo: dict[str, str], front: Pooler
) -> Iterator[Stack]:
    past = address_of(demo["DATABASE_URL"].rpartition("/")[2], owner=True)
    given = {**demo, "DATABASE_URL": front.url, "MIGRATE_DATABASE_URL": past}
    with Stack(
        tmp_path_factory.mktemp("pooled"), looks_at=demo["DATABASE_URL"], DB_POOLED="transaction", **given
    ) as running:  # fmt: skip
        yield running


def leads_of(stack: Stack, email: str) -> set[int]:
    status, answer = stack.get("/api/v1/leads/?page_size=200", **stack.sign_in(email))
    assert status == 200, answer
    return {lead["id"] for lead in answer["results"]}


def owned_by(stack: Stack, slug: str) -> set[int]:
    asked = "SELECT l.id FROM leads l JOIN brokers b ON b.id = l.broker_id WHERE b.slug = %s"
    return {row["id"] for row in stack.rows(asked, slug)}


def test_chats_pages_and_tasks_of_two_brokers_go_over_one_session(
    stack: Stack, front: Pooler
) -> None:
    def talk(slug: str) -> tuple[str, str]:
        visitor = Visitor(stack, slug)
        return visitor.say("Hola, busco casa en Maipú"), visitor.say("gano 1.500.000")

    def look(email: str) -> list[set[int]]:
        return [leads_of(stack, email) for _ in range(5)]

    brokers = {"demo": "admin@demo.test", "rival": "admin@rival.test"}
    with ThreadPoolExecutor(4) as pool:
        talks = [pool.submit(talk, slug) for slug in brokers]
        looks = {slug: pool.submit(look, email) for slug, email in brokers.items()}
        assert all(all(each.result()) for each in talks)
        for slug, found in looks.items():
            assert all(each <= owned_by(stack, slug) for each in found.result())
    assert len(front.servers()) == 1
    assert len(front.clients()) >= 4


def test_sweeps_run_and_health_is_good(stack: Stack) -> None:
    stack.wait_for_sweeps(*SWEEPS)
    status, answer = stack.get("/health/ready")
    assert (status, answer) == (200, answer)
    assert stack.rows("SELECT task, error FROM failed_tasks") == []


def test_the_product_left_nothing_on_the_session(stack: Stack, front: Pooler) -> None:
    assert front.session(left_behind) == []
