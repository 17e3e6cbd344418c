"""Whether a step may run at this moment, asked right before it does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns import conditions
from campaigns.models import (
    CampaignChannel,
    CampaignLog,
    CampaignStatus,
    CampaignStep,
    EnrollmentState,
    StepAction,
)
from leads import gate
from leads.enums import Purpose
from leads.models import Lead
from leads.stages import Stage

HELD = "held_by_person"
MOST_HOLDS = 3


@dataclass(frozen=True)
class Verdict:
    """``until`` is when to ask again, ``ends`` why the whole enrolment is over; else a skip.

    ``waits`` leaves the row due as it was.
    """

    go: bool = False
    reason: str = ""
    until: datetime | None = None
    ends: str = ""
    waits: bool = False


GO = Verdict(go=True)


def judge(log: CampaignLog, *, at: datetime, records: gate.Records = gate.STORED) -> Verdict:
    """Ask everything, in order; the first refusal stands. What is asked of may not be stored."""
    checks: list[Callable[[CampaignLog, datetime, gate.Records], Verdict]] = [_running, _open]
    if log.step.action != StepAction.UPDATE_STAGE:
        checks += [_allowed, _in_window]
    for check in (*checks, _fits):
        verdict = check(log, at, records)
        if not verdict.go:
            return verdict
    return GO


def _running(log: CampaignLog, at: datetime, records: gate.Records) -> Verdict:
    if log.enrollment.state != EnrollmentState.ACTIVE:
        return Verdict(reason=log.enrollment.reason)
    if log.campaign.status != CampaignStatus.ACTIVE:
        return Verdict(reason="campaign_paused", waits=True)
    return GO


def _open(log: CampaignLog, at: datetime, records: gate.Records) -> Verdict:
    lead = log.lead
    if lead.merged_into_id is not None:
        return Verdict(reason="merged", ends="merged")
    if Stage(lead.pipeline_stage).is_closed:
        ending = "won" if lead.pipeline_stage == Stage.WON else "lost"
        return Verdict(reason=ending, ends=ending)
    return GO


def channel_of(step: CampaignStep) -> str:
    return step.step_channel or step.campaign.channel


def _allowed(log: CampaignLog, at: datetime, records: gate.Records) -> Verdict:
    """The gate, and with it the microphone."""
    step, lead = log.step, log.lead
    if step.action == StepAction.MAKE_CALL:
        answer = gate.may_call(lead, at, records=records)
    elif channel_of(step) == CampaignChannel.CALL:
        return Verdict(reason="no_message_channel")
    else:
        answer = gate.may_contact(
            lead,
            channel_of(step),
            Purpose.MARKETING,
            at,
            template_approved=has_approval(step),
            records=records,
        )
    return GO if answer.allowed else _refused(log, answer)


def has_approval(step: CampaignStep) -> bool:
    template = step.message_template
    return template is not None and template.opens_window


def note_hold(log: CampaignLog, verdict: Verdict) -> None:
    """A person has the lead: it is put off a few times, then skipped."""
    log.holds += verdict.reason == HELD


def _refused(log: CampaignLog, answer: gate.Verdict) -> Verdict:
    asked = (
        CampaignChannel.CALL if log.step.action == StepAction.MAKE_CALL else channel_of(log.step)
    )
    own_channel = asked == log.campaign.channel
    if answer.reason == "suppressed" and own_channel:
        return Verdict(reason="suppressed", ends="opted_out")
    if answer.reason == HELD and log.holds >= MOST_HOLDS:
        return Verdict(reason=HELD)
    return Verdict(reason=answer.reason, until=answer.next_allowed_at)


def _fits(log: CampaignLog, at: datetime, records: gate.Records) -> Verdict:
    latest = log.lead.conversation.last_inbound_at
    replied = latest is not None and latest > log.enrollment.enrolled_at
    missed = conditions.unmet(log.lead, log.step.conditions, replied=replied)
    return Verdict(reason="conditions_not_met") if missed else GO


def _in_window(log: CampaignLog, at: datetime, records: gate.Records) -> Verdict:
    start, end = log.step.window_start, log.step.window_end
    opening = next_opening(start or time.min, end or time.max, zone_of(log.lead), at)
    return GO if opening == at else Verdict(reason="outside_window", until=opening)


def zone_of(lead: Lead) -> ZoneInfo:
    return ZoneInfo(lead.timezone or lead.broker.timezone)


def next_opening(start: time, end: time, zone: ZoneInfo, at: datetime) -> datetime:
    """``at`` itself within the hours from ``start`` to ``end``, which may span midnight."""
    local = at.astimezone(zone)
    clock = local.time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    if inside:
        return at
    day = local.date() if clock < start else local.date() + timedelta(days=1)
    opening = datetime.combine(day, start, zone)
    # A wall-clock time that the change of clocks skips is read as the first one after it.
    return opening.astimezone(ZoneInfo("UTC")).astimezone(zone)
