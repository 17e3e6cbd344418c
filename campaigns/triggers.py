"""What brings leads into campaigns by itself: a score crossed, a stage entered, a long silence."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from campaigns import enrolment
from campaigns.enrolment import Outcome
from campaigns.models import (
    Campaign,
    CampaignChannel,
    CampaignEnrollment,
    CampaignStatus,
    StepAction,
    Trigger,
)
from crm import rowsecurity
from leads.models import ActivityLog, ChannelIdentity, Lead, StageTransition
from leads.stages import Treatment

LOOK_BACK = timedelta(hours=1)
BATCH = enrolment.BATCH
LEFT_ALONE = (Treatment.HOLD, Treatment.MANUAL_FOLLOW_UP)


def score_changed(
    lead_id: int, *, broker_id: int, before: float, after: float, at: datetime
) -> int:
    """Enrol a lead whose score crossed a campaign's mark upward, once for each mark."""
    enrolled = 0
    for campaign in _listening(Trigger.LEAD_SCORE, broker_id=broker_id):
        mark = campaign.trigger_condition["score"]
        if before < mark <= after:
            enrolled += _enrol(campaign, {lead_id: _crossed(mark)}, at)
    return enrolled


def _crossed(mark: float) -> str:
    return f"score:{mark:g}"


def stage_changed(transition_id: int, *, at: datetime) -> int:
    """Enrol the lead of a transition into the campaigns of the stage it entered."""
    transition = StageTransition.objects.filter(pk=transition_id).first()
    if transition is None:
        return 0
    listening = _listening(Trigger.STAGE_CHANGE, broker_id=transition.broker_id)
    event = {transition.lead_id: _entered(transition.pk)}
    return sum(
        _enrol(campaign, event, at)
        for campaign in listening.filter(trigger_condition__stage=transition.to_stage)
    )


def _entered(transition_id: int) -> str:
    return f"stage:{transition_id}"


def catch_up(*, at: datetime) -> int:
    """Crossings and transitions of the last hour whose task was lost with the queue."""
    enrolled = 0
    for trigger, missed in MISSED.items():
        for campaign in _listening(trigger).filter(activated_at__isnull=False):
            since = at - LOOK_BACK
            with rowsecurity.of(campaign.broker_id):
                found = missed(campaign, max(campaign.activated_at or since, since))
                enrolled += _enrol(campaign, found, at)
    return enrolled


def _missed_transitions(campaign: Campaign, since: datetime) -> dict[int, str]:
    rows = StageTransition.objects.filter(
        broker=campaign.broker_id, at__gte=since, to_stage=campaign.trigger_condition["stage"]
    )
    found = {lead: _entered(pk) for pk, lead in rows.order_by("pk").values_list("pk", "lead")}
    return _unseen(campaign, found)


def _missed_crossings(campaign: Campaign, since: datetime) -> dict[int, str]:
    mark = campaign.trigger_condition["score"]
    rows = ActivityLog.objects.filter(
        broker=campaign.broker_id,
        action_type="score_changed",
        timestamp__gte=since,
        details__before__lt=mark,
        details__total__gte=mark,
    ).exclude(details__bulk=True)
    return _unseen(campaign, {lead: _crossed(mark) for lead in rows.values_list("lead", flat=True)})


MISSED: dict[Trigger, Callable[[Campaign, datetime], dict[int, str]]] = {
    Trigger.STAGE_CHANGE: _missed_transitions,
    Trigger.LEAD_SCORE: _missed_crossings,
}


def _unseen(campaign: Campaign, found: dict[int, str]) -> dict[int, str]:
    known = CampaignEnrollment.objects.filter(campaign=campaign, lead__in=found)
    seen = set(known.values_list("lead", "trigger_key"))
    return {lead: event for lead, event in found.items() if (lead, event) not in seen}


def inactivity(*, at: datetime) -> int:
    """Enrol everybody who has been silent for a campaign's days, once for each silence."""
    return sum(_enrol_silent(campaign, at) for campaign in _listening(Trigger.INACTIVITY))


def _enrol_silent(campaign: Campaign, at: datetime) -> int:
    with rowsecurity.of(campaign.broker_id):
        return _enrol_batches(campaign, at)


def _enrol_batches(campaign: Campaign, at: datetime) -> int:
    enrolled = 0
    for events in _silent(campaign, at):
        outcomes = enrolment.enrol_all(campaign, list(events), at=at, events=events)
        enrolled += _count(outcomes)
        if Outcome.FULL in outcomes.values() or Outcome.NOT_ACTIVE in outcomes.values():
            break
    return enrolled


def _silent(campaign: Campaign, at: datetime) -> Iterator[dict[int, str]]:
    """Batches over the whole broker by id, so that each is one short walk of an index."""
    silent: QuerySet[Any] = _silent_leads(campaign, at).order_by("pk")
    last = 0
    while rows := list(silent.filter(pk__gt=last).values_list("pk", "heard")[:BATCH]):
        last = rows[-1][0]
        yield {pk: f"silence:{heard or 0}" for pk, heard in rows}


def _silent_leads(campaign: Campaign, at: datetime) -> QuerySet[Lead]:
    since = at - timedelta(days=campaign.trigger_condition["days"])
    leads = _audience(campaign).annotate(
        silent_since=Coalesce("conversation__last_inbound_at", "created_at"),
        heard=F("conversation__last_inbound_id"),
    )
    met = CampaignEnrollment.objects.filter(
        campaign=campaign, lead=OuterRef("pk"), enrolled_at__gte=OuterRef("silent_since")
    )
    return leads.filter(~Exists(met), silent_since__lte=since)


def foreseen(campaign: Campaign, at: datetime) -> QuerySet[Lead]:
    """Whom the campaign would meet as things stand: who is silent, in the stage, at the mark.

    A manual one meets whom a person chooses, so every open lead.
    """
    asked = campaign.trigger_condition
    if campaign.triggered_by == Trigger.INACTIVITY:
        return _silent_leads(campaign, at)
    if campaign.triggered_by == Trigger.STAGE_CHANGE:
        return _audience(campaign).filter(pipeline_stage=asked["stage"])
    if campaign.triggered_by == Trigger.LEAD_SCORE:
        return _audience(campaign).filter(lead_score__gte=asked["score"])
    everybody: QuerySet[Lead] = Lead.objects.living().open().filter(broker=campaign.broker_id)
    return everybody


def event_of(campaign: Campaign) -> str:
    """What enrols anybody at most once, where that is the same for all."""
    if campaign.triggered_by != Trigger.LEAD_SCORE:
        return ""
    return _crossed(campaign.trigger_condition["score"])


def _listening(trigger: Trigger, **which: Any) -> QuerySet[Campaign]:
    rows: QuerySet[Campaign] = Campaign.objects.filter(
        status=CampaignStatus.ACTIVE, triggered_by=trigger, broker__is_active=True, **which
    )
    return rows.order_by("pk")


def _enrol(campaign: Campaign, events: dict[int, str], at: datetime) -> int:
    found = _audience(campaign).filter(pk__in=events).values_list("pk", flat=True)
    outcomes = enrolment.enrol_all(campaign, list(found), at=at, events=events)
    return _count(outcomes)


def _count(outcomes: dict[int, Outcome]) -> int:
    return sum(outcome == Outcome.ENROLLED for outcome in outcomes.values())


def _audience(campaign: Campaign) -> QuerySet[Lead]:
    """Open leads whom at least one step can reach; the others would only use up places."""
    leads = Lead.objects.living().open().filter(broker=campaign.broker_id)
    leads = leads.exclude(treatment_type__in=LEFT_ALONE)
    steps = campaign.steps.values_list("action", "step_channel")
    reach = Q()
    for action, channel in set(steps):
        if action == StepAction.UPDATE_STAGE:
            return leads
        reach |= _reachable(_medium(action, channel or campaign.channel))
    return leads.filter(reach) if reach else leads.none()


def _medium(action: str, channel: str) -> str:
    return CampaignChannel.CALL if action == StepAction.MAKE_CALL else channel


def _reachable(medium: str) -> Q:
    if medium == CampaignChannel.CALL:
        return Q(phone_e164__isnull=False)
    if medium == CampaignChannel.EMAIL:
        return Q(email__gt="")
    on_channel = ChannelIdentity.objects.filter(
        lead=OuterRef("pk"), channel=medium, blocked_at__isnull=True
    )
    return Q(Exists(on_channel))
