"""A step: asked about right before it runs, run once, settled by what became of its message."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokers.models import Broker, User
from campaigns import enrolment, running, steps
from campaigns.models import Campaign, CampaignEnrollment, CampaignLog
from leads import consenting, handoff, outbox, pipeline
from leads.errors import ChannelError
from leads.models import ChatMessage, Lead, StageTransition
from tests.campaigns.conftest import Watched, standing, sweep, told
from tests.channels import begin_call
from tests.factories import AvailabilitySlotFactory, MessageTemplateFactory, VoiceCallFactory
from tests.racing import race

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def ours(lead: Lead) -> list[ChatMessage]:
    return list(lead.messages.filter(author="campaign").order_by("pk"))


def the_log() -> CampaignLog:
    return CampaignLog.objects.order_by("pk")[0]


# --- A message -----------------------------------------------------------------------------------


def test_a_message_goes_out_and_the_log_takes_its_result_from_it(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    assert steps.run(the_log().pk, at=at) == "claimed"
    assert told(ana) == [(1, "claimed", "")]
    sweep(at)
    assert telegram.sent == ["Mensaje 1 para Ana"]
    assert told(ana) == [(1, "sent", ""), (2, "due", "")]
    log = the_log()
    assert log.message == ours(ana)[0]
    assert log.message.idempotency_key == f"campaign:{log.pk}"
    assert (log.message.purpose, log.message.provider) == ("marketing", "telegram")


def test_the_next_step_falls_due_its_delay_after_the_one_before_is_settled(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    sweep(at + HOUR)
    assert CampaignLog.objects.get(step__step_number=2).due_at == at + HOUR + DAY
    ana.refresh_from_db()
    assert ana.next_action_at == at + HOUR + DAY


def test_a_step_that_is_not_due_yet_does_not_run(run: CampaignEnrollment, at: datetime) -> None:
    assert steps.run(the_log().pk, at=at - MINUTE) is None
    assert steps.due(at=at - MINUTE) == []


def test_what_the_channel_refuses_for_good_is_a_failed_step_with_its_reason(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    telegram.error = ChannelError(permanent=True, reason="chat_not_found")
    sweep(at)
    assert told(ana) == [(1, "failed", "chat_not_found"), (2, "due", "")]


def test_a_template_fills_in_what_is_known_of_the_lead(
    campaign_of: Callable[..., Campaign], prospect: Callable[..., Lead], broker: Broker,
    telegram: Watched, at: datetime,
) -> None:  # fmt: skip
    template = MessageTemplateFactory(
        broker=broker,
        channel="telegram",
        content="Hola {{first_name}}, de {{broker}}: {{name}} y {{agent}}",
    )
    lead = prospect(name="Rosa Díaz Lagos")
    enrolment.enrol(campaign_of({"message_template": template}), lead, at=at)
    sweep(at)
    assert telegram.sent == ["Hola Rosa, de Andes Propiedades: Rosa Díaz Lagos y Ana"]


def test_a_step_without_text_is_skipped(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime
) -> None:
    enrolment.enrol(campaign_of({"message_text": ""}), ana, at=at)
    sweep(at)
    assert told(ana) == [(1, "skipped", "no_text")]


# --- Asked right before ----------------------------------------------------------------------


def test_at_night_the_step_is_put_off_and_no_message_is_made(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    night = at.replace(hour=22)
    sweep(night)
    log = the_log()
    assert (log.status, log.reason) == ("due", "quiet_hours")
    assert log.due_at == (at + DAY).replace(hour=9)
    assert ours(ana) == []
    sweep(log.due_at)
    assert telegram.sent == ["Mensaje 1 para Ana"]


def test_the_daily_cap_puts_the_step_off(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, broker: Broker, at: datetime
) -> None:
    broker.brokerleadconfig.max_messages_per_day = 1
    broker.brokerleadconfig.save()
    VoiceCallFactory(broker=broker, lead=ana, status="completed", created_at=at)
    sweep(at)
    log = the_log()
    assert (log.status, log.reason, ours(ana)) == ("due", "daily_cap", [])
    assert log.due_at == (at + DAY).replace(hour=9)


def test_a_daily_cap_of_zero_skips_the_step_and_says_so(
    run: CampaignEnrollment, ana: Lead, broker: Broker, at: datetime
) -> None:
    broker.brokerleadconfig.max_messages_per_day = 0
    broker.brokerleadconfig.save()
    sweep(at)
    log = CampaignLog.objects.order_by("pk").first()
    assert log is not None
    assert (log.status, log.reason, ours(ana)) == ("skipped", "cap_is_zero", [])


def test_outside_its_hours_the_step_waits_for_them(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime
) -> None:
    campaign = campaign_of({"window_start": time(15), "window_end": time(19)})
    enrolment.enrol(campaign, ana, at=at)
    sweep(at)
    log = the_log()
    assert (log.status, log.reason, log.due_at) == ("due", "outside_window", at.replace(hour=15))


def test_a_gate_that_names_no_time_skips_the_step(
    run: CampaignEnrollment, ana: Lead, at: datetime
) -> None:
    ana.identities.all().delete()
    sweep(at)
    assert told(ana) == [(1, "skipped", "no_identity"), (2, "due", "")]
    assert ours(ana) == []


@pytest.mark.parametrize(
    ("treatment", "reason"),
    [("hold", "on_hold"), ("manual_follow_up", "manual_follow_up")],
)
def test_a_treatment_that_refuses_campaigns_skips_the_step(
    run: CampaignEnrollment, ana: Lead, treatment: str, reason: str, at: datetime
) -> None:
    Lead.objects.filter(pk=ana.pk).update(treatment_type=treatment)
    sweep(at)
    assert told(ana)[0] == (1, "skipped", reason)


def test_while_a_person_holds_the_lead_the_step_is_put_off_by_a_day_three_times_then_skipped(
    run: CampaignEnrollment, ana: Lead, agent: User, telegram: Watched, at: datetime
) -> None:
    handoff.take(ana, by=agent, at=at)
    for day in range(1, 4):
        sweep(the_log().due_at)
        log = the_log()
        assert (log.status, log.reason, log.holds) == ("due", "held_by_person", day)
        assert log.due_at == at + day * DAY
    sweep(the_log().due_at)
    assert told(ana)[0] == (1, "skipped", "held_by_person")
    assert (telegram.sent, ours(ana)) == ([], [])


def test_a_message_that_a_person_overtook_is_a_step_put_off_and_leaves_once(
    run: CampaignEnrollment, ana: Lead, agent: User, telegram: Watched, at: datetime
) -> None:
    steps.run(the_log().pk, at=at)
    handoff.take(ana, by=agent, at=at)
    sweep(at)
    sweep(at)
    log = the_log()
    assert (log.status, log.reason, log.due_at) == ("due", "held_by_person", at + DAY)
    handoff.give_back(ana, by=agent, at=at + HOUR)
    sweep(at + DAY)
    sweep(at + DAY)
    assert telegram.sent == ["Mensaje 1 para Ana"]
    assert told(ana)[0] == (1, "sent", "")


def test_conditions_are_asked_when_the_step_runs(
    campaign_of: Callable[..., Campaign], ana: Lead, telegram: Watched, at: datetime
) -> None:
    campaign = campaign_of({"conditions": {"score_min": 50}}, {"conditions": {"tags": ["vip"]}})
    enrolment.enrol(campaign, ana, at=at)
    Lead.objects.filter(pk=ana.pk).update(tags=["vip", "inversionista"])
    sweep(at)
    sweep(at)
    assert told(ana) == [(1, "skipped", "conditions_not_met"), (2, "sent", "")]


def test_a_closed_lead_leaves_without_another_message(
    run: CampaignEnrollment, ana: Lead, agent: User, at: datetime
) -> None:
    pipeline.move(ana, to="perdido", by=agent, reason="compró en otra parte", at=at)
    sweep(at)
    assert told(ana) == [(1, "skipped", "lost")]
    assert standing(ana) == [("stopped", "lost")]


def test_who_opted_out_leaves_at_the_next_step(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    consenting.opt_out(ana, channel="telegram", everything=False, evidence="", at=at, confirm=False)
    sweep(at)
    assert told(ana) == [(1, "skipped", "suppressed")]
    assert standing(ana) == [("stopped", "opted_out")]
    assert telegram.sent == []


def test_an_opt_out_withdraws_the_message_and_ends_the_run(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    steps.run(the_log().pk, at=at)
    consenting.opt_out(ana, channel="telegram", everything=True, evidence="", at=at, confirm=False)
    sweep(at)
    assert told(ana) == [(1, "skipped", "opted_out")]
    assert standing(ana) == [("stopped", "opted_out")]
    assert telegram.sent == []


def test_whatsapp_outside_its_day_needs_an_approved_template(
    campaign_of: Callable[..., Campaign], ana: Lead, broker: Broker, at: datetime
) -> None:
    approved = MessageTemplateFactory(
        broker=broker, channel="whatsapp", approval="approved",
        whatsapp_name="recontacto", whatsapp_language="es_CL",
    )  # fmt: skip
    ana.identities.update(channel="whatsapp")
    campaign = campaign_of({}, {"message_template": approved}, channel="whatsapp")
    enrolment.enrol(campaign, ana, at=at)
    for _ in range(2):
        for log_id in steps.due(at=at):
            steps.run(log_id, at=at)
    assert told(ana) == [(1, "skipped", "whatsapp_window_closed"), (2, "claimed", "")]
    assert ours(ana)[0].provider_metadata["template"] == {
        "name": "recontacto", "language": "es_CL", "values": {"name": "Ana Torres"},
    }  # fmt: skip


# --- Once --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_run_each_step_once(
    campaign: Campaign, prospect: Callable[..., Lead], telegram: Watched, at: datetime
) -> None:
    leads = [prospect().pk for _ in range(6)]
    enrolment.enrol_all(campaign, leads, at=at)

    def work(_: int) -> int:
        return sum(steps.run(log_id, at=at) is not None for log_id in steps.due(at=at))

    assert sum(race(4, work)) == 6
    assert ChatMessage.objects.filter(author="campaign").count() == 6
    assert set(CampaignLog.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_that_settle_at_once_make_one_next_step(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    steps.run(the_log().pk, at=at)
    ChatMessage.objects.filter(author="campaign").update(status="sent")
    assert sum(race(4, lambda _: steps.reconcile(at=at))) == 1
    assert told(ana) == [(1, "sent", ""), (2, "due", "")]


def test_a_worker_that_died_before_its_message_lets_the_step_run_again(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    steps._claim(the_log().pk, at)
    steps.reconcile(at=at + MINUTE)
    assert told(ana) == [(1, "claimed", "")]
    later = at + steps.LEASE + MINUTE
    steps.reconcile(at=later)
    assert told(ana) == [(1, "due", "")]
    sweep(later)
    assert telegram.sent == ["Mensaje 1 para Ana"]


def test_a_worker_that_comes_back_after_its_lease_makes_nothing(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    log = the_log()
    lost = steps._claim(log.pk, at)
    assert lost is not None
    later = at + steps.LEASE + MINUTE
    steps.reconcile(at=later)
    sweep(later)
    assert steps._conclude(log.pk, lost, "Otra vez", later) is None
    assert telegram.sent == ["Mensaje 1 para Ana"]


def test_a_message_found_under_the_steps_key_is_adopted_and_not_sent_again(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    log = the_log()
    steps.run(log.pk, at=at)
    CampaignLog.objects.filter(pk=log.pk).update(message=None)
    sweep(at + steps.LEASE + MINUTE)
    sweep(at + steps.LEASE + MINUTE)
    assert telegram.sent == ["Mensaje 1 para Ana"]
    assert told(ana) == [(1, "sent", ""), (2, "due", "")]


def test_a_send_whose_outcome_is_unknown_is_a_failed_step_and_never_resent(
    run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    steps.run(the_log().pk, at=at)
    begin_call(ours(ana)[0], at)
    later = at + 5 * MINUTE
    outbox.recover(at=later)
    sweep(later)
    assert told(ana)[0] == (1, "failed", "outcome_unknown")
    assert telegram.sent == []


def test_a_step_whose_workers_keep_dying_gives_up(
    run: CampaignEnrollment, ana: Lead, at: datetime
) -> None:
    moment = at
    for _ in range(steps.MAX_ATTEMPTS):
        steps._claim(the_log().pk, moment)
        moment += steps.LEASE + MINUTE
        steps.reconcile(at=moment)
    assert told(ana)[0] == (1, "failed", "gave_up")


# --- Pause and resume --------------------------------------------------------------------------


def test_a_paused_campaign_runs_nothing(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, at: datetime
) -> None:
    running.pause(campaign, at=at)
    assert steps.due(at=at) == []
    assert steps.run(the_log().pk, at=at) == "due"
    assert ours(ana) == []


def test_a_pause_withdraws_what_waits_and_resuming_sends_it_once(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    steps.run(the_log().pk, at=at)
    running.pause(campaign, at=at)
    assert [(m.status, m.reason) for m in ours(ana)] == [("blocked", "campaign_paused")]
    assert told(ana) == [(1, "due", "")]
    sweep(at + HOUR)
    assert telegram.sent == []
    running.activate(campaign, at=at + HOUR)
    for _ in range(3):
        sweep(at + HOUR)
    assert telegram.sent == ["Mensaje 1 para Ana"]
    assert told(ana) == [(1, "sent", ""), (2, "due", "")]


def test_resuming_sends_nothing_twice(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    sweep(at)
    for _ in range(2):
        running.pause(campaign, at=at)
        running.activate(campaign, at=at)
        sweep(at + MINUTE)
    assert telegram.sent == ["Mensaje 1 para Ana"]


def test_a_message_on_its_way_when_the_pause_comes_still_settles_its_step(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime
) -> None:
    steps.run(the_log().pk, at=at)
    ChatMessage.objects.filter(author="campaign").update(status="sending", lease_until=at + MINUTE)
    running.pause(campaign, at=at)
    ChatMessage.objects.filter(author="campaign").update(status="sent")
    sweep(at + MINUTE)
    assert told(ana) == [(1, "sent", ""), (2, "due", "")]
    assert steps.due(at=at + 2 * DAY) == []


# --- The other actions -------------------------------------------------------------------------


def test_a_meeting_offers_hours_that_are_held_and_says_them(
    campaign_of: Callable[..., Campaign], ana: Lead, agent: User, broker: Broker,
    telegram: Watched, at: datetime,
) -> None:  # fmt: skip
    for weekday in range(7):
        AvailabilitySlotFactory(broker=broker, agent=agent, weekday=weekday)
    enrolment.enrol(campaign_of({"action": "schedule_meeting", "message_text": ""}), ana, at=at)
    steps.run(the_log().pk, at=at)
    held = ana.slotoffer_set.filter(taken=False)
    message = ours(ana)[0]
    assert held.count() == 4
    assert message.message_text.startswith("Tengo estas horas para que nos reunamos:\n\n• ")
    assert message.message_text.count("•") == 4
    offered = {int(each["value"]) for each in message.provider_metadata["choices"]}
    assert offered == set(held.values_list("pk", flat=True))


def test_a_meeting_without_free_hours_is_skipped(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime
) -> None:
    enrolment.enrol(campaign_of({"action": "schedule_meeting"}), ana, at=at)
    sweep(at)
    assert told(ana) == [(1, "skipped", "no_availability")]


def move_to(stage: str) -> dict[str, Any]:
    return {"action": "update_stage", "target_stage": stage, "message_text": ""}


def test_a_stage_step_moves_the_lead_as_the_system_with_the_campaigns_name(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime
) -> None:
    enrolment.enrol(campaign_of(move_to("seguimiento"), name="Reactivar"), ana, at=at)
    sweep(at.replace(hour=23))  # no message: the night does not matter
    ana.refresh_from_db()
    moved = StageTransition.objects.get()
    assert ana.pipeline_stage == "seguimiento"
    assert (moved.actor, moved.by, moved.event) == ("system", None, "campaign")
    assert moved.reason == "Campaña: Reactivar"
    assert told(ana) == [(1, "sent", "")]


@pytest.mark.parametrize(
    ("target", "reason"), [("ganado", "stage_not_allowed"), ("entrada", "already_there")]
)
def test_a_stage_that_the_graph_does_not_allow_is_skipped(
    campaign_of: Callable[..., Campaign], ana: Lead, target: str, reason: str, at: datetime
) -> None:
    enrolment.enrol(campaign_of(move_to(target)), ana, at=at)
    sweep(at)
    assert told(ana) == [(1, "skipped", reason)]


def test_a_message_step_on_the_call_channel_is_skipped(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime
) -> None:
    enrolment.enrol(campaign_of({"step_channel": "call"}), ana, at=at)
    sweep(at)
    assert told(ana) == [(1, "skipped", "no_message_channel")]


def test_due_steps_are_found_in_one_query(
    campaign: Campaign, prospect: Callable[..., Lead], at: datetime
) -> None:
    enrolment.enrol_all(campaign, [prospect().pk for _ in range(5)], at=at)
    with CaptureQueriesContext(connection) as queries:
        assert len(steps.due(at=at)) == 5
    assert len(queries) == 1


def test_a_step_costs_a_constant_number_of_queries(
    campaign: Campaign, prospect: Callable[..., Lead], at: datetime
) -> None:
    enrolment.enrol_all(campaign, [prospect().pk for _ in range(3)], at=at)
    costs = []
    for log_id in steps.due(at=at):
        with CaptureQueriesContext(connection) as queries:
            steps.run(log_id, at=at)
        costs.append(len(queries))
    assert len(set(costs)) == 1
