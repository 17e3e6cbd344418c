"""Whatever somebody who is signed in sends to Admin and the API: an answer of its surface, never a 5xx.

Every address is found by looking. Values are tried by turns: what all lists share meets all of them
over the lists, what is one list's own meets some, and the walk stays short.
"""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings as configured
from django.contrib import admin as site
from django.db import models
from django.forms.forms import BaseForm
from django.test import Client, RequestFactory
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from brokers.models import Broker, User
from tests import hostile_requests as hostile
from tests.addresses import Address, every_address
from tests.api import signed_in
from tests.crm.admin_walk import MODELS, name_of
from tests.factories import make_row

pytestmark = pytest.mark.django_db

WORST = (hostile.VALUES[1], "9" * 30)  # a lone surrogate, a number that no column holds
OTHERS = [value for value in hostile.VALUES if value not in WORST]
TURNS = count()
PLAIN = ("q", "o", "p", "_to_field", "_popup", "_facets", "e", "all", "_changelist_filters")
LOOKUPS = ("pk", "id__in", "broker__id__exact", "created_at__range", "id__gte", "x__y__z")
ADMIN_PAGES = [address for address in every_address() if address.template.startswith("/admin/")]
API = [address for address in every_address() if address.template.startswith("/api/v1/")]
FILTERS = (
    "page",
    "page_size",
    "search",
    "ordering",
    "broker",
    "lead",
    "id",
    "from",
    "to",
    "at",
    "q",
)


def values(number: int = 2) -> list[str]:
    """One of the worst, and others: the next ones each time."""
    turn = next(TURNS)
    return [WORST[turn % 2], *(OTHERS[(3 * turn + step) % len(OTHERS)] for step in range(number))][
        -number:
    ]


@pytest.fixture
def desk(admin: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    return client


@pytest.fixture
def program(admin: User, settings: Any) -> APIClient:
    settings.API_THROTTLE_RATES = dict.fromkeys(settings.API_THROTTLE_RATES, "1000000/minute")
    client = signed_in(admin)
    client.raise_request_exception = False
    return client


def answered(answer: Any, *asked: Any) -> None:
    """To its end: what is sent bit by bit may break off late, and holds its place until then."""
    for _ in getattr(answer, "streaming_content", ()):
        pass
    assert answer.status_code < 500, [str(each)[:80] for each in asked]


def filter_names(model: type[models.Model], user: User) -> list[str]:
    """What the filters of a list call their parameters."""
    request = RequestFactory().get("/")
    request.user = user
    changes = site.site._registry[model].get_changelist_instance(request)
    return [name for spec in changes.filter_specs for name in spec.expected_parameters() if name]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_admin_answers_any_parameter_action_and_form(
    model: Any, broker: Broker, admin: User, desk: Client
) -> None:
    row = make_row(model, broker)
    page = reverse(name_of(model, "changelist"))
    for name, value in [*shared(), *own(model, admin)]:
        query = {name: value, **({"_popup": "1"} if name == "_to_field" else {})}
        answered(desk.get(f"{page}?{urlencode(query, errors='surrogatepass')}"), name, value)
    request = RequestFactory().get("/")
    request.user = admin
    for action in [*site.site._registry[model].get_actions(request), "", "\ud800"]:
        chosen = {"action": action, "index": "9" * 30, "_selected_action": values()}
        answered(desk.post(page, urlencode(chosen, True, errors="surrogatepass"), **FORM), action)
    for name, args in (("add", []), ("change", [row.pk])):
        address = reverse(name_of(model, name), args=args)
        shown = desk.get(address).context
        form = shown["adminform"].form if shown and "adminform" in shown else None
        for value in values(1):
            given = dict.fromkeys(form.fields if form else ["id"], value)
            sent = urlencode(given, errors="surrogatepass")
            answered(desk.post(address, sent, **FORM), address, value)


def shared() -> Iterator[tuple[str, str]]:
    """What every list understands alike."""
    for _ in range(3):
        yield PLAIN[next(TURNS) % len(PLAIN)], values(1)[0]
    yield LOOKUPS[next(TURNS) % len(LOOKUPS)], values(1)[0]


def own(model: type[models.Model], user: User) -> Iterator[tuple[str, str]]:
    for name in filter_names(model, user):
        yield name, values()[next(TURNS) % 2]


FORM = {"content_type": "application/x-www-form-urlencoded"}


def rubbish(address: Address) -> str:
    """The address with what no row of ours has in its place."""
    value = values()[next(TURNS) % 2]
    part = quote(value[:300].encode("utf-8", "surrogatepass"), safe="")
    return address.path(dict.fromkeys(NAMES, part))


USUAL_PAGE = re.compile(r"/admin/\w+/\w+/((add|\{object_id\}(/(change|delete|history))?)/)?")


def is_own(address: Address) -> bool:
    """Whether it is no page that every model has: those are walked model by model."""
    return not USUAL_PAGE.fullmatch(address.template)


def asked_for() -> list[str]:
    """The names under which our code looks into a query, as its source has them."""
    forms = [kind for base in BaseForm.__subclasses__() for kind in base.__subclasses__()]
    fields = {name for form in forms for name in getattr(form, "base_fields", ())}
    sources = (
        path.read_text() for app in APPS for path in (configured.BASE_DIR / app).rglob("*.py")
    )
    looks = re.compile(r"(?:GET|given|params|asked)\.get\(\s*\"(\w+)\"")
    return sorted({name for source in sources for name in looks.findall(source)} | fields)


APPS = ("crm", "brokers", "leads", "llm", "knowledge", "scheduling", "voice", "campaigns")
ASKED_FOR = asked_for()
LAST_DAY = "9999-12-31"
DAYS = (LAST_DAY, "0001-01-01")
NAMES = ("object_id", "pk", "id", "app_label", "token", "uidb64", "slug", "key", "name", "number")


def test_pages_of_admin_answer_any_address_and_query(desk: Client) -> None:
    longest = "9" * 5_000
    for address in filter(is_own, ADMIN_PAGES):
        if "logout" in address.template:
            continue
        path = rubbish(address)
        answered(desk.get(path), path)
        answered(desk.post(path, {"x": "1"}), path)
        for value in (longest, LAST_DAY, values()[next(TURNS) % 2]):
            query = urlencode(dict.fromkeys(ASKED_FOR, value), errors="surrogatepass")
            answered(desk.get(f"{address.path({})}?{query}"), address.template, value)
    inbox = f"{reverse('admin:leads_conversation_changelist')}?paginas={longest}"
    answered(desk.get(inbox), inbox)


def test_suggestions_of_admin_answer_any_question(desk: Client) -> None:
    asked = {"app_label": "leads", "model_name": "lead", "field_name": "assigned_to", "term": "a"}
    for name in [*asked, "page", "broker"]:
        for value in hostile.VALUES:
            query = urlencode({**asked, name: value}, errors="surrogatepass")
            answered(desk.get(f"{reverse('admin:autocomplete')}?{query}"), name, value)


def test_the_api_answers_any_query(program: APIClient) -> None:
    parameters = query_parameters()
    for address in API:
        if "get" not in methods(address):
            continue
        alone, own_names = FILTERS[next(TURNS) % len(FILTERS)], parameters.get(address.template, [])
        one, other = values()
        for names, value in (([alone], one), *((own_names, each) for each in (other, *DAYS))):
            query = urlencode(dict.fromkeys(names, value), errors="surrogatepass")
            answered(program.get(f"{address.path({})}?{query}"), address.template, names, value)


def query_parameters() -> dict[str, list[str]]:
    """What each address says of itself that it reads in a query."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return {
        path: [
            each["name"]
            for each in operations["get"].get("parameters", ())
            if each["in"] == "query"
        ]
        for path, operations in paths.items()
        if "get" in operations
    }


def methods(address: Address) -> set[str]:
    """Those that the address takes."""
    view = address.view
    of_set = getattr(view, "actions", None)
    return {*of_set} if of_set else {m for m in METHODS if hasattr(getattr(view, "cls", None), m)}


METHODS = ("get", "post", "put", "patch", "delete")


def test_the_api_answers_any_address(program: APIClient) -> None:
    for address in API:
        for method in methods(address) & {"get", "delete"} if "{" in address.template else ():
            path = rubbish(address)
            answered(getattr(program, method)(path), method, path)


@pytest.mark.parametrize("method", ["post", "patch", "put"])
def test_the_api_answers_any_body(program: APIClient, broker: Broker, method: str) -> None:
    bodies = list(hostile.bodies())
    for address in API:
        if "auth" in address.template or address.template.endswith("deactivate/"):
            continue  # what ends our own sign-in, and what anybody may call: walked elsewhere
        if method not in methods(address):
            continue
        for step in range(3):
            content_type, body = bodies[(next(TURNS) + 7 * step) % len(bodies)]
            send = program.generic
            answer = send(method.upper(), address.path({}), body, content_type=content_type)
            answered(answer, method, address.template, content_type, body[:60])
