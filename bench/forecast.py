"""A forecast of three messages to every open lead of one broker, asked for at night."""

import time
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench import people
from brokers.models import BrokerChatConfig
from campaigns import forecasting
from campaigns.models import Campaign, CampaignForecast, CampaignStep
from crm import rowsecurity
from leads.models import ChannelIdentity, Lead

LEADS = 10_000
STEPS = 3


def run() -> dict[str, Any]:
    campaign = _campaign()
    with rowsecurity.of(campaign.broker_id), CaptureQueriesContext(connection) as captured:
        night = timezone.now().astimezone(campaign.broker.zone).replace(hour=23, minute=0)
        asked = forecasting.ask(campaign, by=None, at=night)
        begun, thought = time.perf_counter(), time.process_time()
        forecasting.work(asked.pk, at=timezone.now())
        seconds, cpu = time.perf_counter() - begun, time.process_time() - thought
    done = CampaignForecast.objects.get(pk=asked.pk)
    return {
        "leads": done.total,
        "lines": done.lines.count(),
        "statements": len(captured.captured_queries),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
    }


def _campaign() -> Campaign:
    broker = people.broker("forecast")
    BrokerChatConfig.objects.filter(broker=broker).update(enabled_providers=["telegram"])
    people.fill(broker, LEADS)
    ChannelIdentity.objects.bulk_create(
        [
            ChannelIdentity(
                broker=broker, lead_id=pk, channel="telegram", external_id=f"forecast-{pk}"
            )
            for pk in Lead.objects.filter(broker=broker).values_list("pk", flat=True)
        ],
        batch_size=2000,
    )
    campaign: Campaign = Campaign.objects.create(
        broker=broker, name="Seguimiento", channel="telegram"
    )
    for number in range(STEPS):
        CampaignStep.objects.create(
            broker=broker,
            campaign=campaign,
            step_number=number + 1,
            message_text="Hola {{first_name}}, ¿sigues buscando?",
            delay_hours=12 * number,
        )
    return campaign
