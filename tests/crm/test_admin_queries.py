"""What a list page costs: the same number of queries for ten rows and for a thousand."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from brokers.models import Broker, User
from tests.crm.admin_walk import MODELS, copies, name_of, quiet_row

MOST = 12


def cost(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_a_list_costs_the_same_for_ten_rows_and_a_thousand(
    model: Any, broker: Broker, superadmin: User, client: Client
) -> None:
    client.force_login(superadmin)
    row, url = quiet_row(model, broker), reverse(name_of(model, "changelist"))
    rows = copies(row, 999)
    few = [superadmin.pk, row.pk, *(each.pk for each in rows[:9])]
    many = cost(client, url)
    model._default_manager.exclude(pk__in=few).delete()
    assert len(cost(client, url)) == len(many)
    assert len(many) <= MOST
