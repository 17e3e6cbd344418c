"""What each kind of step does once it may; the caller has asked and holds the step's row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from brokers.language import in_language_of
from campaigns import wording
from campaigns.dialling import key_of
from campaigns.models import CampaignLog, LogStatus, StepAction
from campaigns.readiness import channel_of
from crm.errors import Conflict
from leads import outbox, pipeline
from leads.enums import Author, Purpose
from leads.errors import StageNotAllowed
from leads.models import ChatMessage
from scheduling import availability, offers
from scheduling.models import AppointmentType
from scheduling.speech import spoken
from scheduling.tools import spread
from voice import calls
from voice.errors import CallRefused
from voice.models import CallPurpose

SOON = timedelta(minutes=5)
ASKS = "Tengo estas horas para que nos reunamos:"
CLOSES = "¿Cuál te acomoda?"


@dataclass(frozen=True)
class Result:
    """What came of a step; with a ``message`` its delivery decides, with ``until`` it runs again."""

    status: LogStatus = LogStatus.SENT
    reason: str = ""
    message: ChatMessage | None = None
    until: datetime | None = None


Action = Callable[[CampaignLog, str, datetime], Result]


def skipped(reason: str) -> Result:
    return Result(LogStatus.SKIPPED, reason)


def send_message(log: CampaignLog, text: str, at: datetime) -> Result:
    return _queued(log, text, at) if text else skipped("no_text")


def _queued(log: CampaignLog, text: str, at: datetime, **metadata: object) -> Result:
    template = wording.approved_template(log.step, log.lead)
    if template is not None:
        metadata["template"] = template
    message = outbox.queue(
        log.lead,
        text=text,
        author=Author.CAMPAIGN,
        purpose=Purpose.MARKETING,
        channel=channel_of(log.step),
        version=log.lead.conversation.version,
        idempotency_key=key_of(log),
        metadata={"campaign": log.campaign_id, **metadata},
        at=at,
    )
    return Result(LogStatus.CLAIMED, message=message)


def schedule_meeting(log: CampaignLog, text: str, at: datetime) -> Result:
    """Hold up to four hours and say which they are; the lead's answer books one."""
    lead, broker = log.lead, log.lead.broker
    if not broker.brokerpromptconfig.enable_appointment_booking:
        return skipped("booking_disabled")
    zone = availability.zone_of(broker)
    free = availability.free_slots(
        broker,
        start=at,
        end=at + availability.meeting(broker).horizon,
        at=at,
        appointment_type=AppointmentType.PROPERTY_VISIT,
        lead=lead,
    )
    made = offers.offer(lead, slots=spread(free, zone) if free else [], at=at)
    if not made:
        return skipped("no_availability")
    with in_language_of(broker):
        choices = [
            {
                "label": spoken(each.start_time, zone),
                "value": str(each.pk),
                "start": each.start_time.isoformat(),
                "kind": each.appointment_type,
            }
            for each in made
        ]
    return _queued(log, _with_hours(text, choices), at, choices=choices)


def _with_hours(text: str, choices: list[dict[str, str]]) -> str:
    lines = [f"• {each['label']}" for each in choices]
    return "\n".join([text or ASKS, "", *lines, "", CLOSES])


def update_stage(log: CampaignLog, text: str, at: datetime) -> Result:
    """Along the edges that people have: a person decided it when the campaign was set up."""
    target = log.step.target_stage or ""
    if log.lead.pipeline_stage == target:
        return skipped("already_there")
    reason = f"Campaña: {log.campaign.name}"[:300]
    try:
        pipeline.move(log.lead, to=target, by=None, reason=reason, event="campaign", at=at)
    except StageNotAllowed:
        return skipped("stage_not_allowed")
    except Conflict:
        return Result(LogStatus.DUE, "conflict", until=at + SOON)
    return Result()


def make_call(log: CampaignLog, text: str, at: datetime) -> Result:
    """The call is asked for; what comes of it is told by the call's own row."""
    key = key_of(log)
    try:
        calls.place(log.lead, purpose=CallPurpose.CAMPAIGN, intent_key=key, at=at)
    except CallRefused as refusal:
        if refusal.next_allowed_at is None:
            return skipped(refusal.reason)
        return Result(LogStatus.DUE, refusal.reason, until=refusal.next_allowed_at)
    return Result()


ACTIONS: dict[str, Action] = {
    StepAction.SEND_MESSAGE: send_message,
    StepAction.MAKE_CALL: make_call,
    StepAction.SCHEDULE_MEETING: schedule_meeting,
    StepAction.UPDATE_STAGE: update_stage,
}


def perform(log: CampaignLog, text: str, *, at: datetime) -> Result:
    return ACTIONS[log.step.action](log, text, at)
