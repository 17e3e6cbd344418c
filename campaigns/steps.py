"""The steps of campaigns as rows that fall due: claimed once, run once, settled by their outcome.

A claimed row without a message belongs to the worker that holds its lease; one with a message
waits for that message's delivery.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from campaigns import actions, dialling, enrolment, ledger, readiness, wording
from campaigns.actions import Result
from campaigns.models import CampaignEnrollment, CampaignLog, LogStatus, StepAction
from campaigns.readiness import HELD, Verdict
from crm import connections
from crm.queues import in_turn
from leads import activity, delivery
from leads.enums import NEVER_LEFT, Actor, Delivery
from leads.models import ChatMessage

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 5
BATCH = 500
TALKS = (StepAction.SEND_MESSAGE, StepAction.SCHEDULE_MEETING)
MOVED_ON = "conversation_moved_on"
TAKEN_OVER = ("person_took_over", MOVED_ON, HELD)


def due(*, at: datetime, limit: int = BATCH) -> list[int]:
    """Steps that should run by now and that nobody has."""
    return list(in_turn(owed(at), "due_at", "pk").values_list("pk", flat=True)[:limit])


def owed(at: datetime) -> QuerySet[CampaignLog]:
    return ledger.coming().filter(
        status=LogStatus.DUE, due_at__lte=at, campaign__broker__is_active=True
    )


def run(log_id: int, *, at: datetime) -> LogStatus | None:
    """Run one step that is due; None when it is not ours to run."""
    unanswered = CampaignLog.objects.filter(
        pk=log_id, status=LogStatus.CLAIMED, claimed_until=at + LEASE, message=None
    )
    connections.claimed(
        lambda: unanswered.update(
            status=LogStatus.DUE, claimed_until=None, attempts=F("attempts") - 1
        )
    )
    lease = _claim(log_id, at)
    if lease is None:
        return None
    return _conclude(log_id, lease, _draft(log_id, at), at)


@dataclass(frozen=True)
class Draft:
    """What a step will say, and the conversation's version that it was written for."""

    text: str
    version: int


@transaction.atomic
def _claim(log_id: int, at: datetime) -> datetime | None:
    """Take a row that nobody holds; the lease's end tells its holder from any later one."""
    free = CampaignLog.objects.filter(pk=log_id, status=LogStatus.DUE, due_at__lte=at)
    log = free.select_for_update(skip_locked=True, of=("self",)).first()
    if log is None:
        return None
    log.status, log.claimed_until, log.attempts = LogStatus.CLAIMED, at + LEASE, log.attempts + 1
    log.save(update_fields=["status", "claimed_until", "attempts", "updated_at"])
    lease: datetime = log.claimed_until
    return lease


def _draft(log_id: int, at: datetime) -> Draft:
    log = _read(log_id)
    return Draft(_text(log, at), log.lead.conversation.version)


def _text(log: CampaignLog, at: datetime) -> str:
    """What the step will say; a model is asked only when the step may run."""
    if log.step.action not in TALKS:
        return ""
    if log.step.use_ai_message and not readiness.judge(log, at=at).go:
        return ""
    return wording.compose(log, at=at)


def _read(log_id: int) -> CampaignLog:
    row: CampaignLog = CampaignLog.objects.select_related(
        "campaign",
        "enrollment",
        "step__message_template",
        "step__campaign",
        "message",
        "lead__conversation",
        "lead__assigned_to",
        "lead__broker__brokerleadconfig",
        "lead__broker__brokerchatconfig",
        "lead__broker__brokerpromptconfig",
    ).get(pk=log_id)
    return row


def _lock(log_id: int) -> CampaignLog:
    """The row with everything around it, locked in the order that every door keeps."""
    known = CampaignLog.objects.values("campaign", "enrollment").get(pk=log_id)
    enrolment.locked_campaign(known["campaign"])
    runs = CampaignEnrollment.objects.select_for_update(no_key=True)
    runs.get(pk=known["enrollment"])
    CampaignLog.objects.select_for_update(no_key=True).get(pk=log_id)
    return _read(log_id)


@transaction.atomic
def _conclude(log_id: int, lease: datetime, draft: Draft, at: datetime) -> LogStatus | None:
    """Ask for the last time and act, in one breath with what is written about it."""
    log = _lock(log_id)
    if log.status != LogStatus.CLAIMED or log.claimed_until != lease:
        return None
    verdict = readiness.judge(log, at=at)
    if verdict.go and draft.version != log.lead.conversation.version:
        _start_over(log, at)
    elif verdict.go:
        _take_result(log, actions.perform(log, draft.text, at=at), at)
    else:
        _refuse(log, verdict, at)
    ledger.write([log.lead_id], at=at)
    return LogStatus(log.status)


def _start_over(log: CampaignLog, at: datetime) -> None:
    """A person had the conversation while the text was written: it is written anew."""
    _tell(log, "draft_discarded", MOVED_ON, at)
    _put_off(log, at, MOVED_ON)


def _tell(log: CampaignLog, event: str, reason: str, at: datetime) -> None:
    told = {"campaign": log.campaign.name, "reason": reason}
    activity.log(log.lead, event, actor=Actor.SYSTEM, at=at, **told)


def _refuse(log: CampaignLog, verdict: Verdict, at: datetime) -> None:
    """No message was made: the step waits, or is skipped with its reason."""
    if verdict.waits:
        _put_off(log, log.due_at, verdict.reason)
    elif verdict.until is not None:
        readiness.note_hold(log, verdict)
        if verdict.reason == HELD and log.reason not in TAKEN_OVER:
            _tell(log, "campaign_step_held", HELD, at)
        _put_off(log, verdict.until, verdict.reason)
    else:
        if verdict.reason == HELD:
            _tell(log, "campaign_step_skipped", HELD, at)
        _settle(log, LogStatus.SKIPPED, verdict.reason, at, ends=verdict.ends)


def _take_result(log: CampaignLog, result: Result, at: datetime) -> None:
    if result.message is not None:
        log.message = result.message
        log.save(update_fields=["message", "updated_at"])
    elif result.until is not None:
        _put_off(log, result.until, result.reason)
    else:
        _settle(log, result.status, result.reason, at)


def _put_off(log: CampaignLog, until: datetime, reason: str) -> None:
    log.status, log.due_at, log.reason = LogStatus.DUE, until, reason
    log.claimed_until, log.attempts, log.message = None, 0, None
    log.save()


def _settle(
    log: CampaignLog, status: LogStatus, reason: str, at: datetime, *, ends: str = ""
) -> None:
    """The step is done with; the enrolment goes on to the next one, or ends."""
    log.status, log.reason, log.executed_at, log.claimed_until = status, reason, at, None
    log.save(update_fields=["status", "reason", "executed_at", "claimed_until", "updated_at"])
    if ends:
        enrolment.stop(Q(pk=log.enrollment_id), reason=ends, at=at)
    else:
        enrolment.go_on(log.enrollment, after=log.step, at=at)


# --- What became of them -------------------------------------------------------------------------


def reconcile(*, at: datetime) -> int:
    """Settle steps whose message has come to an end, and those whose worker died."""
    arrived = Q(message__status__in=[*delivery.VISIBLE, *NEVER_LEFT])
    abandoned = Q(message__isnull=True, claimed_until__lt=at)
    claimed = CampaignLog.objects.filter(
        arrived | abandoned, status=LogStatus.CLAIMED, due_at__lte=at
    )
    ids = list(claimed.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return sum(_reconcile(log_id, at) for log_id in ids)


@transaction.atomic
def _reconcile(log_id: int, at: datetime) -> bool:
    log = _lock(log_id)
    if log.status != LogStatus.CLAIMED:
        return False
    log.message = log.message or _message_of(log)
    if log.message is not None:
        _follow_message(log, log.message, at)
    elif log.claimed_until is not None and log.claimed_until < at:
        _recover(log, at)
    ledger.write([log.lead_id], at=at)
    return True


def _message_of(log: CampaignLog) -> ChatMessage | None:
    return ChatMessage.objects.filter(
        broker_id=log.broker_id, idempotency_key=dialling.key_of(log)
    ).first()


def _recover(log: CampaignLog, at: datetime) -> None:
    """The worker died before it made anything: the step may run again, but not for ever."""
    if log.attempts >= MAX_ATTEMPTS:
        logger.error("step %s gave up after %s attempts", log.pk, log.attempts)
        _settle(log, LogStatus.FAILED, "gave_up", at)
        return
    log.status, log.claimed_until = LogStatus.DUE, None
    log.save(update_fields=["status", "claimed_until", "updated_at"])


def _follow_message(log: CampaignLog, message: ChatMessage, at: datetime) -> None:
    if message.status in delivery.VISIBLE:
        _settle(log, LogStatus.SENT, "", at)
    elif message.status == Delivery.FAILED:
        _settle(log, LogStatus.FAILED, message.reason, at)
    elif message.status != Delivery.BLOCKED:
        log.save(update_fields=["message", "updated_at"])
    elif message.reason in TAKEN_OVER:
        delivery.take_back([message.pk], reason=message.reason, at=at)
        _put_off(log, at, message.reason)
    else:
        ends = "opted_out" if message.reason in ("opted_out", "suppressed") else ""
        _settle(log, LogStatus.SKIPPED, message.reason, at, ends=ends)
