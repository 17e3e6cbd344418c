"""The one door of an enrolment's state: who comes in, why they leave, when they are through.

Locks are taken in one order everywhere: campaign, enrolment, log, lead, message.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from campaigns import dialling, ledger
from campaigns.models import (
    Campaign,
    CampaignEnrollment,
    CampaignLog,
    CampaignStatus,
    CampaignStep,
    EnrollmentState,
    LogStatus,
)
from leads import delivery
from leads.activity import log as log_activity
from leads.enums import Actor
from leads.models import Lead

BATCH = 200


class Outcome(StrEnum):
    ENROLLED = "enrolled"
    ALREADY = "already_enrolled"  # is inside, or this event has enrolled the lead before
    FULL = "max_contacts"
    CLOSED = "stage_closed"  # won, lost, merged or gone
    NOT_ACTIVE = "campaign_not_active"


@dataclass
class Runs:
    """A lead's runs through one campaign so far."""

    last: int = 0
    active: bool = False
    events: set[str] = field(default_factory=set)

    def bar(self, event: str, *, again: bool) -> bool:
        """An event enrols once; without one, only who was never in, unless ``again``."""
        if self.active or event in self.events:
            return True
        return not event and not again and self.last > 0


def enrol(
    campaign: Campaign,
    lead: Lead,
    *,
    at: datetime,
    event: str = "",
    by: Any = None,
    again: bool = False,
) -> Outcome:
    return enrol_all(campaign, [lead.pk], at=at, events={lead.pk: event}, by=by, again=again)[
        lead.pk
    ]


def enrol_all(
    campaign: Campaign,
    lead_ids: Sequence[int],
    *,
    at: datetime,
    events: Mapping[int, str] | None = None,
    by: Any = None,
    again: bool = False,
) -> dict[int, Outcome]:
    """Enrol leads of the campaign's broker, each at most once per rotation and event.

    ``events`` names what enrols each lead; the same event never enrols the same lead again.
    """
    outcomes: dict[int, Outcome] = {}
    asked = list(dict.fromkeys(lead_ids))
    for start in range(0, len(asked), BATCH):
        ids = asked[start : start + BATCH]
        outcomes |= _enrol_batch(campaign, ids, events or {}, at, by, again)
    return outcomes


@transaction.atomic
def _enrol_batch(
    campaign: Campaign,
    ids: Sequence[int],
    events: Mapping[int, str],
    at: datetime,
    by: Any,
    again: bool,
) -> dict[int, Outcome]:
    # The campaign's row makes the count exact: one batch of a campaign at a time.
    campaign = locked_campaign(campaign.pk)
    first = campaign.steps.order_by("step_number").first()
    if campaign.status != CampaignStatus.ACTIVE or first is None:
        return dict.fromkeys(ids, Outcome.NOT_ACTIVE)
    leads = Lead.objects.living().open().filter(broker=campaign.broker_id).in_bulk(ids)
    runs, free = runs_of(campaign, ids), room(campaign)
    outcomes: dict[int, Outcome] = {}
    chosen: list[CampaignEnrollment] = []
    for pk in ids:
        if pk not in leads:
            outcomes[pk] = Outcome.CLOSED
        elif runs[pk].bar(events.get(pk, ""), again=again):
            outcomes[pk] = Outcome.ALREADY
        elif free is not None and len(chosen) >= free:
            outcomes[pk] = Outcome.FULL
        else:
            outcomes[pk] = Outcome.ENROLLED
            chosen.append(_run_of(campaign, leads[pk], runs[pk], events.get(pk, ""), at))
    if chosen:
        _store(campaign, first, chosen, at, by)
    return outcomes


def locked_campaign(pk: int) -> Campaign:
    rows = Campaign.objects.select_for_update(no_key=True, of=("self",)).select_related("broker")
    campaign: Campaign = rows.get(pk=pk)
    return campaign


def room(campaign: Campaign) -> int | None:
    limit = campaign.max_contacts
    return None if limit is None else max(limit - campaign.contacts_made, 0)


def runs_of(campaign: Campaign, ids: Sequence[int]) -> dict[int, Runs]:
    runs: dict[int, Runs] = defaultdict(Runs)
    for row in CampaignEnrollment.objects.filter(campaign=campaign, lead__in=ids):
        run = runs[row.lead_id]
        run.last = max(run.last, row.rotation)
        run.active = run.active or row.state == EnrollmentState.ACTIVE
        run.events |= {row.trigger_key} - {""}
    return runs


def _run_of(
    campaign: Campaign, lead: Lead, runs: Runs, event: str, at: datetime
) -> CampaignEnrollment:
    return CampaignEnrollment(
        broker_id=campaign.broker_id,
        campaign=campaign,
        lead=lead,
        rotation=runs.last + 1,
        enrolled_at=at,
        trigger_key=event,
    )


def _store(
    campaign: Campaign,
    first: CampaignStep,
    chosen: list[CampaignEnrollment],
    at: datetime,
    by: Any,
) -> None:
    stored = CampaignEnrollment.objects.bulk_create(chosen)
    CampaignLog.objects.bulk_create(_due(run, first, at) for run in stored)
    Campaign.objects.filter(pk=campaign.pk).update(
        contacts_made=F("contacts_made") + len(stored), updated_at=at
    )
    for run in stored:
        _tell(run, "campaign_enrolled", at, by, event=run.trigger_key)
    ledger.write((run.lead_id for run in stored), at=at)


def _due(run: CampaignEnrollment, step: CampaignStep, at: datetime) -> CampaignLog:
    return CampaignLog(
        broker_id=run.broker_id,
        lead_id=run.lead_id,
        enrollment=run,
        campaign_id=run.campaign_id,
        step=step,
        due_at=due_after(step, at),
    )


def due_after(step: CampaignStep, at: datetime) -> datetime:
    """When a step falls due whose predecessor, or the enrolment, was at this moment."""
    return at + timedelta(hours=step.delay_hours)


def _tell(run: CampaignEnrollment, action: str, at: datetime, by: Any, **details: Any) -> None:
    actor = Actor.SYSTEM if by is None else Actor.HUMAN
    named = {"campaign": run.campaign.name, "campaign_id": run.campaign_id, **details}
    log_activity(run.lead, action, actor=actor, at=at, user=by, **named)


def go_on(run: CampaignEnrollment, *, after: CampaignStep, at: datetime) -> None:
    """A step is settled: the next one falls due after its delay, or the lead is through.

    The caller holds the enrolment's row.
    """
    if run.state != EnrollmentState.ACTIVE:
        return
    ahead = CampaignStep.objects.filter(campaign=run.campaign_id, step_number__gt=after.step_number)
    following = ahead.order_by("step_number").first()
    if following is not None:
        CampaignLog.objects.bulk_create([_due(run, following, at)], ignore_conflicts=True)
        return
    _write(run, EnrollmentState.FINISHED, "completed", at)
    _tell(run, "campaign_finished", at, None)


def _write(run: CampaignEnrollment, state: EnrollmentState, reason: str, at: datetime) -> None:
    run.state, run.reason = state, reason
    run.save(update_fields=["state", "reason", "updated_at"])


def stop(which: Q, *, reason: str, at: datetime, by: Any = None) -> int:
    """Take leads out of their campaigns: what was due is skipped, what waits is withdrawn."""
    stopped = 0
    while batch := _stop_batch(which, reason, at, by):
        stopped += batch
    return stopped


@transaction.atomic
def resume(run_ids: Sequence[int], *, reason: str, at: datetime) -> None:
    """Let runs go on that were stopped for ``reason``: their skipped steps are due again.

    A call that was withdrawn is not placed a second time: its run goes on behind it.
    """
    stopped = CampaignEnrollment.objects.filter(state=EnrollmentState.STOPPED, reason=reason)
    locked = stopped.filter(pk__in=run_ids).exclude(campaign__status=CampaignStatus.FINISHED)
    for run in locked.select_for_update(of=("self",), no_key=True).select_related("campaign"):
        _write(run, EnrollmentState.ACTIVE, "", at)
        _tell(run, "campaign_resumed", at, None)
        skipped = CampaignLog.objects.filter(
            enrollment=run, status=LogStatus.SKIPPED, reason=reason
        )
        for log in skipped.select_related("step").order_by("pk"):
            if dialling.was_withdrawn(log):
                go_on(run, after=log.step, at=at)
            else:
                _due_again(log, at)


def _due_again(log: CampaignLog, at: datetime) -> None:
    CampaignLog.objects.filter(pk=log.pk).update(
        status=LogStatus.DUE, reason="", executed_at=None, message=None, updated_at=at
    )


@transaction.atomic
def _stop_batch(which: Q, reason: str, at: datetime, by: Any) -> int:
    active = CampaignEnrollment.objects.filter(which, state=EnrollmentState.ACTIVE)
    locked = active.select_for_update(of=("self",), no_key=True)
    runs = list(locked.select_related("lead", "campaign").order_by("pk")[:BATCH])
    if not runs:
        return 0
    CampaignEnrollment.objects.filter(pk__in=[run.pk for run in runs]).update(
        state=EnrollmentState.STOPPED, reason=reason, updated_at=at
    )
    _skip_open(runs, reason, at)
    for run in runs:
        _tell(run, "campaign_stopped", at, by, reason=reason)
    ledger.write((run.lead_id for run in runs), at=at)
    return len(runs)


def _skip_open(runs: list[CampaignEnrollment], reason: str, at: datetime) -> None:
    """A message that is on its way by now still tells its own end."""
    mine = CampaignLog.objects.filter(enrollment__in=runs, status__in=ledger.OPEN)
    logs = list(mine.select_for_update(of=("self",)).order_by("pk"))
    taken = withdraw(logs, reason=reason, at=at)
    dialling.withdraw(Q(enrollment__in=runs), reason=reason, at=at)
    skipped = [log.pk for log in logs if log.status == LogStatus.DUE or log.message_id in taken]
    CampaignLog.objects.filter(pk__in=skipped).update(
        status=LogStatus.SKIPPED, reason=reason, executed_at=at, claimed_until=None, updated_at=at
    )


def withdraw(logs: Sequence[CampaignLog], *, reason: str, at: datetime) -> set[int]:
    """Hold back the messages of these locked rows; the ids of those that will never leave."""
    waiting = [log for log in logs if log.message_id is not None]
    if not waiting:
        return set()
    # The lead before its messages, as an opt-out has them: two orders would meet head-on.
    leads = Lead.objects.filter(pk__in={log.lead_id for log in waiting}).order_by("pk")
    list(leads.select_for_update(no_key=True).values_list("pk"))
    messages = [log.message_id for log in waiting if log.message_id is not None]
    return delivery.take_back(messages, reason=reason, at=at)
