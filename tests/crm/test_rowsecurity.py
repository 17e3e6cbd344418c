"""The second wall of tenancy: what PostgreSQL itself shows and takes, whatever the application asks."""

import ast
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connection, models, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from brokers.models import Broker, User
from crm import rowsecurity
from crm.celery import app
from crm.postgres import policies
from leads.models import Conversation, Lead
from leads.tasks import deliver
from tests.api import signed_in
from tests.factories import ChatMessageFactory, LeadFactory, make_row

ROOT = Path(__file__).resolve().parents[2]
GUARDED = [
    model
    for model in apps.get_models(include_auto_created=True)
    if model is Broker or any(f.column == "broker_id" for f in model._meta.concrete_fields)
]
MADE = [model for model in GUARDED if model is not Broker]
every_table = pytest.mark.parametrize("model", MADE, ids=lambda model: model._meta.db_table)


def seen(model: Any) -> set[Any]:
    return set(model._base_manager.values_list("pk", flat=True))


def one(statement: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


# --- Every table ------------------------------------------------------------------------------


def test_every_table_is_guarded_or_open_for_a_reason(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(policies.FIND)
        found = cursor.fetchall()
        assert policies.hold(cursor)
    guarded = {table for table, forced, *_ in found if forced}
    assert {model._meta.db_table for model in GUARDED} <= guarded
    assert {table for table, *_ in found} - guarded == set(policies.OPEN)
    assert not guarded & set(policies.OPEN)


def test_the_tests_themselves_have_no_rights_past_the_wall(db: None) -> None:
    asked = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert one(asked) is False


@every_table
def test_unset_shows_nothing_and_takes_nothing(model: Any, broker: Broker) -> None:
    row = make_row(model, broker)
    with rowsecurity.nobody():
        assert seen(model) == set()
        assert seen(Broker) == set()
        assert model._base_manager.update(broker_id=broker.pk) == 0
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
            assert cursor.rowcount == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            _insert_again(row)
    assert row.pk in seen(model)


@every_table
def test_another_broker_cannot_read_write_or_take_over(
    model: Any, broker: Broker, rival: Broker
) -> None:
    row = make_row(model, broker)
    with rowsecurity.of(rival.pk):
        assert row.pk not in seen(model)
        assert model._base_manager.filter(pk=row.pk).update(broker_id=rival.pk) == 0
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE id = %s", [row.pk])
            assert cursor.rowcount == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            _insert_again(row)
    with rowsecurity.of(broker.pk):
        assert row.pk in seen(model)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            model._base_manager.filter(pk=row.pk).update(broker_id=rival.pk)
        assert model._base_manager.get(pk=row.pk).broker_id == broker.pk


def _insert_again(row: models.Model) -> None:
    """As the row stands; who looks at the wall first is refused before any constraint is asked."""
    columns = [f for f in row._meta.concrete_fields if not f.generated and not f.primary_key]
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection)
        if getattr(row, field.attname) is not None
        else None
        for field in columns
    ]
    names = ", ".join(f'"{field.column}"' for field in columns)
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {row._meta.db_table} ({names}) VALUES ({marks})", values)


def test_a_broker_sees_its_own_brokerage_and_superadmins_by_name_only(
    broker: Broker, rival: Broker, agent: User, rival_agent: User, superadmin: User
) -> None:
    with rowsecurity.of(rival.pk):
        assert seen(Broker) == {rival.pk}
        assert seen(User) == {rival_agent.pk, superadmin.pk}
        assert User.objects.filter(pk=superadmin.pk).update(name="Otra") == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Broker.objects.filter(pk=rival.pk).update(id=broker.pk + 1_000_000)


# --- The context and the connection -----------------------------------------------------------


@pytest.fixture
def two(broker: Broker, rival: Broker) -> tuple[int, int]:
    """A lead of each of two brokers, stored for good."""
    return LeadFactory(broker=broker).pk, LeadFactory(broker=rival).pk


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_each_statement_has_its_own_tenant(
    two: tuple[int, int], broker: Broker, rival: Broker
) -> None:
    with rowsecurity.of(broker.pk):
        assert seen(Lead) == {two[0]}
    with rowsecurity.of(rival.pk):
        assert seen(Lead) == {two[1]}
    with rowsecurity.nobody():
        assert seen(Lead) == set()
        assert one("SELECT coalesce(current_setting('crm.tenant', true), '')") == ""


@pytest.mark.django_db(transaction=True)
def test_a_context_that_changes_within_a_transaction_is_followed(
    two: tuple[int, int], broker: Broker, rival: Broker
) -> None:
    with transaction.atomic(), rowsecurity.of(broker.pk):
        assert seen(Lead) == {two[0]}
        with rowsecurity.of(rival.pk):
            assert seen(Lead) == {two[1]}
        assert seen(Lead) == {two[0]}
        with rowsecurity.nobody():
            assert seen(Lead) == set()
    with transaction.atomic(), rowsecurity.nobody():
        assert seen(Lead) == set()


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_savepoint_takes_no_tenant_along(
    two: tuple[int, int], broker: Broker, rival: Broker
) -> None:
    with transaction.atomic(), rowsecurity.of(broker.pk):
        assert seen(Lead) == {two[0]}
        with rowsecurity.of(rival.pk):
            with transaction.atomic():
                assert seen(Lead) == {two[1]}
                transaction.set_rollback(True)
            assert seen(Lead) == {two[1]}
        with pytest.raises(ProgrammingError), transaction.atomic():
            one("SELECT no_such_column")
        assert seen(Lead) == {two[0]}


@pytest.mark.django_db(transaction=True)
def test_the_next_user_of_a_connection_finds_nobodys_tenant(
    two: tuple[int, int], broker: Broker
) -> None:
    with rowsecurity.of(broker.pk):
        seen(Lead)
        with transaction.atomic():
            seen(Lead)
    raw = connection.connection.pgconn.exec_(b"SELECT count(*) FROM leads")
    assert raw.get_value(0, 0) == b"0"


@pytest.mark.django_db(transaction=True)
def test_a_thread_has_a_tenant_of_its_own(two: tuple[int, int], broker: Broker) -> None:
    def look() -> set[Any]:
        try:
            with rowsecurity.nobody():
                return seen(Lead)
        finally:
            connection.close()

    with rowsecurity.of(broker.pk), ThreadPoolExecutor(1) as pool:
        assert pool.submit(look).result() == set()
        assert seen(Lead) == {two[0]}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("in_transaction", [False, True])
def test_rows_read_piece_by_piece_are_the_tenants(
    two: tuple[int, int], broker: Broker, rival: Broker, in_transaction: bool
) -> None:
    more = {two[0], *(LeadFactory(broker=broker).pk for _ in range(5))}

    def read() -> set[Any]:
        leads = Lead.objects.order_by("pk").values_list("pk", flat=True)
        found = set()
        for pk in leads.iterator(chunk_size=2):
            found.add(pk)
            with rowsecurity.of(rival.pk):
                assert seen(Lead) == {two[1]}
        return found

    with rowsecurity.of(broker.pk):
        if in_transaction:
            with transaction.atomic():
                assert read() == more
        else:
            assert read() == more


@pytest.mark.django_db(transaction=True)
def test_the_count_of_changed_rows_is_the_statements_own(
    two: tuple[int, int], broker: Broker
) -> None:
    with rowsecurity.of(broker.pk):
        assert Lead.objects.update(name="Rosa") == 1
        assert Lead.objects.create(broker=broker).pk > two[1]
        with connection.cursor() as cursor:
            cursor.execute("UPDATE leads SET name = %s", ["100 %"])
            assert (cursor.rowcount, cursor.statusmessage) == (2, "UPDATE 2")
            assert cursor.nextset() is None


def test_the_setting_is_no_statement_of_its_own(broker: Broker, rival: Broker) -> None:
    with CaptureQueriesContext(connection) as captured:
        for owner in (broker, rival):
            with rowsecurity.of(owner.pk):
                seen(Lead)
    assert len(captured.captured_queries) == 2
    assert not any("crm.tenant" in query["sql"] for query in captured.captured_queries)


@pytest.mark.django_db(transaction=True)
def test_many_rows_at_once_and_copies_out_are_the_tenants(
    two: tuple[int, int], broker: Broker
) -> None:
    changes = [("Rosa", pk) for pk in two]
    with rowsecurity.of(broker.pk), transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany("UPDATE leads SET name = %s WHERE id = %s", changes)
        assert cursor.rowcount == 1
        with cursor.copy("COPY (SELECT id FROM leads) TO STDOUT") as copied:
            assert [int(row[0]) for row in copied.rows()] == [two[0]]


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_the_commit_runs_for_whom_it_was_asked(
    two: tuple[int, int], broker: Broker
) -> None:
    found: list[Any] = []
    with transaction.atomic(), rowsecurity.of(broker.pk):
        transaction.on_commit(lambda: found.append(seen(Lead)))
    assert found == [{two[0]}]


# --- Who sets it ------------------------------------------------------------------------------


def test_ways_across_are_declared_and_used() -> None:
    with pytest.raises(ImproperlyConfigured):
        rowsecurity.across("because")
    named = {way for path in _sources() for way in _ways_in(path)}
    assert named == set(rowsecurity.WAYS) - {"tests"}


def _sources() -> Iterator[Path]:
    for folder in ("crm", "brokers", "leads", "llm", "knowledge", "scheduling", "voice"):
        yield from (ROOT / folder).rglob("*.py")
    yield from (ROOT / "campaigns").rglob("*.py")
    yield ROOT / "manage.py"


def _ways_in(path: Path) -> Iterator[str]:
    """Of calls of ``across``, and of tasks that declare it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        given = [word.value for word in node.keywords if word.arg == "across"]
        for value in [*given, *(node.args if name == "across" else [])]:
            if isinstance(value, ast.Constant):
                yield str(value.value)


def test_every_task_declares_whose_rows_it_works_on() -> None:
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
    undeclared = [
        name
        for name, task in ours.items()
        if name.partition(".")[0] != "test" and bool(task.tenant) == bool(task.across)
    ]
    assert undeclared == []
    named = [task for task in ours.values() if task.tenant]
    assert {apps.get_model(task.tenant) for task in named} <= set(GUARDED)
    assert {task.across for task in ours.values()} - {""} <= set(rowsecurity.WAYS)


def test_a_task_sees_the_broker_of_its_row(
    broker: Broker, rival: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, found = ChatMessageFactory(broker=broker), []
    monkeypatch.setattr(
        "leads.outbox.deliver", lambda *_, **__: found.append(rowsecurity.current())
    )
    for where in (rowsecurity.nobody(), rowsecurity.of(rival.pk)):
        with where:
            deliver(message.pk)
    deliver(0)
    assert found == [str(broker.pk), str(rival.pk), rowsecurity.NOBODY]


def test_a_request_leaves_no_tenant_behind(admin: User, lead: Lead) -> None:
    with rowsecurity.nobody():
        assert signed_in_as(admin).get(f"/api/v1/leads/{lead.pk}/").status_code == 200
        assert rowsecurity.current() == rowsecurity.NOBODY


def signed_in_as(user: User) -> Any:
    with rowsecurity.across("tests"):
        return signed_in(user)


def test_a_superadmins_request_sees_everybody(superadmin: User, lead: Lead) -> None:
    with rowsecurity.nobody():
        assert signed_in_as(superadmin).get(f"/api/v1/leads/{lead.pk}/").status_code == 200


def test_a_page_of_one_broker_shows_nothing_of_another(
    client: Any, broker: Broker, rival: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    LeadFactory(broker=rival)
    found = []

    def post(*_: Any) -> HttpResponse:
        found.append(seen(Broker))
        return HttpResponse()

    monkeypatch.setattr("leads.chat._posted", post)
    client.post(f"/chat/{broker.slug}/messages/", {}, content_type="application/json")
    assert found == [{broker.pk}]


def test_conversations_reached_through_a_lead_are_behind_the_wall_too(
    rival: Broker, lead: Lead
) -> None:
    with rowsecurity.of(rival.pk):
        assert not Conversation.objects.filter(lead__broker_id=lead.broker_id).exists()
