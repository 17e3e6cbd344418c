"""What every address of the API has in common: errors, pages, limits, documentation."""

import io
import json
import re
import time
from functools import cache
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from brokers.models import Broker, User
from leads.models import ActivityLog, ChatMessage, Lead
from tests.api import codes, routes, signed_in
from tests.crm.admin_walk import copies, quiet_row
from tests.factories import (
    FACTORIES,
    LeadFactory,
)

LEADS = "/api/v1/leads/"
LISTS = [
    route.path
    for route in routes()
    if not route.is_detail and "get" in route.methods and hasattr(route.view, "list")
]


def refusal(response: Any) -> tuple[int, list[tuple[str | None, str]]]:
    return response.status_code, codes(response)


def test_malformed_json_is_bad_input(admin: User) -> None:
    answer = signed_in(admin).post(LEADS, "{nombre: ", content_type="application/json")
    assert refusal(answer) == (400, [(None, "parse_error")])


def test_another_content_type_is_refused(admin: User) -> None:
    answer = signed_in(admin).post(LEADS, "name=Ana", content_type="text/plain")
    assert refusal(answer) == (415, [(None, "unsupported_media_type")])


def test_a_body_that_is_too_large_is_refused(admin: User, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = signed_in(admin).post(LEADS, {"notes": "x" * 2000})
    assert refusal(answer) == (413, [(None, "too_large")])


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "a\\u0000b"}',
        '{"name": "a\\ud800b"}',
        '{"tags": ["a\\u0000"]}',
        '{"metadata": {"x": {"y": ["\\u0000"]}}}',
        '{"metadata": {"budget": {"amount": 1e999}}}',
        '{"a\\u0000": 1}',
        '["\\u0000"]',
        '{"name": NaN}',
        "[" * 100_000 + "]" * 100_000,
        '{"version": ' + "9" * 5000 + "}",
        "[]",
        '"texto"',
        "null",
        "7",
        "",
        "\ufeff{}",
    ],
)
@pytest.mark.parametrize("path", [LEADS, "/api/v1/knowledge/", "/api/v1/users/invite/"])
def test_what_cannot_be_kept_is_bad_input(admin: User, body: str, path: str) -> None:
    answer = signed_in(admin).post(path, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"] != []


@pytest.mark.parametrize("body", ['{"name": 1e400}', '{"name": -1e400}', '{"tags": [NaN, 1e400]}'])
def test_a_number_without_end_is_called_no_number(admin: User, body: str) -> None:
    refused = signed_in(admin).post(LEADS, body, content_type="application/json").json()
    assert "carácter" not in refused["errors"][0]["detail"]


def test_of_what_cannot_be_kept_it_is_said_what_it_is(admin: User) -> None:
    client, details = signed_in(admin), []
    for body in ('{"name": 1e400}', '{"name": "a\\u0000"}', "[1e400]"):
        answer = client.post(LEADS, body, content_type="application/json").json()
        details.append(answer["errors"][0]["detail"])
    number, letter = "No es un número válido.", "El texto tiene un carácter no permitido."
    assert details == [number, letter, number]


@pytest.mark.parametrize("pk", ["0", "-1", "x", "1.5", "9" * 18, "9" * 30, "%00", "ñ", "1%20"])
def test_an_id_that_is_none_is_not_found(admin: User, lead: Lead, pk: str) -> None:
    for path in (LEADS, "/api/v1/appointments/", "/api/v1/users/"):
        answer = signed_in(admin).get(f"{path}{pk}/")
        assert refusal(answer) == (404, [(None, "not_found")])


@pytest.mark.parametrize("pk", [0, -1, 9**25, "x", True, [1], {"a": 1}, 1.5])
def test_a_reference_to_nothing_is_bad_input(admin: User, pk: Any) -> None:
    answer = signed_in(admin).post(LEADS, {"name": "Ana Soto", "assigned_to": pk})
    assert (answer.status_code, codes(answer)[0][0]) == (400, "assigned_to")


@pytest.mark.parametrize(
    "query",
    [
        "page=99",
        "page=" + "9" * 9,
    ],
)
def test_a_page_out_of_range_is_not_found(admin: User, lead: Lead, query: str) -> None:
    assert refusal(signed_in(admin).get(f"{LEADS}?{query}")) == (404, [(None, "not_found")])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=1_0", "page"),
        ("page=" + "9" * 30, "page"),
        ("ordering=clave", "ordering"),
        ("ordering=lead_score,broker__name", "ordering"),
        ("ordering=", "ordering"),
        ("ordering=lead_score,,id", "ordering"),
        ("ordering=%20id", "ordering"),
        ("search=%00", "search"),
        ("status=tibio", "status"),
        ("status=warm,tibio", "status"),
        ("pipeline_stage=nada", "pipeline_stage"),
        ("assigned_to=x", "assigned_to"),
        ("assigned_to=" + "9" * 30, "assigned_to"),
        ("score_min=x", "score_min"),
        ("score_min=NaN", "score_min"),
        ("score_max=1e999", "score_max"),
        ("tags=%00", "tags"),
        ("tags=", "tags"),
        ("tags=,", "tags"),
        ("tags=feria,,norte", "tags"),
        ("treatment_type=x", "treatment_type"),
    ],
)
def test_a_filter_that_makes_no_sense_is_named(admin: User, query: str, field: str) -> None:
    answer = signed_in(admin).get(f"{LEADS}?{query}")
    assert (answer.status_code, codes(answer)[0][0]) == (400, field)


@pytest.mark.parametrize("path", LISTS)
def test_no_list_fails_on_odd_parameters(admin: User, path: str) -> None:
    client = signed_in(admin)
    odd = ["search=%00", "page_size=-1", "page_size=99999", "ordering=%00", "q=%00", "from=x"]
    odd += ["search=%F0%9F%8F%A0%27", "lead=0", "lead=" + "9" * 40, "agent=x", "since=ayer"]
    odd += ["document=1e5", "start_from=0001-01-01T00:00:00%2B14:00"]
    odd += ["until=9999-12-31T23:59:59-14:00", "ends_from=9999-12-31T23:59:59-14:00"]
    assert [q for q in odd if client.get(f"{path}?{q}").status_code >= 500] == []


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nada/", "/api/v2/leads/"])
def test_an_unknown_address_answers_in_the_one_shape(db: None, path: str) -> None:
    answer = Client().get(path)
    assert refusal(answer) == (404, [(None, "not_found")])


def test_anonymous_is_asked_to_sign_in(api: APIClient, db: None) -> None:
    answer = api.get(LEADS)
    assert refusal(answer) == (401, [(None, "not_authenticated")])
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_errors_are_spanish_unless_english_is_asked(api: APIClient, admin: User) -> None:
    client = signed_in(admin)
    spanish = client.get(f"{LEADS}?page=99").json()["errors"][0]["detail"]
    english = client.get(f"{LEADS}?page=99", headers={"Accept-Language": "en"})
    assert (spanish, english.json()["errors"][0]["detail"]) == ("Página inválida.", "Invalid page.")


def test_a_list_is_a_page(admin: User, broker: Broker) -> None:
    LeadFactory.create_batch(3, broker=broker)
    page = signed_in(admin).get(f"{LEADS}?page_size=2").json()
    assert (page["count"], len(page["results"]), page["previous"]) == (3, 2, None)
    rest = signed_in(admin).get(page["next"]).json()
    assert (len(rest["results"]), rest["next"]) == (1, None)


def test_a_caller_is_limited_on_their_own(admin: User, agent: User, settings: Any) -> None:
    settings.API_THROTTLE_RATES = {**settings.API_THROTTLE_RATES, "general": "2/day"}
    client = signed_in(admin)
    answers = [client.get(LEADS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert codes(answers[2]) == [(None, "throttled")]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 86_400
    assert signed_in(agent).get(LEADS).status_code == 200


def test_every_counted_answer_says_what_its_limit_leaves(admin: User, settings: Any) -> None:
    settings.API_THROTTLE_RATES = {**settings.API_THROTTLE_RATES, "general": "2/day"}
    client = signed_in(admin)
    answers = [client.get(LEADS) for _ in range(3)]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"2"}
    assert 1 <= int(answers[0].headers["RateLimit-Reset"]) <= 86_400
    assert answers[2].headers["Retry-After"] == answers[2].headers["RateLimit-Reset"]


def test_of_two_limits_the_tightest_is_told(api: APIClient, db: None, settings: Any) -> None:
    settings.API_THROTTLE_RATES = {
        "general": "9/day",
        "sign_in": "4/day",
        "password_reset": "1/day",
    }
    answer = api.post("/api/v1/auth/token/", {"email": "nobody@andes.cl", "password": "x"})
    assert (answer.status_code, answer.headers["RateLimit-Limit"]) == (401, "4")


@pytest.fixture
def redis_gone(settings: Any) -> Any:
    settings.CACHES = {
        "default": {
            "BACKEND": "crm.caching.CountingCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        }
    }
    yield
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def test_without_redis_everybody_passes_within_a_second(admin: User, redis_gone: None) -> None:
    client, started = signed_in(admin), time.monotonic()
    assert [client.get(LEADS).status_code for _ in range(3)] == [200, 200, 200]
    assert time.monotonic() - started < 1


# --- Query counts ------------------------------------------------------------------------------


LIST_BUDGET = 7
SLOTS_BUDGET = 7  # the caller, the broker's settings, and one for each of five tables


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_for_ten_rows_and_a_thousand(
    path: str, request: Any, broker: Broker, django_assert_max_num_queries: Any
) -> None:
    view = next(route.view for route in routes() if route.path == path)
    who = "superadmin" if view.queryset.model is Broker else "admin"
    user, model = request.getfixturevalue(who), view.queryset.model
    is_bare = path.endswith(("/counts/", "/slots/"))
    client, asked = signed_in(user), {} if is_bare else {"page_size": 200}
    if path.endswith("/search/"):
        asked = {"q": "departamento"}
    row = quiet_row(model, broker)
    rows = copies(row, 999)
    few = [user.pk, broker.pk, row.pk, *(each.pk for each in rows[:9])]
    budget = SLOTS_BUDGET if path.endswith("/slots/") else LIST_BUDGET
    with django_assert_max_num_queries(budget) as many:
        assert client.get(path, asked).status_code == 200
    model._default_manager.exclude(pk__in=few).delete()
    with django_assert_max_num_queries(budget) as ten:
        assert client.get(path, asked).status_code == 200
    assert len(ten) == len(many)


def test_a_thousand_leads_cost_what_ten_cost(
    admin: User, broker: Broker, agent: User, django_assert_num_queries: Any
) -> None:
    Lead.objects.bulk_create(
        Lead(broker=broker, name=f"Lead {n}", assigned_to=agent) for n in range(1000)
    )
    client = signed_in(admin)
    with django_assert_num_queries(3):
        assert client.get(f"{LEADS}?page_size=200&ordering=-lead_score").json()["count"] == 1000
    with django_assert_num_queries(7):
        assert client.get("/api/v1/pipeline/metrics/").json()["stages"][0]["count"] == 1000


@pytest.mark.parametrize("model", [ChatMessage, ActivityLog])
def test_a_leads_story_costs_the_same_however_long_it_is(
    admin: User, lead: Lead, model: Any, django_assert_max_num_queries: Any
) -> None:
    client, counts = signed_in(admin), []
    for _ in range(2):
        FACTORIES[model].create_batch(30, broker=lead.broker, lead=lead)
        for part in ("messages", "timeline"):
            with django_assert_max_num_queries(LIST_BUDGET) as captured:
                answer = client.get(f"{LEADS}{lead.pk}/{part}/?page_size=200")
            assert answer.status_code == 200
            counts.append(len(captured))
    assert counts[:2] == counts[2:]


# --- Documentation -----------------------------------------------------------------------------


def test_the_schema_is_drawn_without_a_warning() -> None:
    drawn = io.StringIO()
    call_command(
        "spectacular", validate=True, fail_on_warn=True, format="openapi-json", stdout=drawn
    )
    schema = json.loads(drawn.getvalue())
    assert set(schema["components"]["securitySchemes"]) == {"jwtAuth"}


@cache
def documented() -> dict[str, Any]:
    """The published paths; drawing them takes seconds."""
    return dict(Client().get("/api/schema/?format=json").json()["paths"])


def test_every_operation_says_what_it_answers() -> None:
    bare = []
    for path, operations in documented().items():
        for method, operation in operations.items():
            told = set(operation["responses"])
            if not operation.get("description") and not told & {"200", "201", "204"}:
                bare.append(f"{method} {path}")
            if "token" not in path and not path.startswith("/api/v1/auth/") and "401" not in told:
                bare.append(f"{method} {path}")
            if method in ("post", "patch", "delete") and "409" not in told:
                bare.append(f"{method} {path}")
    assert bare == []


def test_every_route_is_in_the_schema() -> None:
    known = {re.sub(r"\{\w+\}", "<pk>", path) for path in documented()}
    assert {route.path for route in routes()} - known == set()


def test_the_documentation_page_opens(client: Client) -> None:
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert b"swagger" in page.content
