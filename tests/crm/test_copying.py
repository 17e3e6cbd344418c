"""Rows stored by COPY are the rows that saving would have stored."""

import pytest

from brokers.models import Broker
from crm.copying import copy_in, give_ids
from leads.models import ActivityLog, Lead
from tests.factories import NOON, LeadFactory


def test_rows_come_back_as_they_were(broker: Broker) -> None:
    told = {"a": [1, None, "ñ\t\\N\n"], "b": {"c": True}}
    lead = Lead(broker=broker, name="Ñ\t\\.\n", metadata=told, tags=["x"], created_at=NOON)
    give_ids([lead])
    copy_in([lead])
    stored = Lead.objects.get(pk=lead.pk)
    assert (stored.name, stored.metadata, stored.tags) == ("Ñ\t\\.\n", told, ["x"])
    assert (stored.created_at, stored.phone_e164, stored.status) == (NOON, None, "cold")
    lead.name = "Rosa"
    lead.save()
    assert Lead.objects.get(pk=lead.pk).name == "Rosa"


def test_ids_are_the_tables_own(broker: Broker) -> None:
    leads = [Lead(broker=broker) for _ in range(3)]
    give_ids(leads)
    copy_in(leads)
    assert LeadFactory(broker=broker).pk > max(lead.pk for lead in leads)


def test_rows_without_an_id_get_one(broker: Broker) -> None:
    lead = LeadFactory(broker=broker)
    event = {"lead": lead, "broker": broker, "actor": "system", "timestamp": NOON}
    copy_in([ActivityLog(action_type=f"event-{n}", **event) for n in range(2)])
    assert ActivityLog.objects.filter(lead=lead).count() == 2


@pytest.mark.django_db
def test_nothing_is_no_statement(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        give_ids([])
        copy_in([])
