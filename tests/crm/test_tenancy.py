"""Walks every route of the API as everybody who must not see or change a broker's rows."""

from typing import Any

import pytest
from django.apps import apps
from rest_framework.test import APIClient

from brokers.models import Broker, User
from crm.api.views import TenantViewSet
from crm.tenancy import Tenanted
from knowledge.models import KnowledgeDocument, KnowledgeEntry
from leads.models import Attachment, ChatMessage, Lead, LeadMerge, MessageTemplate
from scheduling.models import Appointment, AppointmentBlock, AvailabilitySlot
from tests.api import Route, routes, signed_in, text_of
from tests.factories import make_row

# Views that belong to no broker's rows, each with the reason why.
OPEN = {
    "/api/v1/auth/token/": "signing in",
    "/api/v1/auth/refresh/": "the refresh token is the proof",
    "/api/v1/auth/logout/": "the refresh token is the proof",
    "/api/v1/auth/password/reset/": "answers the same to everybody",
    "/api/v1/auth/password/reset/confirm/": "the mailed link is the proof",
    "/api/v1/auth/me/": "the caller alone",
    "/api/v1/auth/me/telegram/": "the caller alone",
}
# What every agent of a broker sees of it, by design.
SHARED = {Broker, KnowledgeEntry, KnowledgeDocument, MessageTemplate}
ALL = routes()
GUARDED = [route for route in ALL if route.path not in OPEN]


def ids(chosen: list[Route]) -> list[str]:
    return [route.path for route in chosen]


def test_every_route_is_guarded_by_tenancy_or_is_open_for_a_reason() -> None:
    unguarded = [
        route.path
        for route in GUARDED
        if not (
            isinstance(route.view, type)
            and issubclass(route.view, TenantViewSet)
            and route.model is not None
            and issubclass(route.model, Tenanted)
        )
    ]
    assert unguarded == []
    assert set(OPEN) <= set(ids(ALL))


def test_every_route_can_be_walked() -> None:
    assert [r.path for r in ALL if r.is_detail and r.path.count("<") != r.path.count("<pk>")] == []
    assert [r.path for r in ALL if not r.methods] == []
    assert len(GUARDED) > 40


@pytest.fixture
def ours(broker: Broker, agent: User, lead: Lead) -> dict[Any, Any]:
    """One row of every model that a route shows, all of them Ana's where they are somebody's."""
    lead.name = "Zafira Zúñiga"
    lead.save()
    rows: dict[Any, Any] = {Lead: lead, User: agent}
    for model in {route.model for route in GUARDED} - set(rows):
        rows[model] = make_row(model, broker, **_whose(model, agent, lead))
    return rows


def _whose(model: Any, agent: User, lead: Lead) -> dict[str, Any]:
    names = {field.name for field in model._meta.fields}
    fields: dict[str, Any] = {"lead": lead} if "lead" in names else {}
    if model is Attachment:
        fields["message"] = make_row(ChatMessage, lead.broker, lead=lead)
    if model is LeadMerge:
        fields |= {side: make_row(Lead, lead.broker, assigned_to=agent) for side in SIDES}
    if model in (Appointment, AvailabilitySlot, AppointmentBlock):
        fields["agent"] = agent
    return fields


@pytest.fixture
def body(broker: Broker, agent: User, lead: Lead) -> dict[str, Any]:
    """Something for every field that any route reads, every reference being ours."""
    return {
        "broker": broker.pk,
        "lead": lead.pk,
        "agent": agent.pk,
        "assigned_to": agent.pk,
        "email": "nadie@example.com",
        "name": "Cambiado",
        "title": "Cambiado",
        "content": "Cambiado",
        "text": "Cambiado",
        "q": "Cambiado",
        "notes": "Cambiado",
        "reason": "Cambiado",
        "version_tag": "cambiado",
        "agent_name": "Cambiado",
        "alert_email": "cambiado@example.com",
        "pipeline_stage": "perdido",
        "weekday": 2,
        "start_time": "2026-12-01T10:00:00-03:00",
        "end_time": "2026-12-01T11:00:00-03:00",
        "force_new": True,
    }


def snapshot(broker: Broker) -> dict[str, list[dict[str, Any]]]:
    """Every row of the broker, column by column."""
    rows = {}
    for model in apps.get_models():
        if issubclass(model, Tenanted):
            path = model.broker_path
            if not path:  # no tenant's rows
                continue
            mine = model._default_manager.filter(**{path: broker.pk})
            rows[model.__name__] = list(mine.order_by("pk").values())
    return rows


def call(client: APIClient, method: str, url: str, body: dict[str, Any]) -> Any:
    return getattr(client, method)(url, body if method in ("post", "put", "patch") else None)


SIDES = ("loser", "survivor")
STRANGERS = ["rival_admin", "rival_agent", "agent2"]


@pytest.mark.parametrize("who", STRANGERS)
def test_rows_of_others_do_not_exist(
    who: str, request: Any, ours: Any, body: Any, broker: Broker
) -> None:
    stranger = request.getfixturevalue(who)
    client, before = signed_in(stranger), snapshot(broker)
    seen = {}
    for route in GUARDED:
        if not route.is_detail or (stranger.broker == broker and route.model in SHARED):
            continue
        for method in route.methods:
            answer = call(client, method, route.url(ours[route.model].pk), body)
            if answer.status_code not in (403, 404):
                seen[f"{method} {route.path}"] = answer.status_code
    assert seen == {}
    assert snapshot(broker) == before


@pytest.mark.parametrize("who", STRANGERS)
def test_lists_and_writes_stay_in_the_callers_own_house(
    who: str, request: Any, ours: Any, body: Any, broker: Broker, lead: Lead
) -> None:
    stranger = request.getfixturevalue(who)
    client, before, told = signed_in(stranger), snapshot(broker), {}
    secrets = [lead.name, lead.phone, ours[User].email]
    if stranger.broker != broker:
        secrets += [broker.name, ours[KnowledgeEntry].title]
    for route in GUARDED:
        if route.is_detail:
            continue
        for method in route.methods:
            answer = call(client, method, f"{route.path}?broker={broker.pk}&q=depto", body)
            told_text = text_of(answer)
            leaked = [secret for secret in secrets if secret in told_text]
            if leaked or answer.status_code >= 500:
                told[f"{method} {route.path}"] = (answer.status_code, leaked)
    assert told == {}
    after = snapshot(broker)
    if stranger.broker == broker:  # Luis may add leads and hours of his own
        after = {name: [r for r in rows if r in before[name]] for name, rows in after.items()}
    assert after == before


@pytest.mark.parametrize("who", STRANGERS)
def test_nothing_of_ours_is_listed(who: str, request: Any, ours: Any, broker: Broker) -> None:
    stranger = request.getfixturevalue(who)
    client, listed = signed_in(stranger), {}
    for route in GUARDED:
        if route.is_detail or "get" not in route.methods:
            continue
        if stranger.broker == broker and route.model in SHARED:
            continue
        answer = client.get(route.path, {"q": "depto"})
        if answer.streaming:  # a file: looked through by the test above
            continue
        results = answer.json().get("results", [])
        if ours[route.model].pk in [row.get("id") for row in results]:
            listed[route.path] = results
    assert listed == {}


def test_the_owner_sees_every_row(ours: Any, admin: User) -> None:
    """The walk above would also pass if nobody saw anything."""
    client, missing = signed_in(admin), {}
    for route in GUARDED:
        plain = route.path.endswith("<pk>/") and route.path.count("<pk>") == 1
        if plain and "get" in route.methods and not route.path.startswith("/api/v1/brokers/"):
            answer = client.get(route.url(ours[route.model].pk))
            if answer.status_code != 200 or answer.json()["id"] != ours[route.model].pk:
                missing[route.path] = answer.status_code
    assert missing == {}


def statuses(client: APIClient, ours: Any, body: Any) -> set[tuple[int, bool]]:
    return {
        (answer.status_code, "WWW-Authenticate" in answer.headers)
        for route in GUARDED
        for method in route.methods
        for answer in [call(client, method, route.url(ours[route.model].pk), body)]
    }


def test_nobody_enters_without_signing_in(ours: Any, body: Any) -> None:
    assert statuses(APIClient(), ours, body) == {(401, True)}


def test_a_deactivated_user_is_out_at_once(ours: Any, body: Any, admin: User) -> None:
    client = signed_in(admin)
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert statuses(client, ours, body) == {(401, True)}


def test_everybody_of_a_deactivated_broker_is_out_at_once(
    ours: Any, body: Any, admin: User, broker: Broker
) -> None:
    client = signed_in(admin)
    Broker.objects.filter(pk=broker.pk).update(is_active=False)
    assert statuses(client, ours, body) == {(401, True)}


def test_the_superadmin_names_the_broker_of_what_they_write(superadmin: User, body: Any) -> None:
    client = signed_in(superadmin)
    unnamed = {**body, "lead": None, "agent": None, "assigned_to": None}
    del unnamed["broker"]
    answers = {
        route.path: client.post(route.path, unnamed)
        for route in GUARDED
        if not route.is_detail and "post" in route.methods and route.model is not Broker
    }
    refused = dict.fromkeys(answers, 400) | {"/api/v1/calendars/mine/": 403}  # they have none
    assert {path: answer.status_code for path, answer in answers.items()} == refused
