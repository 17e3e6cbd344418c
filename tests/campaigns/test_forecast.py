"""A forecast: the engine's own rules on a virtual clock, checked against the engine itself."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from campaigns import enrolment, forecasting, running
from campaigns.errors import CannotActivate, Incomplete
from campaigns.models import (
    Campaign,
    CampaignEnrollment,
    CampaignForecast,
    CampaignForecastLine,
    CampaignLog,
)
from campaigns.tasks import sweep_forecasts
from leads import consenting, erasing, handoff
from leads.models import ChatMessage, Lead
from llm.models import LLMCall
from tests.api import codes, signed_in
from tests.campaigns.conftest import Watched, sweep
from tests.factories import (
    CampaignFactory,
    ChannelIdentityFactory,
    LeadFactory,
    LLMCallFactory,
    VoiceCallFactory,
)
from tests.racing import race
from voice.models import VoiceCall

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SANTIAGO = ZoneInfo("America/Santiago")
Made = Callable[..., Any]


def forecast_of(campaign: Campaign, at: datetime) -> CampaignForecast:
    asked = forecasting.ask(campaign, by=None, at=at)
    assert forecasting.work(asked.pk, at=at)
    asked.refresh_from_db()
    assert asked.state == "done"
    return asked


def lines(forecast: CampaignForecast) -> set[tuple[Any, ...]]:
    rows = CampaignForecastLine.objects.filter(forecast=forecast).select_related("step")
    return {
        (row.lead_id, row.step.step_number if row.step else None, row.outcome, row.reason, row.at)
        for row in rows
    }


@pytest.fixture
def crowd(prospect: Made, broker: Broker, admin: User, at: datetime) -> list[Lead]:
    """Leads whom the rules treat each in another way."""
    people = [prospect(name=name) for name in ("Ana", "Berta", "Carla", "Diego", "Elsa", "Fidel")]
    _ana, berta, carla, diego, elsa, fidel = people
    consenting.opt_out(
        berta,
        channel="telegram",
        everything=True,
        by=admin,
        at=at - DAY,
        confirm=False,
        evidence="lo pidió por teléfono",
    )
    handoff.take(carla, by=admin, at=at - HOUR)
    Lead.objects.filter(pk=diego.pk).update(treatment_type="hold")
    Lead.objects.filter(pk=elsa.pk).update(timezone="Pacific/Easter", lead_score=70, status="hot")
    fidel.identities.all().delete()
    return [*people, prospect(name="Gloria", tags=["inversionista"])]


def play(campaign: Campaign, leads: list[Lead], at: datetime) -> set[tuple[Any, ...]]:
    """The same as lines, of the engine as it runs: a sweep at each moment when a step is due."""
    enrolment.enrol_all(campaign, [lead.pk for lead in leads], at=at)
    for _ in range(200):
        due = CampaignLog.objects.filter(status="due", enrollment__state="active")
        following = due.order_by("due_at").values_list("due_at", flat=True).first()
        if following is None:
            break
        sweep(following)
    settled = CampaignLog.objects.filter(campaign=campaign).exclude(status="due")
    return {
        (
            row.lead_id,
            row.step.step_number,
            "will_run" if row.status == "sent" else "will_not",
            row.reason,
            row.executed_at if row.status == "sent" else None,
        )
        for row in settled.select_related("step")
    }


@pytest.mark.parametrize("hour", [10, 20])
def test_what_is_foreseen_is_what_the_engine_then_does(
    campaign_of: Made, crowd: list[Lead], telegram: Watched, at: datetime, hour: int
) -> None:
    """In the morning, and in the evening: the quiet hours and a window lie between."""
    campaign = campaign_of(
        {},
        {"delay_hours": 1, "conditions": {"score_min": 60}},
        {"delay_hours": 3, "window_start": "15:00", "window_end": "18:00"},
        {"action": "update_stage", "target_stage": "perfilamiento", "delay_hours": 24},
        {"delay_hours": 24, "conditions": {"tags": ["inversionista"]}},
        {"action": "update_stage", "target_stage": "perfilamiento"},
        {"action": "update_stage", "target_stage": "referidos"},
        {"action": "update_stage", "target_stage": "perdido", "delay_hours": 2},
        {"delay_hours": 1},
    )
    start = at.replace(hour=hour)
    foreseen = lines(forecast_of(campaign, start))
    assert len({reason for _l, _s, _o, reason, _at in foreseen}) >= 6
    assert foreseen == play(campaign, crowd, start)


def test_those_inside_go_on_from_where_they_are(
    campaign: Campaign, ana: Lead, telegram: Watched, at: datetime
) -> None:
    enrolment.enrol(campaign, ana, at=at)
    sweep(at)
    forecast = forecast_of(campaign, at + HOUR)
    assert lines(forecast) == {(ana.pk, 2, "will_run", "", at + DAY)}
    assert (forecast.result["inside"], forecast.result["entering"]) == (1, 0)


def test_nothing_is_sent_stored_or_changed(
    campaign: Campaign, ana: Lead, telegram: Watched, at: datetime
) -> None:
    before = (ChatMessage.objects.count(), list(Lead.objects.values()))
    forecast_of(campaign, at)
    assert telegram.sent == mail.outbox == []
    assert (ChatMessage.objects.count(), list(Lead.objects.values())) == before
    assert not CampaignEnrollment.objects.exists()
    assert not CampaignLog.objects.exists()


def test_the_most_contacts_bar_the_rest_by_name(
    campaign_of: Made, prospect: Made, at: datetime
) -> None:
    leads = [prospect(lead_score=score) for score in (10, 50, 30)]
    forecast = forecast_of(campaign_of(max_contacts=2), at)
    out = CampaignForecastLine.objects.filter(outcome="stays_out")
    assert [(row.lead_id, row.reason) for row in out] == [(leads[0].pk, "max_contacts")]
    assert (forecast.result["entering"], forecast.result["left_out"]) == (2, 1)


def test_who_went_through_is_not_met_again(campaign: Campaign, ana: Lead, at: datetime) -> None:
    enrolment.enrol(campaign, ana, at=at - DAY)
    running.finish(campaign, at=at - HOUR)
    Campaign.objects.filter(pk=campaign.pk).update(status="paused")
    forecast_of(campaign, at)
    assert CampaignForecastLine.objects.get().reason == "already_enrolled"


def test_the_audience_of_a_trigger_is_who_it_would_meet(
    campaign_of: Made, prospect: Made, at: datetime
) -> None:
    silent = prospect(heard=at - 9 * DAY)
    prospect(heard=at - HOUR)
    forecast_of(campaign_of(triggered_by="inactivity", trigger_condition={"days": 5}), at)
    assert [row.lead for row in CampaignForecastLine.objects.all()] == [silent]


def test_another_campaign_of_the_same_day_is_a_conflict_and_counts_for_the_cap(
    campaign_of: Made, prospect: Made, broker: Broker, at: datetime
) -> None:
    broker.brokerleadconfig.max_messages_per_day = 1
    broker.brokerleadconfig.save()
    lead, other = prospect(), campaign_of({"delay_hours": 2})
    enrolment.enrol(other, lead, at=at)
    forecast = forecast_of(campaign_of(), at)
    line = CampaignForecastLine.objects.get()
    assert (line.delayed, line.conflict) == ("daily_cap", None)
    assert line.at.astimezone(SANTIAGO).strftime("%d %H:%M") == "25 09:00"
    broker.brokerleadconfig.max_messages_per_day = 5
    broker.brokerleadconfig.save()
    forecast = forecast_of(forecast.campaign, at)
    assert CampaignForecastLine.objects.get().conflict == other
    assert forecast.result["conflicts"] == 1


def test_calls_wait_for_a_free_line(
    campaign_of: Made, prospect: Made, broker: Broker, at: datetime
) -> None:
    voice = broker.brokervoiceconfig
    voice.provider, voice.max_concurrent_calls = "simulated", 2
    voice.save()
    VoiceCallFactory(
        broker=broker, status="completed", duration=180, cost_usd=Decimal("0.30"),
        lead=prospect(treatment_type="hold"), created_at=at - DAY,
    )  # fmt: skip
    for _ in range(4):
        prospect()
    forecast = forecast_of(campaign_of({"action": "make_call"}, channel="call"), at)
    moments = sorted(
        CampaignForecastLine.objects.filter(outcome="will_run").values_list("at", flat=True)
    )
    assert moments == [at, at, at + 3 * MINUTE, at + 3 * MINUTE]
    result = forecast.result
    assert (result["calls"], result["call_minutes"], result["cost_usd"]) == (4, 12.0, 1.2)
    assert not VoiceCall.objects.exclude(status="completed").exists()


def test_drafts_are_priced_by_what_they_cost_so_far(
    campaign_of: Made, prospect: Made, broker: Broker, at: datetime, settings: Any
) -> None:
    settings.GEMINI_API_KEY, settings.LLM_MODEL = "key", "google:gemini-2.5-flash"
    settings.CLP_PER_USD = Decimal(1000)
    LLMCallFactory(
        broker=broker, call_type="campaign", provider="google", model="gemini-2.5-flash",
        input_tokens=1000, output_tokens=100, created_at=at - DAY,
    )  # fmt: skip
    for _ in range(10):
        prospect()
    result = forecast_of(campaign_of({"use_ai_message": True}), at).result
    assert (result["drafts"], result["input_tokens"], result["output_tokens"]) == (
        10,
        10_000,
        1_000,
    )
    assert result["cost_usd"] == pytest.approx(0.0055)
    assert (result["cost_clp"], result["unpriced"]) == (5, [])
    assert LLMCall.objects.count() == 1


def test_a_price_that_is_not_known_is_said(
    campaign_of: Made, prospect: Made, broker: Broker, at: datetime
) -> None:
    broker.brokervoiceconfig.provider = "simulated"
    broker.brokervoiceconfig.save()
    prospect()
    result = forecast_of(campaign_of({"action": "make_call"}, channel="call"), at).result
    assert (result["calls"], result["cost_usd"], result["unpriced"]) == (1, 0.0, ["calls"])


# --- The work ------------------------------------------------------------------------------------


def test_what_cannot_run_cannot_be_foreseen(broker: Broker, at: datetime) -> None:
    with pytest.raises(Incomplete):
        forecasting.ask(CampaignFactory(broker=broker), by=None, at=at)
    with pytest.raises(CannotActivate):
        forecasting.ask(CampaignFactory(broker=broker, status="finished"), by=None, at=at)


@pytest.mark.django_db(transaction=True)
def test_two_workers_work_it_out_once(campaign: Campaign, ana: Lead, at: datetime) -> None:
    asked = race(2, lambda _: forecasting.ask(campaign, by=None, at=at).pk)
    assert len(set(asked)) == 1
    assert sorted(race(2, lambda _: forecasting.work(asked[0], at=at))) == [False, True]
    assert CampaignForecastLine.objects.count() == 2


def test_a_dead_workers_forecast_goes_to_the_next_and_not_for_ever(
    campaign: Campaign, ana: Lead, at: datetime
) -> None:
    asked = forecasting.ask(campaign, by=None, at=at)
    dead = CampaignForecast.objects.filter(pk=asked.pk)
    dead.update(state="running", lease_until=at + MINUTE, attempts=1)
    assert not forecasting.work(asked.pk, at=at)
    assert sweep_forecasts((at + 2 * MINUTE).isoformat()) == 1
    assert forecasting.work(asked.pk, at=at + 2 * MINUTE)
    dead.update(state="running", lease_until=at, attempts=forecasting.MAX_ATTEMPTS)
    assert not forecasting.work(asked.pk, at=at + HOUR)
    asked.refresh_from_db()
    assert (asked.state, asked.error) == ("failed", "gave_up")


def test_the_latest_replaces_the_one_before(campaign: Campaign, ana: Lead, at: datetime) -> None:
    first, second = forecast_of(campaign, at), forecast_of(campaign, at + DAY)
    assert list(CampaignForecast.objects.all()) == [second]
    assert {line.forecast for line in CampaignForecastLine.objects.all()} == {second}
    assert first.pk != second.pk


def test_ten_times_the_leads_cost_the_same_statements(
    campaign: Campaign, prospect: Made, at: datetime, django_assert_max_num_queries: Any
) -> None:
    forecast_of(campaign, at)
    counts = []
    for size in (2, 20):
        for _ in range(size):
            prospect()
        asked = forecasting.ask(campaign, by=None, at=at)
        with django_assert_max_num_queries(60) as captured:
            forecasting.work(asked.pk, at=at)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_thousand_leads_take_about_a_second_of_thought(
    campaign_of: Made, broker: Broker, at: datetime
) -> None:
    """Ten thousand in ten: three steps each, at night, so that each step is asked about twice."""
    leads = LeadFactory.build_batch(1_000, broker=broker)
    Lead.objects.bulk_create(leads)
    ids = list(Lead.objects.values_list("pk", flat=True))
    identity = ChannelIdentityFactory._meta.model
    identity.objects.bulk_create(
        identity(broker=broker, lead_id=pk, channel="telegram", external_id=f"t{pk}") for pk in ids
    )
    forecast_of(campaign_of(), at)  # what is imported and remembered once
    campaign = campaign_of({}, {"delay_hours": 12}, {"delay_hours": 12})
    asked = forecasting.ask(campaign, by=None, at=at.replace(hour=22))
    begun = time.process_time()
    assert forecasting.work(asked.pk, at=at)
    assert time.process_time() - begun < 2.0  # half of it on a machine with nothing else to do
    asked.refresh_from_db()
    assert asked.result["messages"] == 3_000


# --- API and Admin -------------------------------------------------------------------------------


def test_a_client_asks_waits_and_reads_the_lists(
    campaign: Campaign, crowd: list[Lead], admin: User
) -> None:
    client, address = signed_in(admin), f"/api/v1/campaigns/{campaign.pk}/forecast/"
    assert client.get(address).status_code == 404
    asked = client.post(address, headers={"Idempotency-Key": "f-1"})
    again = client.post(address, headers={"Idempotency-Key": "f-1"})
    assert (asked.status_code, again.json()["id"]) == (202, asked.json()["id"])
    assert asked.json()["state"] == "pending"
    assert forecasting.work(asked.json()["id"], at=campaign.updated_at)
    answer = client.get(address).json()
    assert (answer["state"], answer["done"], answer["total"]) == ("done", 7, 7)
    for row in answer["result"]["by_reason"]:
        found = client.get(f"{address}lines/", {"outcome": row["of"], "reason": row["reason"]})
        assert found.json()["count"] == row["count"]
    for row in answer["result"]["by_day"]:
        found = client.get(f"{address}lines/", {"outcome": "will_run", "day": row["day"]})
        assert found.json()["count"] == row["count"]
    page = client.get(f"{address}lines/", {"page_size": 2}).json()
    assert (page["count"], len(page["results"])) == (CampaignForecastLine.objects.count(), 2)


def test_agents_and_strangers_see_no_forecast(
    campaign: Campaign, agent: User, rival_admin: User, at: datetime
) -> None:
    forecast_of(campaign, at)
    address = f"/api/v1/campaigns/{campaign.pk}/forecast/"
    assert signed_in(agent).get(address).status_code == 403
    assert signed_in(rival_admin).get(f"{address}lines/").status_code == 404


def test_a_draft_without_steps_is_refused_with_what_it_lacks(broker: Broker, admin: User) -> None:
    draft = CampaignFactory(broker=broker)
    answer = signed_in(admin).post(f"/api/v1/campaigns/{draft.pk}/forecast/")
    assert (answer.status_code, codes(answer)) == (409, [(None, "campaign_incomplete")])


def test_its_page_shows_totals_with_links_to_the_lines(
    campaign: Campaign, crowd: list[Lead], admin: User, client: Client, at: datetime
) -> None:
    client.force_login(admin)
    pressed = client.post(reverse("admin:campaigns_campaign_forecast", args=[campaign.pk]))
    asked = CampaignForecast.objects.get()
    page = reverse("admin:campaigns_campaignforecast_change", args=[asked.pk])
    assert pressed.headers["Location"] == page
    assert client.get(page).status_code == 200
    forecasting.work(asked.pk, at=at)
    html = client.get(page).content.decode()
    assert "outcome__exact=will_not" in html
    listed = reverse("admin:campaigns_campaignforecastline_changelist")
    assert (
        client.get(f"{listed}?forecast__id__exact={asked.pk}&outcome__exact=will_not").status_code
        == 200
    )


def test_an_erased_lead_leaves_no_line(campaign: Campaign, ana: Lead, at: datetime) -> None:
    forecast_of(campaign, at)
    erasing.erase(ana, by=None, at=at)
    assert not CampaignForecastLine.objects.exists()


def test_another_brokers_leads_are_no_audience(
    campaign: Campaign, rival: Broker, at: datetime
) -> None:
    LeadFactory(broker=rival)
    assert lines(forecast_of(campaign, at)) == set()
