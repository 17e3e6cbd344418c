"""The OpenAPI schema, put to the proof: whatever it allows or forbids, no request ends in a 5xx."""

import re
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception, request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import override_settings
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig

from brokers import tokens
from brokers.models import Broker, User
from campaigns.models import Campaign, CampaignStatus, CampaignStep
from leads.models import ChannelIdentity, Lead
from scheduling.models import Appointment, AppointmentBlock
from tests.api import Route, routes
from tests.factories import make_row

BOUNDED = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# The caller's token is never tampered with: every answer would be 401.
AS_SIGNED_IN = ProjectConfig(generation=GenerationConfig(with_security_parameters=False))
ROUTES = {route.path.replace("<pk>", "{}"): route for route in routes()}
AREAS = sorted({path.split("/")[3] for path in ROUTES})
PARAMETER = re.compile(r"\{\w+\}")
AHEAD = {"start_time": "2031-05-06T10:00:00-04:00", "end_time": "2031-05-06T11:00:00-04:00"}

Ask = Callable[[Case[Any]], tuple[int, str]]


@pytest.fixture(scope="module")
def schema() -> Any:
    config = SchemathesisConfig(projects=ProjectsConfig(default=AS_SIGNED_IN))
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    drawn = schemathesis.openapi.from_dict(generator.get_schema(public=True), config=config)
    # Nobody closes what is streamed to this client, so it would take all places at the database.
    with override_settings(DB_PLACES=1_000_000):
        drawn.app = WSGIHandler()
    return drawn


@pytest.fixture
def rows(settings: Any, broker: Broker, admin: User, agent: User, lead: Lead) -> dict[Any, Any]:
    """One row of every model that a route shows, in a state in which much is allowed."""
    settings.API_THROTTLE_RATES = dict.fromkeys(settings.API_THROTTLE_RATES, "1000000/minute")
    campaign = make_row(Campaign, broker, status=CampaignStatus.ACTIVE)
    step = make_row(CampaignStep, broker, campaign=campaign, message_text="Hola {{first_name}}")
    make_row(ChannelIdentity, broker, lead=lead, channel="webchat")
    rows: dict[Any, Any] = {Broker: broker, Lead: lead, User: agent}
    rows |= {Campaign: campaign, CampaignStep: step}
    for model in {route.model for route in ROUTES.values()} - {None, *rows}:
        about = {"lead": lead} if "lead" in {field.name for field in model._meta.fields} else {}
        rows[model] = make_row(model, broker, **about)
    return rows


@pytest.fixture
def ask(admin: User) -> Iterator[Ask]:
    """Sends a case as the broker's admin, undoes what it did, and tells status and traceback."""
    headers = {"Authorization": f"Bearer {tokens.issue(admin)['access']}"}
    broken: list[str] = []

    def remember(**_: Any) -> None:
        broken.append(traceback.format_exc())

    def send(case: Case[Any]) -> tuple[int, str]:
        broken.clear()
        with transaction.atomic():
            answer = case.call(headers=headers)
            transaction.set_rollback(True)
        return answer.status_code, "".join(broken)

    got_request_exception.connect(remember)
    # A request would end the connection whose transaction is the test's.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield send
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)
    got_request_exception.disconnect(remember)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("area", AREAS)
def test_no_request_breaks_the_server(
    area: str, mode: GenerationMode, schema: Any, rows: dict[Any, Any], ask: Ask
) -> None:
    broken: dict[str, Any] = {}
    for result in schema.get_all_operations():
        operation = result.ok()
        can_be_wrong = [*operation.iter_parameters(), *operation.body]
        if operation.path.startswith(f"/api/v1/{area}/") and (
            mode == GenerationMode.POSITIVE or can_be_wrong
        ):
            _probe(operation, mode, rows, ask, broken)
    assert broken == {}


def _probe(
    operation: Any, mode: GenerationMode, rows: dict[Any, Any], ask: Ask, broken: dict[str, Any]
) -> None:
    route = ROUTES[PARAMETER.sub("{}", operation.path)]

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def probe(case: Case[Any]) -> None:
        if mode == GenerationMode.POSITIVE:
            _point_at_rows(case, route, rows)
        status, trace = ask(case)
        if status >= 500:
            broken.setdefault(operation.label, (status, case.as_curl_command(), trace))

    probe()


def _point_at_rows(case: Case[Any], route: Route, rows: dict[Any, Any]) -> None:
    """References lead to rows that exist, hours ahead: made-up ones would only ever be refused."""
    for name in case.path_parameters:
        case.path_parameters[name] = rows[CampaignStep if name == "step" else route.model].pk
    if not isinstance(case.body, dict):
        return
    agent, lead = rows[User].pk, rows[Lead].pk
    known = {"broker": rows[Broker].pk, "lead": lead, "agent": agent, "assigned_to": agent}
    known |= {"leads": [lead]} | (AHEAD if route.model in (Appointment, AppointmentBlock) else {})
    case.body |= {name: value for name, value in known.items() if name in case.body}
