"""Every broker-owned model can be made for tests, so that walks reach it."""

import pytest
from django.apps import apps

from brokers.models import Broker
from crm.tenancy import Tenanted
from tests.factories import make_row

MODELS = [m for m in apps.get_models() if issubclass(m, Tenanted) and m.__name__ != "PeriodicRun"]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_broker_owned_model_has_a_factory(model, broker: Broker) -> None:
    row = make_row(model, broker)
    assert (row.pk if model is Broker else row.broker_id) == broker.pk
    row.full_clean()
