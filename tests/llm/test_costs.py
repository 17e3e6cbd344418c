"""What models cost in a period, in the API and in Admin: from the totals, for who may see it."""

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from leads import activity, scoring
from leads.enums import Actor, SignalKind
from leads.models import Lead
from llm import cost_page, cost_shapes, costs, shares
from tests.api import codes, signed_in, text_of
from tests.conftest import SANTIAGO
from tests.factories import CostDayFactory, ModelHourFactory, StageTransitionFactory

pytestmark = pytest.mark.django_db

COSTS = "/api/v1/llm/costs/"
NOVEMBER = {"since": "2026-11-01", "until": "2026-11-30"}
PAGE, FILE = "admin:llm_costday_costs", "admin:llm_costday_costs_file"


def spent(broker: Broker, usd: str | None, **fields: Any) -> Any:
    cost = None if usd is None else Decimal(usd)
    fields = {"calls": 1, "unpriced": int(usd is None), **fields}
    row = CostDayFactory(broker=broker, estimated_cost_usd=cost, **fields)
    shares.make(broker, row.day)
    return row


def in_an_hour(broker: Broker, **fields: Any) -> None:
    shares.make(broker, ModelHourFactory(broker=broker, **fields).day)


def test_a_month_is_added_up_by_each_thing_that_calls_belong_to(
    admin: User, broker: Broker, agent: User
) -> None:
    spent(broker, "0.10", calls=3, agent=agent, source="whatsapp", input_tokens=10)
    spent(broker, "0.30", day=date(2026, 11, 21), model="otro", call_type="summary", failed=1)
    spent(broker, "9", day=date(2026, 10, 31))
    answer = signed_in(admin).get(COSTS, NOVEMBER).json()
    assert answer["total"]["estimated_cost_usd"] == "0.40000000"
    assert (answer["total"]["calls"], answer["total"]["failed"]) == (4, 1)
    told = {
        name: [(row[key], row["estimated_cost_usd"]) for row in answer[name]]
        for name, key in (
            ("results", "model"),
            ("days", "day"),
            ("agents", "agent"),
            ("sources", "source"),
            ("prompt_versions", "prompt_version"),
        )
    }
    assert told == {
        "results": [("otro", "0.30000000"), ("offline", "0.10000000")],
        "days": [("2026-11-20", "0.10000000"), ("2026-11-21", "0.30000000")],
        "agents": [(None, "0.30000000"), (agent.pk, "0.10000000")],
        "sources": [(None, "0.30000000"), ("whatsapp", "0.10000000")],
        "prompt_versions": [(None, "0.40000000")],
    }


@pytest.mark.parametrize(
    ("query", "usd"),
    [
        ({"source": "whatsapp"}, "0.10000000"),
        ({"call_type": "summary"}, "0.30000000"),
        ({"model": "otro"}, "0.30000000"),
        ({"until": "2026-11-20"}, "0.10000000"),
        ({"since": "2026-11-21"}, "0.30000000"),
        ({"since": "2026-11-30"}, "0.00000000"),
    ],
)
def test_it_is_narrowed(admin: User, broker: Broker, query: dict[str, str], usd: str) -> None:
    spent(broker, "0.10", source="whatsapp")
    spent(broker, "0.30", day=date(2026, 11, 21), model="otro", call_type="summary")
    answer = signed_in(admin).get(COSTS, NOVEMBER | query).json()
    assert answer["total"]["estimated_cost_usd"] == usd


def test_an_unknown_price_is_null_alone_and_counted_beside_others(
    admin: User, broker: Broker
) -> None:
    spent(broker, None, model="propio")
    client = signed_in(admin)
    assert client.get(COSTS, NOVEMBER).json()["total"]["estimated_cost_usd"] is None
    spent(broker, "0.10")
    total = client.get(COSTS, NOVEMBER).json()["total"]
    assert (total["estimated_cost_usd"], total["unpriced"]) == ("0.10000000", 1)


def test_failures_and_fallbacks_are_by_model_and_hour(admin: User, broker: Broker) -> None:
    for day in (20, 21):
        in_an_hour(broker, day=date(2026, 11, day), calls=5, failed=2, fallbacks=1)
    in_an_hour(broker, hour=3, model="otro", calls=1)
    hours = signed_in(admin).get(COSTS, NOVEMBER).json()["hours"]
    assert [(h["model"], h["hour"], h["calls"], h["failed"], h["fallbacks"]) for h in hours] == [
        ("offline", 11, 10, 4, 2),
        ("otro", 3, 1, 0, 0),
    ]


def test_what_a_qualified_lead_a_visit_and_a_sale_cost(
    admin: User, broker: Broker, lead: Lead
) -> None:
    at = datetime(2026, 11, 30, 23, 59, 59, tzinfo=SANTIAGO)
    spent(broker, "1.20")
    for outcome in ("CALIFICADO", "CALIFICADO", "POTENCIAL"):
        activity.log(lead, "qualified", actor=Actor.SYSTEM, at=at, outcome=outcome)
    for number in (1, 2):
        kind, key = SignalKind.APPOINTMENT_COMPLETED, f"appointment:{number}"
        scoring.note(lead, kind, source_key=key, at=at, active=True)
    StageTransitionFactory(
        broker=broker, lead=lead, from_stage="seguimiento", to_stage="ganado", at=at
    )
    told = signed_in(admin).get(COSTS, NOVEMBER).json()["per_result"]
    assert [(row["kind"], row["count"], row["estimated_cost_usd"]) for row in told] == [
        ("qualified", 1, "1.20000000"),
        ("visit", 2, "0.60000000"),
        ("sale", 1, "1.20000000"),
    ]
    none = signed_in(admin).get(COSTS, {"since": "2026-12-01"}).json()["per_result"]
    assert [(row["count"], row["estimated_cost_usd"]) for row in none] == [(0, None)] * 3


def test_who_may_see_which_costs(
    agent: User, rival_admin: User, superadmin: User, broker: Broker, rival: Broker
) -> None:
    spent(broker, "0.10")
    spent(rival, "0.30")

    def seen(user: User, **query: Any) -> Any:
        return signed_in(user).get(COSTS, NOVEMBER | query).json()["total"]["estimated_cost_usd"]

    assert signed_in(agent).get(COSTS).status_code == 403
    assert seen(rival_admin) == "0.30000000"
    assert seen(superadmin) == "0.40000000"
    assert seen(superadmin, broker=broker.pk) == "0.10000000"
    hidden = signed_in(rival_admin).get(COSTS, {"broker": broker.pk})
    assert (hidden.status_code, codes(hidden)) == (400, [("broker", "does_not_exist")])


def test_left_open_the_period_is_the_month_so_far() -> None:
    today = date(2026, 11, 24)
    first = date(2026, 11, 1)
    assert costs.period(None, None, today) == (first, today)
    assert costs.period(date(2026, 9, 9), None, today) == (date(2026, 9, 9), today)
    assert costs.period(None, date(2026, 9, 9), today) == (date(2026, 9, 1), date(2026, 9, 9))
    ahead = date(2027, 1, 1)
    assert costs.period(ahead, None, today) == (ahead, ahead)


# --- Admin ------------------------------------------------------------------------------------


def test_the_page_draws_a_column_for_each_day(client: Client, admin: User, broker: Broker) -> None:
    spent(broker, "0.10", calls=1234)
    spent(broker, None, day=date(2026, 11, 21), model="propio")
    in_an_hour(broker, calls=5, failed=2, fallbacks=1)
    client.force_login(admin)
    answer = client.get(reverse(PAGE), NOVEMBER)
    days = answer.context["days"].bars
    assert len(days) == 30
    assert [bar.value for bar in days[18:21]] == [
        "US$ 0,00 · 0 consultas",
        "US$ 0,1000 · 1.234 consultas",
        "sin precio · 1 consulta",
    ]
    html = answer.content.decode()
    assert "crm-col-bad" in html
    assert "offline:propio" in html
    assert "y 1 sin precio" in html


def test_an_empty_month_says_what_to_do(client: Client, admin: User, broker: Broker) -> None:
    client.force_login(admin)
    html = client.get(reverse(PAGE), NOVEMBER).content.decode()
    assert "No hay consultas a modelos en este período" in html
    assert "crm-chart" not in html


@pytest.mark.parametrize("until", ["2026-10-01", "2028-01-01"])
def test_a_period_that_cannot_be_drawn_is_refused(
    client: Client, admin: User, broker: Broker, until: str
) -> None:
    client.force_login(admin)
    answer = client.get(reverse(PAGE), {"since": "2026-11-01", "until": until})
    assert "entre 1 y 366 días" in answer.content.decode()


def test_a_superadmin_sees_whose_costs_they_are(
    client: Client, superadmin: User, broker: Broker, rival: Broker
) -> None:
    spent(broker, "0.10")
    spent(rival, "0.30")
    client.force_login(superadmin)
    panels = client.get(reverse(PAGE), NOVEMBER).context["panels"]
    assert [(row.label, row.value) for row in panels[0].rows] == [
        ("Rival", "US$ 0,3000"),
        ("Andes Propiedades", "US$ 0,1000"),
    ]


def test_the_file_has_the_totals_and_runs_nothing(
    client: Client, admin: User, broker: Broker, agent: User
) -> None:
    User.objects.filter(pk=agent.pk).update(name="=cmd()")
    spent(broker, "0.1", agent=agent, source="whatsapp")
    spent(broker, None, model="propio")
    client.force_login(admin)
    answer = client.get(reverse(FILE), NOVEMBER)
    assert (
        answer["Content-Disposition"] == 'attachment; filename="costos-2026-11-01-2026-11-30.csv"'
    )
    head, first, second = text_of(answer).splitlines()
    assert head.startswith("\ufeffDía;Corredora;Proveedor")
    assert first.split(";")[6:9] == ["'=cmd()", "WhatsApp", "1"]
    assert (first.split(";")[-1], second.split(";")[-1]) == ("0,10000000", "sin precio")


@pytest.mark.parametrize("name", [PAGE, FILE])
def test_an_agent_sees_neither_page_nor_file(client: Client, agent: User, name: str) -> None:
    client.force_login(agent)
    assert client.get(reverse(name)).status_code == 403


def test_the_page_costs_the_same_however_many_totals_there_are(
    client: Client, admin: User, broker: Broker, django_assert_num_queries: Any
) -> None:
    choice = costs.Choice(since=date(2026, 11, 1), until=date(2026, 11, 30))
    for number in (1, 40):
        for each in range(number):
            spent(broker, "0.1", day=date(2026, 11, 1 + each % 30), model=f"m{each}")
        for asked, statements in ((choice, 5), (replace(choice, source="whatsapp"), 6)):
            with django_assert_num_queries(statements):
                costs.report(asked, user=admin, zone=SANTIAGO)


def test_the_answer_is_as_its_serializer_describes_it(
    admin: User, broker: Broker, agent: User
) -> None:
    spent(broker, "0.10", agent=agent, source="whatsapp")
    spent(broker, None, model="propio")
    in_an_hour(broker, calls=5, failed=2, fallbacks=1)
    answer = signed_in(admin).get(COSTS, NOVEMBER).json()
    described = cost_shapes.CostReportSerializer(data=answer)
    assert described.is_valid(), described.errors
    again = cost_shapes.CostReportSerializer(described.validated_data).data
    assert json.loads(json.dumps(again)) == answer


def test_small_amounts_keep_figures_that_mean_something() -> None:
    assert [cost_page.usd(Decimal(text)) for text in ("0", "0.00123", "12.5")] == [
        "US$ 0,00",
        "US$ 0,0012",
        "US$ 12,50",
    ]


def test_failures_beside_calls_of_unknown_price_are_no_known_sum() -> None:
    unknown = costs.Spent(calls=3, failed=1, unpriced=2, usd=Decimal(0)).known
    assert unknown.usd is None
    assert costs.together([unknown, unknown]).usd is None
    priced = costs.Spent(calls=1, usd=Decimal("0.5")).known
    assert costs.together([unknown, priced]).usd == Decimal("0.5")
    assert costs.Spent(calls=1, failed=1, usd=Decimal(0)).known.usd == 0
