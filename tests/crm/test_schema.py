"""The database's own promises: tables, indexes and constraints by their exact names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models

from crm.models import TimeStamped
from crm.tenancy import Tenanted
from tests.databases import Original

ROOT = Path(settings.BASE_DIR)
TABLES = {
    "brokers",
    "users",
    "broker_prompt_configs",
    "broker_lead_configs",
    "broker_voice_configs",
    "broker_chat_configs",
    "prompt_versions",
    "leads",
    "telegram_messages",
    "chat_messages",
    "activity_log",
    "appointments",
    "availability_slots",
    "appointment_blocks",
    "campaigns",
    "campaign_steps",
    "campaign_logs",
    "message_templates",
    "knowledge_base",
    "voice_calls",
    "call_transcripts",
    "llm_calls",
    "campaign_enrollments",
    "channel_identities",
    "conversations",
    "lead_signals",
    "stage_transitions",
    "consents",
    "suppressions",
    "slot_offers",
    "calendar_connections",
    "knowledge_documents",
    "knowledge_gaps",
    "failed_tasks",
}
OWN = [model for model in apps.get_models() if issubclass(model, Tenanted | TimeStamped)]


def index(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
        return str(cursor.fetchone()[0])


def constraint(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
        )
        return str(cursor.fetchone()[0])


def test_every_table_of_the_schema_is_there_under_its_exact_name() -> None:
    assert {model._meta.db_table for model in OWN} >= TABLES


@pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
def test_every_table_has_an_integer_key_and_its_two_times(model: type[models.Model]) -> None:
    columns = {field.column: field for field in model._meta.concrete_fields}
    assert isinstance(columns["id"], models.BigAutoField)
    assert {"created_at", "updated_at"} <= set(columns)


@pytest.mark.parametrize(
    "model",
    [m for m in OWN if any(f.name == "broker" for f in m._meta.concrete_fields)],
    ids=lambda model: model.__name__,
)
def test_a_row_of_a_broker_names_it(model: type[models.Model]) -> None:
    """Null only where the rules say so: superadmins, kept costs, what is nobody's or all brokers'."""
    allowed = {"User", "LLMCall", "FailedTask", "FailedSignIns", "IdempotencyKey", "Figure"}
    assert model._meta.get_field("broker").null == (model.__name__ in allowed)


@pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
def test_every_enum_column_is_held_by_a_check(model: type[models.Model]) -> None:
    checked = {
        name
        for check in model._meta.constraints
        if isinstance(check, models.CheckConstraint)
        for name in _columns(check.condition)
    }
    enums = {field.name for field in model._meta.concrete_fields if field.choices}
    assert enums <= checked


def _columns(condition: models.Q) -> set[str]:
    found = set()
    for child in condition.children:
        found |= _columns(child) if isinstance(child, models.Q) else {child[0].partition("__")[0]}
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("leads_status_score", "(status, lead_score)"),
        ("leads_stage_entered", "(pipeline_stage, stage_entered_at)"),
        ("leads_assigned_treatment", "(assigned_to, treatment_type)"),
        ("leads_next_treatment", "(next_action_at, treatment_type)"),
        ("leads_phone", "(phone)"),
    ],
)
def test_the_indexes_that_the_schema_names_on_leads(name: str, columns: str) -> None:
    assert index(name).endswith(f"USING btree {columns}")


@pytest.mark.django_db
def test_embeddings_have_an_ivfflat_cosine_index_with_a_hundred_lists() -> None:
    found = index("knowledge_base_embedding")
    assert "USING ivfflat (embedding vector_cosine_ops)" in found
    assert "lists='100'" in found


@pytest.mark.django_db
def test_double_booking_is_excluded_by_the_database() -> None:
    found = constraint("appointments_no_overlap")
    assert found.startswith("EXCLUDE USING gist (int8range(")
    assert "tstzrange(start_time, end_time) WITH &&" in found
    assert "agent_id IS NOT NULL" in found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("prompt_versions_one_active", "(broker_id) WHERE is_active"),
        ("chat_messages_external_unique", "(broker_id, provider, channel_message_id)"),
        ("telegram_messages_update_unique", "(bot_id, update_id) WHERE (update_id IS NOT NULL)"),
        ("voice_calls_external_unique", "(provider, external_call_id)"),
        ("users_email_ci_unique", "(lower((email)::text))"),
    ],
)
def test_what_must_be_unique_is_so_in_the_database(name: str, columns: str) -> None:
    found = index(name)
    assert found.startswith("CREATE UNIQUE INDEX")
    assert columns in found


@pytest.mark.django_db
def test_a_campaign_log_is_unique_per_enrolment_and_step() -> None:
    assert constraint("campaign_logs_once") == "UNIQUE (enrollment_id, step_id)"


WALK = """
import django; django.setup()
from django.apps import apps
from django.core.management import call_command
from django.db import connection
known_tables = connection.introspection.table_names()
labels = [c.label for c in reversed(list(apps.get_app_configs())) if c.models_module]
from django.db.migrations.loader import MigrationLoader
known = {app for app, _ in MigrationLoader(connection).disk_migrations}
for label in [label for label in labels if label in known]:
    call_command("migrate", label, "zero", verbosity=0)
assert connection.introspection.table_names() == ["django_migrations"]
call_command("migrate", verbosity=0)
assert connection.introspection.table_names() == known_tables
print(len(known_tables))
"""


def test_migrations_run_forward_back_to_zero_and_forward_again(migrated: Original) -> None:
    """Forward they ran when the database was made that is copied here."""
    with migrated.copy() as address:
        done = subprocess.run(
            [sys.executable, "-c", WALK],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": address,
                "DJANGO_SETTINGS_MODULE": "crm.settings",
            },
            capture_output=True,
            text=True,
            timeout=400,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > len(TABLES)
