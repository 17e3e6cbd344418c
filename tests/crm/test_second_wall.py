"""The walks of API and Admin once more with the application's own filters gone: the wall behind holds."""

from typing import Any

import pytest
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from crm.tenancy import enters, nothing
from leads.models import Lead
from tests.crm import test_admin_tenancy as admin_pages
from tests.crm import test_tenancy as api
from tests.crm.admin_walk import MODELS, name_of, object_urls
from tests.factories import make_row

ours, body = api.ours, api.body
rivals = pytest.mark.parametrize("who", ["rival_admin", "rival_agent"])


def unfiltered(model: Any, user: Any) -> Q:
    """What ``tenancy.scope`` would be if it forgot brokers altogether."""
    return Q() if enters(user) else nothing(user)


@pytest.fixture(autouse=True)
def _without_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("crm.tenancy", "crm.admin.base", "crm.admin.filters"):
        monkeypatch.setattr(f"{place}.scope", unfiltered)


@pytest.fixture
def visitor(who: str, request: pytest.FixtureRequest, client: Client) -> Client:
    client.force_login(request.getfixturevalue(who))
    return client


def test_the_filters_are_gone(agent: User, rival_agent: User, lead: Lead) -> None:
    """The walks below would also pass if they were not."""
    assert lead in Lead.objects.visible_to(rival_agent)


@rivals
def test_rows_of_others_do_not_exist(
    who: str, request: Any, ours: Any, body: Any, broker: Broker
) -> None:
    api.test_rows_of_others_do_not_exist(who, request, ours, body, broker)


@rivals
def test_lists_and_writes_stay_in_the_callers_own_house(
    who: str, request: Any, ours: Any, body: Any, broker: Broker, lead: Lead
) -> None:
    api.test_lists_and_writes_stay_in_the_callers_own_house(who, request, ours, body, broker, lead)


@rivals
def test_nothing_of_ours_is_listed(who: str, request: Any, ours: Any, broker: Broker) -> None:
    api.test_nothing_of_ours_is_listed(who, request, ours, broker)


@rivals
def test_no_page_of_admin_shows_or_changes_ours(who: str, broker: Broker, visitor: Client) -> None:
    rows = {model: make_row(model, broker) for model in MODELS}
    before = {model: admin_pages.stored(model) for model in MODELS}
    leaks = []
    for model, row in rows.items():
        listed = visitor.get(reverse(name_of(model, "changelist")), follow=True)
        shown = listed.content.decode() if listed.status_code == 200 else ""
        if reverse(name_of(model, "change"), args=[row.pk]) in shown or broker.name in shown:
            leaks.append(model.__name__)
        for url in object_urls(model, row.pk):
            for method in ("get", "post"):
                status = getattr(visitor, method)(url).status_code
                if status not in (302, 403, 404):
                    leaks.append(f"{method} {url}: {status}")
    assert leaks == []
    assert {model: admin_pages.stored(model) for model in MODELS} == before
