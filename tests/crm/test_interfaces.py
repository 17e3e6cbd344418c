"""The names that clients, scripts and operators rely on: each is there, under exactly this spelling."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.test import Client, RequestFactory
from django.urls import resolve

from crm.api import queries
from crm.api.errors import not_found
from tests.api import METHODS, signed_in

ROOT = Path(settings.BASE_DIR)

TARGETS = ("run", "test", "lint", "e2e", "bench", "demo")

ENVIRONMENT = [
    "PORT",
    "DEBUG",
    "SECRET_KEY",
    "PUBLIC_URL",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "REDIS_URL",
    "FIELD_ENCRYPTION_KEYS",
    "GEMINI_API_KEY",
    "LLM_MODEL",
    "LLM_FALLBACK_MODEL",
    "EMBEDDING_MODEL",
    "TURN_DELAY_SECONDS",
    "EMAIL_URL",
    "GOOGLE_CLIENT_ID",
    "GOOGLE_CLIENT_SECRET",
    "TELEGRAM_API_URL",
    "WHATSAPP_API_URL",
    "GEMINI_API_URL",
    "OPENAI_BASE_URL",
    "ANTHROPIC_BASE_URL",
    "VAPI_API_URL",
    "BLAND_API_URL",
    "GOOGLE_CALENDAR_API_URL",
]

COMMANDS = (
    "seed_demo",
    "evaluate",
    "reindex_knowledge",
    "rotate_secrets",
    "backup",
    "restore",
    "telegram_poll",
)

ADDRESSES = (
    "/",
    "/admin/",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/api/schema/",
    "/api/docs/",
    "/chat/demo/",
    "/chat/demo/messages/",
    "/hooks/telegram/key/",
    "/hooks/whatsapp/key/",
    "/hooks/voice/vapi/key/",
    "/hooks/google/",
    "/oauth/google/",
    "/visit/token/",
    "/cal/token.ics",
    "/book/demo/",
    "/calcular/demo/",
)

# Under /api/v1/, with the methods of each.
API = {
    "auth/token/": "post",
    "auth/refresh/": "post",
    "auth/logout/": "post",
    "auth/me/": "get patch",
    "auth/password/reset/": "post",
    "broker/": "get patch",
    "broker/config/prompt/": "get patch",
    "broker/config/leads/": "get patch",
    "broker/config/voice/": "get patch",
    "broker/config/chat/": "get patch",
    "brokers/": "get post",
    "users/": "get post",
    "users/invite/": "post",
    "leads/": "get post",
    "leads/1/": "get patch delete",
    "leads/1/move/": "post",
    "leads/1/assign/": "post",
    "leads/1/claim/": "post",
    "leads/1/rescore/": "post",
    "leads/1/merge/": "post",
    "leads/1/takeover/": "post",
    "leads/1/release/": "post",
    "leads/1/messages/": "get post",
    "leads/1/timeline/": "get",
    "leads/1/opt-out/": "post",
    "leads/1/matches/": "get",
    "leads/1/tasks/": "get post",
    "leads/import/": "get post",
    "leads/export/": "get",
    "conversations/": "get",
    "pipeline/metrics/": "get",
    "appointments/": "get post",
    "appointments/1/confirm/": "post",
    "appointments/1/cancel/": "post",
    "appointments/1/reschedule/": "post",
    "appointments/1/complete/": "post",
    "appointments/1/no-show/": "post",
    "availability/slots/": "get",
    "availability/windows/": "get post",
    "availability/blocks/": "get post",
    "campaigns/": "get post",
    "campaigns/1/steps/": "get post",
    "campaigns/1/activate/": "post",
    "campaigns/1/pause/": "post",
    "campaigns/1/forecast/": "get post",
    "campaigns/1/enroll/": "post",
    "campaigns/1/stats/": "get",
    "campaigns/1/logs/": "get",
    "templates/": "get post",
    "knowledge/": "get post",
    "knowledge/search/": "get",
    "knowledge/documents/": "get post",
    "knowledge/gaps/": "get",
    "knowledge/1/leads/": "get",
    "calls/": "get post",
    "calls/1/transcript/": "get",
    "prompts/": "get post",
    "prompts/1/activate/": "post",
    "llm/calls/": "get",
    "llm/costs/": "get",
    "tasks/": "get post",
    "notifications/": "get",
}

FILTERS = {
    "leads/": "search status pipeline_stage assigned_to score_min score_max tags ordering",
    "conversations/": "state",
    "availability/slots/": "agent from to duration type",
}

LIST = {"count", "next", "previous", "results"}


def view_of(address: str) -> Any:
    """What answers at the address; Resolver404 where nothing does."""
    view = resolve(address).func
    assert view is not not_found, address
    return view


def offered(view: Any) -> set[str]:
    actions = getattr(view, "actions", None)
    found = actions or [method for method in METHODS if hasattr(view.cls, method)]
    return set(found) - {"head", "options"}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_outside_the_api_is_answered(address: str) -> None:
    assert callable(view_of(address))


@pytest.mark.parametrize("path", API)
def test_a_path_of_the_api_offers_its_methods(path: str) -> None:
    assert set(API[path].split()) <= offered(view_of(f"/api/v1/{path}"))


@pytest.mark.parametrize("path", FILTERS)
def test_a_list_takes_its_filters(path: str) -> None:
    match = resolve(f"/api/v1/{path}")
    view = match.func.cls(**match.func.initkwargs)  # type: ignore[attr-defined]
    view.action_map = match.func.actions  # type: ignore[attr-defined]
    view.args, view.kwargs = (), match.kwargs
    view.request = view.initialize_request(RequestFactory().get(path))
    assert set(FILTERS[path].split()) <= set(queries.known(view) or ())


def test_lists_answer_in_one_shape(request: Any) -> None:
    client = signed_in(request.getfixturevalue("admin"))
    for path in (
        "leads/",
        "conversations/",
        "campaigns/",
        "templates/",
        "tasks/",
        "notifications/",
    ):
        assert set(client.get(f"/api/v1/{path}").json()) == LIST, path


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_of_manage_is_there(name: str) -> None:
    command = load_command_class(str(get_commands()[name]), name)
    assert command.help


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_setting_is_read_and_explained(name: str) -> None:
    readers = [ROOT / "crm" / "settings.py", ROOT / "crm" / "management" / "commands" / "up.py"]
    assert any(f'"{name}"' in reader.read_text() for reader in readers)
    assert re.search(rf"^#? ?{name}=", (ROOT / ".env.example").read_text(), re.M)


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_the_target(target: str) -> None:
    """Asked what it would do, it does nothing."""
    asked = ["make", "--dry-run", "--no-print-directory", target]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_one_workload_can_be_measured_alone() -> None:
    asked = ["make", "--dry-run", "--no-print-directory", "bench", "ONLY=turns"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("-m bench turns")


def test_the_first_address_leads_to_the_product(client: Client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
