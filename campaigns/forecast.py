"""A campaign run ahead on a virtual clock: the engine's own rules asked of everybody, nothing sent.

Nothing is foreseen of what leads do: nobody answers, books or asks to be left alone meanwhile.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

from campaigns import enrolment, readiness, triggers, wording
from campaigns.enrolment import Outcome
from campaigns.foresight import COLUMNS, YEAR, Foresight
from campaigns.models import (
    Campaign,
    CampaignEnrollment,
    CampaignForecast,
    CampaignLog,
    CampaignStatus,
    CampaignStep,
    EnrollmentState,
    Foreseen,
    LogStatus,
    StepAction,
    Trigger,
)
from leads import pipeline, scoring
from leads.models import Lead

MOST_LEADS = 50_000
MOST_TRIES = 400  # a year of days, and some: no rule puts off by less for longer
CALL_LENGTH = timedelta(minutes=2)

Note = Callable[[int, int], None]


@dataclass
class Run:
    """A lead on the way through the campaign: ``log`` is the step that is due next."""

    lead: Lead
    log: CampaignLog
    tries: int = 0
    delayed: str = ""


@dataclass(slots=True)
class Line:
    """One line of a forecast, by its columns: tens of thousands are made in a few seconds."""

    lead_id: int
    outcome: Foreseen
    step_id: int | None = None
    at: datetime | None = None
    day: date | None = None
    local_time: str = ""
    reason: str = ""
    delayed: str = ""
    conflict_id: int | None = None


@dataclass
class Outlook:
    """What a forecast found: its lines in the order of the clock, and the steps that they name."""

    steps: list[CampaignStep]
    lines: list[Line] = field(default_factory=list)
    entering: int = 0
    inside: int = 0
    left_out: int = 0


def foresee(forecast: CampaignForecast, *, call_length: timedelta, note: Note) -> Outlook:
    """Everything that will and will not happen from ``starts_at`` on; ``note`` hears of progress."""
    campaign, at = _as_if_active(forecast.campaign), forecast.starts_at
    steps = list(campaign.steps.select_related("message_template").order_by("step_number"))
    for step in steps:
        step.campaign = campaign
    outlook = Outlook(steps)
    running = _inside(campaign, steps, at)
    new = _coming(campaign, {run.lead.pk for run in running}, at)
    leads = [*(run.lead for run in running), *new]
    records = Foresight(campaign, leads, at=at)
    outlook.inside = len(running)
    runs = [*running, *_enter(campaign, steps, new, outlook, at)]
    Clock(records, outlook, call_length).turn(runs, note)
    return outlook


def _as_if_active(campaign: Campaign) -> Campaign:
    """The campaign as it would be, also where it is only planned."""
    planned: Campaign = Campaign.objects.select_related("broker").get(pk=campaign.pk)
    planned.status = CampaignStatus.ACTIVE
    return planned


def _inside(campaign: Campaign, steps: Sequence[CampaignStep], at: datetime) -> list[Run]:
    """Who is in it already, at the step that is due."""
    by_id = {step.pk: step for step in steps}
    waiting = CampaignLog.objects.filter(
        campaign=campaign, status=LogStatus.DUE, enrollment__state=EnrollmentState.ACTIVE
    )
    leads = Lead.objects.only(*COLUMNS).in_bulk(waiting.values_list("lead", flat=True))
    runs = []
    for log in waiting.select_related("enrollment").order_by("due_at", "pk"):
        log.campaign, log.step, log.lead = campaign, by_id[log.step_id], leads[log.lead_id]
        log.due_at = max(log.due_at, at)
        runs.append(Run(log.lead, log))
    return runs


def _coming(campaign: Campaign, inside: set[int], at: datetime) -> list[Lead]:
    """Whom it would meet, the best first as people choose them; who is inside is not new."""
    found = triggers.foreseen(campaign, at).only(*COLUMNS).order_by("-lead_score", "-pk")
    return [lead for lead in found[:MOST_LEADS] if lead.pk not in inside]


def _enter(
    campaign: Campaign,
    steps: Sequence[CampaignStep],
    new: Sequence[Lead],
    outlook: Outlook,
    at: datetime,
) -> Iterable[Run]:
    """Those who would be enrolled; the others get a line that says why not."""
    first, room = steps[0], enrolment.room(campaign)
    event, again = triggers.event_of(campaign), campaign.triggered_by != Trigger.MANUAL
    known = enrolment.runs_of(campaign, [lead.pk for lead in new])
    for lead in new:
        barred = known[lead.pk].bar(event, again=again)
        if barred or (room is not None and outlook.entering >= room):
            why = Outcome.ALREADY if barred else Outcome.FULL
            outlook.left_out += 1
            outlook.lines.append(Line(lead.pk, Foreseen.STAYS_OUT, reason=why.value))
            continue
        outlook.entering += 1
        run = CampaignEnrollment(
            campaign=campaign, lead=lead, broker_id=campaign.broker_id, enrolled_at=at
        )
        yield Run(lead, _log(run, campaign, first, lead, enrolment.due_after(first, at)))


def _log(
    run: CampaignEnrollment, campaign: Campaign, step: CampaignStep, lead: Lead, due_at: datetime
) -> CampaignLog:
    return CampaignLog(
        enrollment=run,
        campaign=campaign,
        step=step,
        lead=lead,
        broker_id=campaign.broker_id,
        due_at=due_at,
    )


class Clock:
    """Takes what is due in the order of time, so that each sees what came before it."""

    def __init__(
        self,
        records: Foresight,
        outlook: Outlook,
        call_length: timedelta,
    ) -> None:
        self.records, self.outlook, self.call_length = records, outlook, call_length
        self.horizon = records.at + YEAR
        self._following = dict(zip(outlook.steps, outlook.steps[1:], strict=False))
        self._lines_busy: list[datetime] = []  # until when each call that is under way lasts

    def turn(self, runs: Iterable[Run], note: Note) -> None:
        order = count()
        due = [(run.log.due_at, next(order), run) for run in runs]
        heapq.heapify(due)
        total, over = len(due), 0
        while due:
            at, _turn, run = heapq.heappop(due)
            following = self._take(run, at)
            if following is None:
                over += 1
                note(over, total)
            else:
                heapq.heappush(due, (following, next(order), run))

    def _take(self, run: Run, at: datetime) -> datetime | None:
        """What becomes of the step now; when the run is due again, or None where it is over."""
        verdict = readiness.judge(run.log, at=at, records=self.records)
        if verdict.go:
            return self._act(run, at)
        if verdict.until is not None:
            readiness.note_hold(run.log, verdict)
            return self._put_off(run, verdict.until, verdict.reason)
        self._skip(run, verdict.reason)
        return None if verdict.ends else self._go_on(run, at)

    def _put_off(self, run: Run, until: datetime, reason: str) -> datetime | None:
        run.tries += 1
        run.delayed = run.delayed or reason
        if run.tries > MOST_TRIES or until > self.horizon:
            self._skip(run, "too_far")
            return None
        return until

    def _act(self, run: Run, at: datetime) -> datetime | None:
        step, lead = run.log.step, run.lead
        if step.action == StepAction.MAKE_CALL:
            while self._lines_busy and self._lines_busy[0] <= at:
                heapq.heappop(self._lines_busy)
            refusal = self.records.refuses_call(lead, at, calling=len(self._lines_busy))
            if refusal is not None and refusal.next_allowed_at is not None:
                return self._put_off(run, refusal.next_allowed_at, refusal.reason)
            if refusal is not None:
                self._skip(run, refusal.reason)
                return self._go_on(run, at)
        elif lack := self._lack(step, lead, at):
            self._skip(run, lack)
            return self._go_on(run, at)
        self._do(run, at)
        return self._go_on(run, at)

    def _lack(self, step: CampaignStep, lead: Lead, at: datetime) -> str:
        """What an action finds missing once it may run; texts are written by nobody here."""
        if step.action == StepAction.SEND_MESSAGE:
            return "" if wording.source(step).strip() else "no_text"
        if step.action == StepAction.UPDATE_STAGE:
            if lead.pipeline_stage == step.target_stage:
                return "already_there"
            return "" if pipeline.may_move(lead, step.target_stage or "") else "stage_not_allowed"
        if not self.records.broker.brokerpromptconfig.enable_appointment_booking:
            return "booking_disabled"
        return "" if self.records.has_hours(at) else "no_availability"

    def _do(self, run: Run, at: datetime) -> None:
        step, lead, other = run.log.step, run.lead, None
        if step.action == StepAction.UPDATE_STAGE:
            _imagine_in(lead, step.target_stage or "", self.records)
        else:
            other = self.records.other_campaign(lead, at)
            self.records.add_contact(lead, at)
        if step.action == StepAction.MAKE_CALL:
            self.records.add_call(lead, at)
            heapq.heappush(self._lines_busy, at + self.call_length)
        local = at.astimezone(readiness.zone_of(lead))
        shown = local.isoformat(timespec="minutes")
        self.outlook.lines.append(
            Line(
                lead.pk,
                Foreseen.WILL_RUN,
                step.pk,
                at,
                local.date(),
                shown,
                delayed=run.delayed,
                conflict_id=other,
            )
        )

    def _skip(self, run: Run, reason: str) -> None:
        line = Line(run.lead.pk, Foreseen.WILL_NOT, run.log.step_id, reason=reason)
        line.delayed = run.delayed
        self.outlook.lines.append(line)

    def _go_on(self, run: Run, at: datetime) -> datetime | None:
        """The next step falls due as the engine would have it; None where there is none."""
        following = self._following.get(run.log.step)
        if following is None:
            return None
        run.log.step, run.log.holds = following, 0
        run.log.due_at = enrolment.due_after(following, at)
        run.tries, run.delayed = 0, ""
        return run.log.due_at


def _imagine_in(lead: Lead, stage: str, records: Foresight) -> None:
    """The lead as it would be after the move; in memory, and never saved."""
    config = records.broker.brokerleadconfig
    vars(lead)["pipeline_stage"] = stage
    vars(lead)["status"] = scoring.status_for(stage, lead.lead_score, config)
