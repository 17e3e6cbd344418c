"""When a lead leaves a campaign by itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q

from brokers.models import User
from campaigns import enrolment, steps, stopping
from campaigns.models import Campaign, CampaignEnrollment
from leads import consenting, pipeline
from leads.models import ChatMessage, Lead
from scheduling import booking
from tests.campaigns.conftest import Watched, hear, standing, sweep, told
from tests.racing import race

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def test_a_reply_ends_the_run(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    sweep(at)
    hear(ana, "hola, sigo buscando", at + MINUTE)
    assert stopping.apply(at=at + MINUTE, lead_id=ana.pk) == 1
    assert standing(ana) == [("stopped", "replied")]
    assert told(ana) == [(1, "sent", ""), (2, "skipped", "replied")]
    sweep(at + DAY)
    assert telegram.sent == ["Mensaje 1 para Ana"]


def test_a_message_that_comes_while_the_rules_are_read_is_not_half_seen(
    run: CampaignEnrollment, ana: Lead, at: datetime
) -> None:
    """Read one by one, the opt-out would be missed and the reply, from the same message, seen."""
    said = False

    def hear_at_once(execute: Any, sql: str, *rest: Any) -> Any:
        nonlocal said
        result = execute(sql, *rest)
        if "consents" in sql and not said:
            said = True
            hear(ana, "no me escriban más", at + MINUTE)
        return result

    with connection.execute_wrapper(hear_at_once):
        stopping.apply(at=at + MINUTE)
    stopping.apply(at=at + MINUTE)
    assert standing(ana) == [("stopped", "opted_out")]


def test_a_campaign_may_go_on_after_a_reply(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime
) -> None:
    enrolment.enrol(campaign_of(stop_on_reply=False), ana, at=at)
    hear(ana, "hola", at + MINUTE)
    assert stopping.apply(at=at + MINUTE) == 0
    assert standing(ana) == [("active", "")]


def test_what_was_said_before_the_enrolment_is_no_reply(
    run: CampaignEnrollment, ana: Lead, at: datetime
) -> None:
    assert stopping.apply(at=at + MINUTE) == 0


def test_saying_no_me_llamen_mas_stops_everything_with_its_reason(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    hear(ana, "no me llamen más", at + MINUTE)
    stopping.apply(at=at + MINUTE)
    assert standing(ana) == [("stopped", "opted_out")]
    assert told(ana) == [(1, "skipped", "opted_out")]
    sweep(at + DAY)
    assert [text for text in telegram.sent if text.startswith("Mensaje")] == []


def test_an_opt_out_that_a_person_records_stops_the_run_too(
    run: CampaignEnrollment, ana: Lead, agent: User, at: datetime
) -> None:
    consenting.opt_out(
        ana, channel="telegram", everything=False, evidence="por teléfono", by=agent, at=at
    )
    stopping.apply(at=at)
    assert standing(ana) == [("stopped", "opted_out")]


def test_an_opt_out_of_another_channel_leaves_the_run(
    run: CampaignEnrollment, ana: Lead, at: datetime
) -> None:
    consenting.opt_out(ana, channel="email", everything=False, evidence="", at=at, confirm=False)
    assert stopping.apply(at=at) == 0


def test_calls_end_with_an_opt_out_of_calls_and_messages_go_on(
    run: CampaignEnrollment, campaign_of: Callable[..., Campaign], ana: Lead, at: datetime
) -> None:
    calling = campaign_of({"action": "make_call"}, channel="call")
    enrolment.enrol(calling, ana, at=at)
    consenting.opt_out(ana, channel="email", everything=False, evidence="", at=at, confirm=False)
    assert stopping.apply(at=at) == 0
    consenting.stop_calls(ana, evidence="no me llamen, escríbanme", at=at)
    assert stopping.apply(at=at) == 1
    assert CampaignEnrollment.objects.get(campaign=calling).reason == "opted_out"
    run.refresh_from_db()
    assert run.state == "active"


def test_a_booked_appointment_ends_the_run(
    run: CampaignEnrollment, ana: Lead, agent: User, at: datetime
) -> None:
    booking.book(ana, start=at + 2 * DAY, agent=agent, by=agent, at=at + MINUTE)
    stopping.apply(at=at + MINUTE)
    assert standing(ana) == [("stopped", "appointment_booked")]


def test_an_appointment_from_before_leaves_the_run(
    campaign: Campaign, ana: Lead, agent: User, at: datetime
) -> None:
    booking.book(ana, start=at + 2 * DAY, agent=agent, by=agent, at=at - DAY)
    enrolment.enrol(campaign, ana, at=at)
    assert stopping.apply(at=at + MINUTE) == 0


def test_won_and_lost_end_the_run(
    campaign: Campaign, prospect: Callable[..., Lead], admin: User, at: datetime
) -> None:
    won, lost = prospect(pipeline_stage="seguimiento"), prospect()
    enrolment.enrol_all(campaign, [won.pk, lost.pk], at=at)
    pipeline.move(won, to="ganado", by=admin, at=at)
    pipeline.move(lost, to="perdido", by=admin, reason="no contesta", at=at)
    assert stopping.apply(at=at) == 2
    assert (standing(won), standing(lost)) == ([("stopped", "won")], [("stopped", "lost")])


def test_stopping_twice_stops_once(run: CampaignEnrollment, ana: Lead, at: datetime) -> None:
    hear(ana, "hola", at + MINUTE)
    assert [stopping.apply(at=at + MINUTE) for _ in range(2)] == [1, 0]


@pytest.mark.django_db(transaction=True)
def test_an_opt_out_and_a_stop_at_once_do_not_hold_each_other_up(
    campaign: Campaign, prospect: Callable[..., Lead], at: datetime
) -> None:
    leads = [prospect() for _ in range(4)]
    enrolment.enrol_all(campaign, [lead.pk for lead in leads], at=at)
    for log_id in steps.due(at=at):
        steps.run(log_id, at=at)

    def work(number: int) -> object:
        if number % 2:
            return enrolment.stop(Q(campaign=campaign), reason="removed", at=at)
        lead = leads[number // 2]
        return consenting.opt_out(
            lead, channel="telegram", everything=True, evidence="", at=at, confirm=False
        )

    assert [each for each in race(8, work) if isinstance(each, Exception)] == []
    assert {state for lead in leads for state, _ in standing(lead)} == {"stopped"}
    assert set(ChatMessage.objects.filter(author="campaign").values_list("status")) == {
        ("blocked",)
    }
