"""Requests that the OpenAPI schema allows and forbids, and rows that they may be about."""

import os
import re
import traceback
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import transaction
from schemathesis import Case, GenerationMode
from schemathesis.config import GenerationConfig, ProjectConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.specs.openapi import checks

from brokers import tokens
from brokers.models import Broker, User
from campaigns.models import CampaignStep
from leads.models import ChatMessage, Lead, MergeSuggestion, MessageTemplate
from scheduling.models import Appointment, AppointmentBlock, AvailabilitySlot
from tests.api import Route, routes
from tests.factories import PASSWORD

# How many generated requests an operation gets at most, each way; more finds more, and takes longer.
CASES = int(os.environ.get("CONTRACT_CASES", "10"))
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.positive_data_acceptance,
    checks.missing_required_header,
    checks.unsupported_method,
]
# The caller's token is never tampered with: every answer would be 401.
AS_SIGNED_IN = ProjectConfig(generation=GenerationConfig(with_security_parameters=False))
ROUTES = {route.path.replace("<pk>", "{}"): route for route in routes()}
PARAMETER = re.compile(r"\{\w+\}")
CALLERS = ("anonymous", "agent", "admin", "superadmin")
AHEAD = {"start_time": "2031-05-06T10:00:00-04:00", "end_time": "2031-05-06T11:00:00-04:00"}
# What a schema cannot say: that a name is in a list of the world's, or a text in a grammar.
MEANT: dict[str, Any] = {
    "timezone": "America/Santiago",
    "identifier": "+56987654321",
    "rrule": "FREQ=WEEKLY;BYDAY=MO",
    "password": PASSWORD,
    "old_password": PASSWORD,
    "email": "camila.rojas@example.com",
    "phone": "+56987654321",
    "metadata": {},
    # One value that goes with another, or with what is stored.
    "name": "Camila Rojas",
    "reason": "Compró en otra parte",
    "triggered_by": "manual",
    "cold_max_score": 20,
    "warm_max_score": 50,
    "qualified_min_score": 75,
    "target_stage": "perfilamiento",
    "cursor": "",
    "mapping": [],
    "text": "Hola, soy Ana.",
    "title": "Normas de la comunidad",
    "step_number": 2,
    "due_at": "2031-05-06T10:00:00-04:00",
    "remind_at": "2031-05-06T09:00:00-04:00",
}


# A valid request may still be refused so: what it needs comes by mail, or lies in a file's bytes.
BEYOND_A_SCHEMA = {"link_expired", "unknown_format", "not_csv"}


class Ask:
    """Sends requests as one of the callers."""

    def __init__(self, people: dict[str, User]) -> None:
        self.headers = {
            name: {"Authorization": f"Bearer {tokens.issue(user)['access']}"}
            for name, user in people.items()
        }
        self.broken: list[str] = []

    def remember(self, **_: Any) -> None:
        self.broken.append(traceback.format_exc())

    def plain(self, case: Case[Any], caller: str) -> Any:
        """The answer, whose effect stays."""
        self.broken.clear()
        return case.call(headers=self.headers.get(caller, {}))

    def undone(self, case: Case[Any], caller: str) -> Any:
        """The answer, whose effect is undone."""
        with transaction.atomic():
            answer = self.plain(case, caller)
            transaction.set_rollback(True)
        return answer

    def problems(self, case: Case[Any], answer: Any) -> dict[str, str]:
        """What the answer has against the schema."""
        if answer.status_code >= 500:
            return {"broken": "".join(self.broken)}
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            failures = list(group.exceptions)
        except Failure as failure:
            failures = [failure]
        else:
            return {}
        if any(code in answer.text for code in BEYOND_A_SCHEMA):
            failures = [each for each in failures if not isinstance(each, RejectedPositiveData)]
        return {type(each).__name__: str(each) for each in failures}


def operations(schema: Any, *, area: str = "", method: str = "") -> Iterator[Any]:
    for result in schema.get_all_operations():
        operation = result.ok()
        inside = operation.path.startswith(f"/api/v1/{area}")
        if inside and operation.method in (method or operation.method):
            yield operation


def cases(operation: Any, mode: GenerationMode, rows: dict[Any, Any]) -> list[Case[Any]]:
    """The schema's edges, evenly chosen among all that there are."""
    generation = AS_SIGNED_IN.generation
    found = list(
        operation.schema.iter_coverage_cases(
            operation, generation_modes=[mode], generation_config=generation
        )
    )
    chosen = found[:: max(1, -(-len(found) // CASES))]
    if mode == GenerationMode.POSITIVE:
        for case in chosen:
            point_at_rows(case, ROUTES[PARAMETER.sub("{}", operation.path)], rows)
    return chosen


def first_accepted(operation: Any, rows: dict[Any, Any], ask: Ask, caller: str) -> Case[Any] | None:
    for case in cases(operation, GenerationMode.POSITIVE, rows):
        if 200 <= ask.undone(case, caller).status_code < 300:
            return case
    return None


def count_rows() -> dict[str, int]:
    """How many rows every table has."""
    models = [model for model in apps.get_models() if model._meta.managed]
    return {model._meta.label: model._base_manager.count() for model in models}


def for_superadmins(case: Case[Any], rows: dict[Any, Any]) -> None:
    """They name a broker wherever one may be named: whose it must be, no schema can say."""
    broker, operation = rows[Broker].pk, case.operation
    if "broker" in operation.query:
        case.query = {**(case.query or {}), "broker": broker}
    elif isinstance(case.body, dict):
        case.body["broker"] = broker


def point_at_rows(case: Case[Any], route: Route, rows: dict[Any, Any]) -> None:
    """References lead to rows that exist, hours ahead: made-up ones would only ever be refused."""
    inner = {"step": CampaignStep, "message": ChatMessage}
    for name in case.path_parameters:
        case.path_parameters[name] = rows[inner.get(name, route.model)].pk
    known = _known(route, rows)
    if case.query:
        case.query.update({name: known[name] for name in known.keys() & case.query.keys()})
    if isinstance(case.body, dict):
        case.body.update({name: known[name] for name in known.keys() & case.body.keys()})


def _known(route: Route, rows: dict[Any, Any]) -> dict[str, Any]:
    agent, lead = rows[User].pk, rows[Lead].pk
    known = {**MEANT, "broker": rows[Broker].pk, "lead": lead, "agent": agent}
    pair, template = rows[MergeSuggestion], rows[MessageTemplate].pk
    known |= {"template": template, "message_template": template, "survivor": pair.lead_id}
    known |= {
        "assigned_to": agent,
        "owner": agent,
        "leads": [lead],
        "loser": rows["loser"].pk,
        "confirm": rows[Lead].name,
    }
    if route.model in (Appointment, AppointmentBlock):
        known |= AHEAD
    if route.model is AvailabilitySlot:
        known |= {"start_time": "09:00", "end_time": "18:00"}
    return known
