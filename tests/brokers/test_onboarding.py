"""A broker that is opened can work at once."""

import pytest
from django.core.exceptions import ValidationError

from brokers import defaults, onboarding
from brokers.models import (
    Broker,
    BrokerChatConfig,
    BrokerLeadConfig,
    BrokerPromptConfig,
    BrokerVoiceConfig,
)

pytestmark = pytest.mark.django_db
CONFIGS = (BrokerPromptConfig, BrokerLeadConfig, BrokerVoiceConfig, BrokerChatConfig)


@pytest.fixture
def opened() -> Broker:
    return onboarding.open_broker(name="Andes", slug="andes", email="hola@andes.cl")


def test_a_broker_is_chilean_unless_told_otherwise_and_has_its_four_configurations(opened) -> None:
    assert (opened.timezone, opened.currency, opened.country, opened.language) == (
        "America/Santiago", "CLP", "CL", "es",
    )  # fmt: skip
    assert [model.objects.filter(broker=opened).count() for model in CONFIGS] == [1, 1, 1, 1]


def test_the_defaults_are_those_of_the_rules(opened) -> None:
    lead = opened.brokerleadconfig
    assert lead.field_weights == {
        "name": 10,
        "phone": 15,
        "email": 10,
        "location": 15,
        "budget": 20,
    }
    assert (lead.cold_max_score, lead.warm_max_score, lead.qualified_min_score) == (20, 50, 75)
    assert (lead.max_acceptable_debt, lead.max_messages_per_day) == (500_000, 2)
    assert (lead.alert_on_hot_lead, lead.alert_score_threshold, lead.alert_email) == (
        True, 60, "hola@andes.cl",
    )  # fmt: skip
    assert lead.assignment_mode == "manual"
    assert lead.quiet_hours == {"start": "21:00", "end": "09:00", "sundays": True, "holidays": True}
    assert lead.qualification_criteria == {"min_income": 500_000, "qualified_income": 1_000_000}
    prompt = opened.brokerpromptconfig
    assert (prompt.agent_name, prompt.agent_role) == ("Sofía", "asesora inmobiliaria")
    assert prompt.monthly_llm_budget_usd is None
    assert set(prompt.situation_handlers) == {"renta_baja", "dicom", "sin_respuesta"}
    assert prompt.meeting_config == defaults.MEETING


def test_the_prompt_s_sections_name_only_what_is_filled_in(opened) -> None:
    filled = {"agent_name": "Sofía", "agent_role": "asesora", "broker_name": "Andes"}
    for field in defaults.PROMPT:
        assert getattr(opened.brokerpromptconfig, field).format(**filled)


def test_each_broker_has_webhook_keys_nobody_guesses(opened) -> None:
    other = onboarding.open_broker(name="Otra", slug="otra")
    keys = {each.brokervoiceconfig.webhook_key for each in (opened, other)}
    assert len(keys) == 2
    assert min(map(len, keys)) >= 32


def test_defaults_of_one_broker_are_not_another_s(opened) -> None:
    opened.brokerleadconfig.field_weights["name"] = 99
    other = onboarding.open_broker(name="Otra", slug="otra")
    assert other.brokerleadconfig.field_weights["name"] == 10


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"slug": "andes"}, "slug"),
        ({"slug": "con espacio"}, "slug"),
        ({"slug": "nueva", "name": ""}, "name"),
        ({"slug": "nueva", "timezone": "Chile/Santiago"}, "timezone"),
        ({"slug": "nueva", "email": "no"}, "email"),
    ],
)
def test_a_broker_that_cannot_be_is_not_opened_at_all(opened, fields, wrong) -> None:
    with pytest.raises(ValidationError) as refusal:
        onboarding.open_broker(**{"name": "Nueva", **fields})
    assert set(refusal.value.message_dict) == {wrong}
    assert (Broker.objects.count(), BrokerLeadConfig.objects.count()) == (1, 1)


def test_completing_adds_what_lacks_and_keeps_what_is_there(opened) -> None:
    opened.brokerpromptconfig.agent_name = "Elena"
    opened.brokerpromptconfig.save()
    BrokerVoiceConfig.objects.filter(broker=opened).delete()
    for _ in range(2):
        onboarding.complete(Broker.objects.get(pk=opened.pk))
    assert BrokerPromptConfig.objects.get(broker=opened).agent_name == "Elena"
    assert BrokerVoiceConfig.objects.filter(broker=opened).count() == 1
