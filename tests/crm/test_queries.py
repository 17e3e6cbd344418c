"""What stands behind the ``?``: nothing is passed over, and nothing says which ids exist elsewhere."""

from typing import Any

import pytest
from django.http import Http404
from django.test import RequestFactory
from django.urls import resolve
from django_filters.filters import CharFilter
from django_filters.filters import ChoiceFilter as BaseChoiceFilter
from drf_spectacular.generators import SchemaGenerator

from brokers.models import Broker, User
from crm.api import queries
from crm.api.filters import (
    EachFilter,
    FilterSet,
    IdFilter,
    MomentFilter,
    NumberFilter,
    WholeFilter,
    WordsFilter,
    YesNoFilter,
)
from crm.api.throttling import ScopedThrottle
from crm.api.views import TenantViewSet
from leads.models import Lead
from llm.models import PromptVersion
from tests.api import Route, codes, routes, signed_in
from tests.factories import CampaignForecastFactory, make_row


def _view(path: str, query: str = "", method: str = "get") -> Any:
    """The view at the address, about to answer the request."""
    match = resolve(path.replace("{id}", "1").replace("{step}", "1").replace("<pk>", "1"))
    view = match.func.cls(**match.func.initkwargs)
    view.action_map = getattr(match.func, "actions", {})
    view.args, view.kwargs = (), match.kwargs
    view.request = view.initialize_request(RequestFactory().generic(method.upper(), path + query))
    return view


def _taken(path: str) -> frozenset[str]:
    """The parameters that the view at the address lets pass."""
    return queries.known(_view(path))  # type: ignore[return-value]


READ = [route for route in routes() if "get" in route.methods]
LISTS = [
    route
    for route in READ
    if not route.is_detail and getattr(route.view, "filterset_class", None) is not None
]
FILTERS = [
    (route, name)
    for route in LISTS
    for name in route.view.filterset_class.base_filters
    if name in _taken(route.path)
]
RELATED = [
    (route, name)
    for route, name in FILTERS
    if isinstance(route.view.filterset_class.base_filters[name], IdFilter)
]
# What no filter of a kind may take for an answer.
SENSELESS = {
    YesNoFilter: ("1", "0", "yes", "x", ""),
    IdFilter: ("x", "0", "-1", "1.0", "1_000", "9" * 30, ""),
    WholeFilter: ("x", "1.5", "1_000", ""),
    NumberFilter: ("x", "1_0", "1e300", "nan", "٣", "9" * 30, ""),
    MomentFilter: ("x", "2026-13-01", "0001-01-01T00:00:00Z", "99999", ""),
    EachFilter: ("tibio-x", "x,y", ""),
    WordsFilter: (",", "a,,b", "\x00", ""),
}


def _address(route: Route, rows: dict[Any, Any], broker: Broker) -> str:
    if not route.is_detail:
        return route.url("")
    if route.model not in rows:
        rows[route.model] = make_row(route.model, broker)
    return route.url(rows[route.model].pk)


def _caller(route: Route, request: Any) -> User:
    who = "superadmin" if route.path.startswith("/api/v1/brokers/") else "admin"
    return request.getfixturevalue(who)  # type: ignore[no-any-return]


@pytest.mark.parametrize("route", READ, ids=lambda route: route.path)
def test_a_misspelt_parameter_is_named_wherever_something_is_read(
    route: Route, request: Any, broker: Broker
) -> None:
    address = _address(route, {}, broker)
    client = signed_in(_caller(route, request))
    answer = client.get(f"{address}?mispelt=1&{'x' * 30}=2")
    assert answer.status_code == 400
    assert codes(answer) == [("mispelt", "unknown"), ("x" * 30, "unknown")]
    # It chooses no renderer: it is unknown as well, or it is a parameter of the view's own.
    answer = client.get(f"{address}?format=no-such-format")
    code = "invalid_choice" if "format" in _taken(route.path) else "unknown"
    assert (answer.status_code, codes(answer)) == (400, [("format", code)])


@pytest.mark.parametrize(
    ("route", "name"), FILTERS, ids=lambda value: getattr(value, "path", value)
)
def test_a_filter_that_makes_no_sense_is_named(
    route: Route, name: str, request: Any, broker: Broker
) -> None:
    kind = route.view.filterset_class.base_filters[name]
    wrong = next((texts for cls, texts in SENSELESS.items() if isinstance(kind, cls)), None)
    if wrong is None:
        wrong = ("\x00", "no-such-choice", "") if kind.extra.get("choices") else ("\x00", "")
    client = signed_in(_caller(route, request))
    for text in wrong:
        answer = client.get(route.path, {name: text})
        assert (answer.status_code, codes(answer)[0][0]) == (400, name), text
    twice = client.get(f"{route.path}?{name}=1&{name}=2")
    assert (twice.status_code, codes(twice)) == (400, [(name, "repeated")])


@pytest.mark.parametrize("route", READ, ids=lambda route: route.path)
def test_no_parameter_may_be_empty(route: Route, request: Any, broker: Broker) -> None:
    """What is left empty would be passed over, and everything be the answer."""
    address = _address(route, {}, broker)
    client = signed_in(_caller(route, request))
    for name in sorted(_taken(route.path)):
        for text in ("", "%20"):
            answer = client.get(f"{address}?{name}={text}")
            assert (answer.status_code, codes(answer)) == (400, [(name, "blank")])


@pytest.mark.parametrize("route", READ, ids=lambda route: route.path)
def test_a_list_knows_search_only_where_it_searches(
    route: Route, request: Any, broker: Broker
) -> None:
    view = _view(route.path)
    searches = not getattr(view, "detail", False) and bool(getattr(view, "search_fields", ()))
    assert ("search" in _taken(route.path)) == searches
    if not searches:
        address = _address(route, {}, broker)
        answer = signed_in(_caller(route, request)).get(f"{address}?search=zzz")
        assert (answer.status_code, codes(answer)) == (400, [("search", "unknown")])


def _found(route: Route, method: str, query: str, pk: int, user: User) -> Any:
    view = _view(route.url(pk), query, method)
    view.request.user = user
    try:
        return view.get_object()
    except Http404:
        return None


def test_the_row_in_an_address_is_looked_up_by_its_id_alone(broker: Broker, admin: User) -> None:
    """Whatever the query says, which is about what hangs on the row."""
    rows: dict[Any, Any] = {}
    asked = [
        (route, method)
        for route in routes()
        if route.is_detail and issubclass(route.view, TenantViewSet)
        for method in route.methods
    ]
    missed, found = [], 0
    for route, method in asked:
        _address(route, rows, broker)
        pk = rows[route.model].pk
        if _found(route, method, "", pk, admin) is not None:
            found += 1
            filters = getattr(route.view.filterset_class, "base_filters", {})
            narrow = "".join(f"&{name}=0" for name in filters)
            if _found(route, method, f"?search=zzz&ordering=zzz{narrow}", pk, admin) is None:
                missed.append(f"{method} {route.path}")
    assert missed == []
    assert found > len(asked) * 0.9


def test_what_changes_something_is_documented_without_a_lists_parameters(drawn: Any) -> None:
    offered = [
        (method, path, parameter["name"])
        for path, operations in drawn["paths"].items()
        for method, operation in operations.items()
        for parameter in operation.get("parameters", ())
        if method != "get" and parameter["name"] in ("search", "ordering", "page", "page_size")
    ]
    assert offered == []


def test_only_texts_of_the_brokers_own_are_filtered_by_without_a_choice() -> None:
    free = {
        name
        for route, name in FILTERS
        if isinstance(route.view.filterset_class.base_filters[name], CharFilter | WordsFilter)
    }
    assert free == {"tags", "provider", "model"}


@pytest.mark.parametrize(
    ("route", "name"),
    [
        (route, name)
        for route, name in FILTERS
        if isinstance(route.view.filterset_class.base_filters[name], BaseChoiceFilter | EachFilter)
    ],
    ids=lambda value: getattr(value, "path", value),
)
def test_a_choice_that_is_none_is_refused_with_those_that_there_are(
    route: Route, name: str, request: Any, broker: Broker
) -> None:
    extra = route.view.filterset_class.base_filters[name].extra
    choices = extra.get("known") or [value for value, _label in extra["choices"] if value != ""]
    client = signed_in(_caller(route, request))
    answer = client.get(route.path, {name: "zzz"})
    assert (answer.status_code, codes(answer)) == (400, [(name, "invalid_choice")])
    detail = answer.json()["errors"][0]["detail"]
    assert detail.endswith(": " + ", ".join(map(str, choices)) + ".")
    for choice in choices:
        answer = client.get(route.path, {name: choice})
        assert answer.status_code == 200
        answer.getvalue()  # an export holds its place until it is read


def test_every_list_of_filters_is_strict() -> None:
    """A plain one of the library would pass over what it does not understand."""
    assert [r.path for r in LISTS if not issubclass(r.view.filterset_class, FilterSet)] == []


@pytest.mark.parametrize(
    "route", [r for r in READ if hasattr(r.view, "list")], ids=lambda r: r.path
)
def test_an_unknown_column_is_nothing_to_order_by(
    route: Route, request: Any, broker: Broker
) -> None:
    address = _address(route, {}, broker)
    answer = signed_in(_caller(route, request)).get(f"{address}?ordering=no_such_column")
    assert (answer.status_code, codes(answer)[0][0]) == (400, "ordering")


def _others(model: Any, broker: Broker, rival: Broker, agent2: User) -> list[int]:
    """Rows that the broker's agent may not know of: the rival's, and a colleague's."""
    theirs = make_row(model, rival)
    hidden = [theirs.pk]
    if model is Lead:
        hidden.append(make_row(Lead, broker, assigned_to=agent2).pk)
    return hidden


@pytest.mark.parametrize(
    ("route", "name"), RELATED, ids=lambda value: getattr(value, "path", value)
)
@pytest.mark.parametrize("who", ["admin", "agent"])
def test_an_id_that_is_hidden_answers_like_one_that_is_none(
    route: Route, name: str, who: str, request: Any, broker: Broker, rival: Broker, agent2: User
) -> None:
    user = request.getfixturevalue(who)
    column = route.view.filterset_class.base_filters[name].field_name or name
    related = route.model._meta.get_field(column).related_model
    client = signed_in(user)
    nothing = client.get(route.path, {name: 2**40})
    for pk in _others(related, broker, rival, agent2):
        answer = client.get(route.path, {name: pk})
        assert (answer.status_code, answer.content) == (nothing.status_code, nothing.content)


def test_every_relation_that_is_filtered_by_is_compared_as_a_number() -> None:
    """A choice among rows would tell by its error which of them exist."""
    choices = [
        f"{route.path} {name}"
        for route, name in FILTERS
        if hasattr(route.view.filterset_class.base_filters[name], "queryset")
    ]
    assert choices == []


def test_format_is_a_name_like_any_other(admin: User, broker: Broker) -> None:
    client = signed_in(admin)
    assert client.get("/api/v1/knowledge/documents/?format=csv").status_code == 200
    assert codes(client.get("/api/v1/knowledge/documents/?format=docx"))[0][0] == "format"
    assert codes(client.get("/api/v1/leads/?format=json")) == [("format", "unknown")]
    assert client.get("/api/schema/?format=json").status_code == 200


@pytest.mark.parametrize(
    "route", [r for r in READ if "page_size" in _taken(r.path)], ids=lambda r: r.path
)
def test_a_page_has_one_row_to_two_hundred_wherever_there_are_pages(
    route: Route, request: Any, broker: Broker
) -> None:
    rows: dict[Any, Any] = {}
    address = _address(route, rows, broker)
    if "forecast" in route.path:
        CampaignForecastFactory(broker=broker, campaign=rows[route.model])
    client = signed_in(_caller(route, request))
    for size in ("0", "-1", "x", "1.5", "1_0", "201", "999999", "9" * 30):
        answer = client.get(address, {"page_size": size})
        assert (answer.status_code, codes(answer)[0][0]) == (400, "page_size"), size
        assert "200" in answer.json()["errors"][0]["detail"]


def test_what_is_documented_is_what_is_taken() -> None:
    """The schema's parameters of every read, against those that the view would let pass."""
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    paths = generator.get_schema(public=True)["paths"]
    documented = {
        path: {p["name"] for p in operations["get"].get("parameters", ()) if p["in"] == "query"}
        for path, operations in paths.items()
        if "get" in operations
    }
    assert len(documented) == len(READ)
    assert documented == {path: _taken(path) for path in documented}


# Parameters outside the lists' filters that name a row, and those that are plain numbers.
ROWS: dict[str, Any] = {
    "agent": User,
    "broker": Broker,
    "lead": Lead,
    "other": PromptVersion,
    "prompt_version": PromptVersion,
}
NUMBERS = {"step", "page", "page_size", "limit", "duration", "before", "after"}


def _naming(document: Any) -> list[tuple[str, str]]:
    """The reads' addresses and whole-number parameters that no list's filters hold."""
    filtered = {(route.path, name) for route, name in FILTERS}
    return [
        (path, parameter["name"])
        for path, operations in document["paths"].items()
        for parameter in operations.get("get", {}).get("parameters", ())
        if parameter["in"] == "query" and parameter["schema"].get("type") == "integer"
        if (path.replace("{id}", "<pk>"), parameter["name"]) not in filtered
    ]


@pytest.mark.parametrize("who", ["admin", "agent"])
def test_an_id_outside_the_filters_that_is_hidden_answers_like_one_that_is_none(
    who: str, drawn: Any, request: Any, broker: Broker, rival: Broker
) -> None:
    client = signed_in(request.getfixturevalue(who))
    theirs = {model: make_row(model, rival).pk for model in ROWS.values()}
    asked = [(path, name) for path, name in _naming(drawn) if name not in NUMBERS]
    assert {name for _, name in asked} == ROWS.keys()
    telling = []
    for path, name in asked:
        answers = []
        for pk in (theirs[ROWS[name]], 2**40):
            answer = client.get(path, {name: pk})
            answers.append((answer.status_code, answer.content.replace(str(pk).encode(), b"id")))
        if answers[0] != answers[1]:
            telling.append((path, name, answers))
    assert telling == []


@pytest.mark.parametrize("text", ["x", "1_0", "٣", "1.5", "-5", "9" * 30, ""])
def test_a_number_that_is_none_is_named_wherever_one_is_asked_for(
    text: str, drawn: Any, admin: User, superadmin: User
) -> None:
    passed = []
    for path, name in _naming(drawn):
        if "{" not in path:
            asks = superadmin if path.startswith("/api/v1/brokers/") else admin
            answer = signed_in(asks).get(path, {name: text})
            if answer.status_code != 400 or name not in dict(codes(answer)):
                passed.append((path, name, answer.status_code))
    assert passed == []


def test_every_route_counts_what_is_asked_of_it() -> None:
    """What counts tells in the answer what is left, so that a client slows down in time."""
    limits = {route.path: route.view.throttle_classes for route in routes()}
    counting = [path for path, kinds in limits.items() if issubclass(kinds[0], ScopedThrottle)]
    assert counting == list(limits)
