"""Campaigns in Admin: written with their steps, and inside one broker."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from campaigns.models import Campaign, CampaignStep
from tests.factories import CampaignFactory, MessageTemplateFactory

pytestmark = pytest.mark.django_db


def written(**step: Any) -> dict[str, Any]:
    first = {"step_number": 1, "action": "send_message", "delay_hours": 24, **step}
    return {
        "name": "Reactivación", "channel": "whatsapp", "triggered_by": "manual",
        "trigger_condition": "{}", "max_contacts": "", "stop_on_reply": "on", "description": "",
        "steps-TOTAL_FORMS": 1, "steps-INITIAL_FORMS": 0,
        **{f"steps-0-{name}": value for name, value in first.items()},
    }  # fmt: skip


@pytest.mark.parametrize("who", ["admin", "superadmin"])
def test_a_campaign_is_written_with_its_steps(
    client: Client, broker: Broker, who: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))
    template = MessageTemplateFactory(broker=broker)
    data = written(message_template=template.pk) | {"broker": broker.pk}
    assert client.post(reverse("admin:campaigns_campaign_add"), data).status_code == 302
    step = CampaignStep.objects.get()
    assert (step.campaign.broker, step.broker) == (broker, broker)
    assert (step.message_template, step.delay_hours) == (template, 24)


@pytest.mark.parametrize("who", ["admin", "superadmin"])
def test_a_rivals_template_is_refused_in_a_step(
    client: Client, broker: Broker, rival: Broker, who: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))
    campaign, theirs = CampaignFactory(broker=broker), MessageTemplateFactory(broker=rival)
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    response = client.post(page, written(message_template=theirs.pk))
    assert response.status_code == 200
    assert not CampaignStep.objects.exists()


def test_the_state_is_not_a_field(client: Client, broker: Broker, admin: User) -> None:
    client.force_login(admin)
    campaign = CampaignFactory(broker=broker)
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    assert client.post(page, written() | {"status": "active"}).status_code == 302
    assert Campaign.objects.get().status == "draft"
