"""Requests that the OpenAPI schema allows and forbids, and rows that they may be about."""

import os
import re
import traceback
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.config import GenerationConfig, ProjectConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.specs.openapi import checks
from schemathesis.specs.openapi.checks import is_unexpected_http_status_case

from brokers import tokens
from brokers.models import Broker, User
from campaigns.models import CampaignStep
from knowledge.models import KnowledgeEntry
from leads.models import ChatMessage, Lead, MergeSuggestion, MessageTemplate
from llm.models import PromptReplay, PromptVersion
from scheduling.models import Appointment, AppointmentBlock, AvailabilitySlot
from tests.api import Route, routes
from tests.factories import PASSWORD

# How many generated requests an operation gets at most, each way; more finds more, and takes longer.
CASES = int(os.environ.get("CONTRACT_CASES", "6"))
# Of each kind of request to an operation, those that the anonymous are refused too.
FEW = 2
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "1"))
BOUNDED = settings(
    max_examples=max(EXAMPLES, 1),
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
INNER = {"step": CampaignStep, "message": ChatMessage}
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
    "metadata": {"bedrooms": 2},
    # One value that goes with another, or with what is stored.
    "name": "Camila Rojas",
    "reason": "Compró en otra parte",
    "triggered_by": "manual",
    "cold_max_score": 20,
    "warm_max_score": 50,
    "qualified_min_score": 75,
    "target_stage": "perfilamiento",
    "cursor": "WyIyMDMxLTA1LTA2VDEwOjAwOjAwKzAwOjAwIiwgMSwgNV0=",
    "down_payment": {"amount": 400, "currency": "UF"},
    "mapping": ["name", "phone"],
    "text": "Hola, soy Ana.",
    "title": "Normas de la comunidad",
    "step_number": 2,
    "due_at": "2031-05-06T10:00:00-04:00",
    "remind_at": "2031-05-06T09:00:00-04:00",
}


# A valid request may still be refused so, and by nothing else: what no schema can say.
BEYOND_A_SCHEMA = {
    "link_expired": "what it needs comes by mail",
    "unknown_format": "it lies in a file's bytes",
    "not_csv": "it lies in a file's bytes",
    "empty": "it lies in a file's bytes",
    "out_of_range": "a date is one of this century, and of no other",
    "range_not_valid": "the end is held against the start, and that may be today",
}


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

    def problems(self, case: Case[Any], answer: Any, caller: str = "admin") -> dict[str, str]:
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
            failures = []
        if _is_beyond_a_schema(answer):
            failures = [each for each in failures if not isinstance(each, RejectedPositiveData)]
        found = {type(each).__name__: str(each) for each in failures}
        return found | _at_the_door(case, answer, caller)


def _is_beyond_a_schema(answer: Any) -> bool:
    if answer.status_code != 400:
        return False
    return {error["code"] for error in answer.json()["errors"]} <= BEYOND_A_SCHEMA.keys()


def _at_the_door(case: Case[Any], answer: Any, caller: str) -> dict[str, str]:
    """Without a token it is 401 whatever is asked, with one never."""
    if {} in case.operation.definition.raw["security"]:
        return {}
    asked_to_sign_in = answer.status_code == 401
    if caller == "anonymous":
        astray = answer.status_code == 404 and case.meta.is_negative_at(ParameterLocation.PATH)
        return {} if asked_to_sign_in or astray else {"let in": str(answer.status_code)}
    return {"kept out": answer.text} if asked_to_sign_in else {}


def callers(case: Case[Any], place: int) -> Iterator[str]:
    """Who asks: what is no matter of rights is asked once, and by the anonymous only little.

    The superadmin comes last, with a broker's name in the request.
    """
    if is_unexpected_http_status_case(case):
        yield "admin"
        return
    yield from CALLERS if place < FEW else CALLERS[1:]


def route_of(operation: Any) -> Route:
    return ROUTES[PARAMETER.sub("{}", operation.path)]


def operations(schema: Any, *, area: str = "", method: str = "") -> Iterator[Any]:
    for result in schema.get_all_operations():
        operation = result.ok()
        inside = operation.path.startswith(f"/api/v1/{area}")
        if inside and operation.method in (method or operation.method):
            yield operation


def cases(operation: Any, mode: GenerationMode, rows: dict[Any, Any]) -> list[Case[Any]]:
    """The schema's edges, pointed at rows that exist."""
    chosen = edges(operation, mode)
    for case in chosen:
        point_at_rows(case, route_of(operation), rows)
    return chosen


def edges(operation: Any, mode: GenerationMode) -> list[Case[Any]]:
    """The schema's edges, evenly chosen among all that there are."""
    generation = AS_SIGNED_IN.generation
    found = list(
        operation.schema.iter_coverage_cases(
            operation, generation_modes=[mode], generation_config=generation
        )
    )
    return found[:: max(1, -(-len(found) // CASES))]


def examples(operation: Any, mode: GenerationMode) -> list[Case[Any]]:
    """What is drawn at random, the same in every run; nothing where nothing can be wrong."""
    if mode.is_negative and not [*operation.iter_parameters(), *operation.body]:
        return []
    found: list[Case[Any]] = []

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def draw(case: Case[Any]) -> None:
        found.append(case)

    if EXAMPLES:
        draw()
    return found


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
        case.body = {**case.body, "broker": broker}


def point_at_rows(case: Case[Any], route: Route, rows: dict[Any, Any]) -> None:
    """References lead to rows that exist, hours ahead: made-up ones would only ever be refused.

    What is wrong with a request on purpose stays wrong.
    """
    ids = {name: rows[INNER.get(name, route.model)].pk for name in case.path_parameters}
    known = _known(route, rows)
    _replace(case, ParameterLocation.PATH, "path_parameters", ids)
    _replace(case, ParameterLocation.QUERY, "query", known)
    if isinstance(case.body, dict):
        case.body = _whole(case.body)
    _replace(case, ParameterLocation.BODY, "body", known)


def _whole(value: Any) -> Any:
    """12.0 as 12: to JSON they are one number, to the validator of OpenAPI 3.0 two types."""
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _replace(case: Case[Any], place: ParameterLocation, name: str, known: dict[str, Any]) -> None:
    given = getattr(case, name)
    if not isinstance(given, dict):
        return
    for key in known.keys() & given.keys():
        before, drawn = case.meta.is_negative_at(place), given[key]
        setattr(case, name, {**getattr(case, name), key: known[key]})
        if case.meta.is_negative_at(place) != before:
            setattr(case, name, {**getattr(case, name), key: drawn})


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
        "entry": rows[KnowledgeEntry].pk,
        "confirm": rows[Lead].name,
        "version": rows[Lead].version,
        "prompt_version": rows[PromptVersion].pk,
        "other": rows[PromptVersion].pk,
    }
    if route.model is PromptReplay:
        known["version"] = rows[PromptVersion].pk
    if route.model in (Appointment, AppointmentBlock):
        known |= AHEAD
    if route.model is AvailabilitySlot:
        known |= {"start_time": "09:00", "end_time": "18:00"}
    return known
