"""Every page of Admin, walked by those who must see nothing of ours."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse

from brokers.models import Broker, User
from crm.tenancy import allows, visible
from tests.crm.admin_walk import FOREIGN_KEYS, MODELS, name_of, object_urls, sent
from tests.factories import LeadFactory, make_row


def by_name(value: Any) -> str:
    return getattr(value, "__name__", str(value))


every_model = pytest.mark.parametrize("model", MODELS, ids=by_name)
every_foreign_key = pytest.mark.parametrize(("model", "field"), FOREIGN_KEYS, ids=by_name)
strangers = pytest.mark.parametrize("who", ["rival_admin", "rival_agent"])


@pytest.fixture
def stranger(request: pytest.FixtureRequest, who: str) -> User:
    return request.getfixturevalue(who)


@pytest.fixture
def visitor(stranger: User, client: Client) -> Client:
    client.force_login(stranger)
    return client


def stored(model: type[models.Model]) -> list[Any]:
    shown = [f.attname for f in model._meta.concrete_fields if f.name != "embedding"]
    return list(model._default_manager.order_by("pk").values(*shown))


@every_model
@strangers
def test_a_stranger_sees_none_of_ours_in_the_list(
    model: Any, broker: Broker, stranger: User, visitor: Client
) -> None:
    row = make_row(model, broker)
    response = visitor.get(reverse(name_of(model, "changelist")), follow=True)
    if allows(stranger, model, "r"):
        assert response.status_code == 200
        assert reverse(name_of(model, "change"), args=[row.pk]) not in response.content.decode()
        assert broker.name not in response.content.decode()
    else:
        assert response.status_code == 403


@every_model
@strangers
def test_our_ids_do_not_exist_for_a_stranger(
    model: Any, broker: Broker, stranger: User, visitor: Client
) -> None:
    row = make_row(model, broker)
    before = stored(model)
    answers = {
        (method, url): getattr(visitor, method)(url).status_code
        for url in object_urls(model, row.pk)
        for method in ("get", "post")
    }
    assert answers
    assert set(answers.values()) == {404}
    assert stored(model) == before


@every_model
def test_nobody_gets_in_without_signing_in(model: Any, broker: Broker, client: Client) -> None:
    row = make_row(model, broker)
    urls = [reverse(name_of(model, "changelist")), *object_urls(model, row.pk)]
    answers = {url: client.get(url) for url in urls}
    assert {answer.status_code for answer in answers.values()} == {302}
    assert all(answer.url.startswith(reverse("admin:login")) for answer in answers.values())


@every_model
def test_an_agent_opens_exactly_the_rows_that_are_theirs(
    model: Any, broker: Broker, agent: User, agent2: User, client: Client
) -> None:
    fields = {f.name for f in model._meta.fields}
    taken = {"lead": LeadFactory(broker=broker, assigned_to=agent2)} if "lead" in fields else {}
    row = make_row(model, broker, **taken)
    client.force_login(agent)
    seen = visible(model, agent).filter(pk=row.pk).exists()
    response = client.get(reverse(name_of(model, "change"), args=[row.pk]))
    assert (response.status_code in (200, 302)) == seen
    assert seen or response.status_code == 404


@every_foreign_key
@strangers
def test_autocompletes_offer_a_stranger_nothing_of_ours(
    model: Any, field: str, broker: Broker, stranger: User, visitor: Client
) -> None:
    related = model._meta.get_field(field).related_model
    ours = make_row(related, broker)
    opts = model._meta
    asked = {"app_label": opts.app_label, "model_name": opts.model_name, "field_name": field}
    response = visitor.get(reverse("admin:autocomplete"), asked)
    if response.status_code == 200:
        assert str(ours.pk) not in [each["id"] for each in response.json()["results"]]
    else:
        assert response.status_code == 403


@every_model
@strangers
def test_actions_on_our_ids_change_nothing(
    model: Any, broker: Broker, stranger: User, visitor: Client
) -> None:
    row = make_row(model, broker)
    before = stored(model)
    request = RequestFactory().get("/")
    request.user = stranger
    actions = [*admin.site._registry[model].get_actions(request), "delete_selected"]
    for action in actions:
        given = {"action": action, "_selected_action": row.pk, "post": "yes"}
        visitor.post(reverse(name_of(model, "changelist")), given)
    assert stored(model) == before


@every_foreign_key
def test_our_ids_are_refused_as_values_of_a_rivals_form(
    model: Any, field: str, broker: Broker, rival: Broker, rival_admin: User, client: Client
) -> None:
    related = model._meta.get_field(field).related_model
    theirs, ours = make_row(model, rival), make_row(related, broker)
    client.force_login(rival_admin)
    before = stored(model)
    for page in (
        reverse(name_of(model, "add")),
        reverse(name_of(model, "change"), args=[theirs.pk]),
    ):
        response = client.post(page, {field: ours.pk})
        form = response.context and response.context.get("adminform")
        if form and field in form.form.fields:
            assert field in form.form.errors
    assert stored(model) == before


def test_a_superadmin_cannot_join_rows_of_two_brokers(
    broker: Broker, rival: Broker, superadmin: User, client: Client
) -> None:
    client.force_login(superadmin)
    tried = []
    for model, field in FOREIGN_KEYS:
        page = reverse(name_of(model, "change"), args=[make_row(model, broker).pk])
        form = _form(client.get(page))
        if form is None or field not in form.fields:
            continue
        theirs = make_row(model._meta.get_field(field).related_model, rival)
        before = stored(model)
        refused = client.post(page, {**sent(form), field: theirs.pk})
        assert field in refused.context["adminform"].form.errors
        assert stored(model) == before
        tried.append((model.__name__, field))
    assert ("AvailabilitySlot", "agent") in tried


def _form(response: Any) -> Any:
    shown = response.context and response.context.get("adminform")
    return shown.form if shown else None
