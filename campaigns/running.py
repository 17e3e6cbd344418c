"""The one door of a campaign's status: activated, paused, finished, deleted while untouched."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns import dialling, enrolment, ledger
from campaigns.enrolment import locked_campaign
from campaigns.errors import CannotActivate, HasHistory, Incomplete, NotActive
from campaigns.models import (
    Campaign,
    CampaignChannel,
    CampaignLog,
    CampaignStatus,
    CampaignStep,
    LogStatus,
    StepAction,
)

TALKS = (StepAction.SEND_MESSAGE, StepAction.SCHEDULE_MEETING)


@transaction.atomic
def activate(campaign: Campaign, *, at: datetime) -> Campaign:
    """Start, or go on after a pause: every step that fell due meanwhile runs once."""
    locked = locked_campaign(campaign.pk)
    if locked.status == CampaignStatus.ACTIVE:
        return locked
    if locked.status == CampaignStatus.FINISHED:
        raise CannotActivate
    require_complete(locked)
    locked.activated_at = at
    _write(locked, CampaignStatus.ACTIVE, "activated_at")
    ledger.write_next(locked, at=at)
    return locked


def require_complete(campaign: Campaign) -> None:
    try:
        campaign.clean()
    except ValidationError as error:
        raise Incomplete(" ".join(error.messages)) from error
    steps = list(campaign.steps.select_related("message_template"))
    if not steps:
        raise Incomplete
    for step in steps:
        if lack := _lack(campaign, step):
            where = _("Paso %(number)s: %(lack)s") % {"number": step.step_number, "lack": lack}
            raise Incomplete(where, step=step.pk)


def require_fit(campaign_id: int) -> None:
    """After a change within the same transaction: what runs must still be what could be activated."""
    campaign = locked_campaign(campaign_id)
    if campaign.status == CampaignStatus.ACTIVE:
        require_complete(campaign)


def _lack(campaign: Campaign, step: CampaignStep) -> str:
    """What keeps the step from running, if anything."""
    if step.action not in TALKS:
        return ""
    if (step.step_channel or campaign.channel) == CampaignChannel.CALL:
        return _("un mensaje necesita un canal de mensajes.")
    said = step.message_template or step.message_text.strip()
    if step.action == StepAction.SEND_MESSAGE and not said:
        return _("escribe el texto o elige una plantilla.")
    return ""


@transaction.atomic
def pause(campaign: Campaign, *, at: datetime) -> Campaign:
    """Run nothing until it is activated again; messages that still wait are withdrawn."""
    locked = locked_campaign(campaign.pk)
    if locked.status == CampaignStatus.PAUSED:
        return locked
    if locked.status != CampaignStatus.ACTIVE:
        raise NotActive
    _write(locked, CampaignStatus.PAUSED)
    _put_back(locked, at)
    ledger.write_next(locked, at=at)
    return locked


def _put_back(campaign: Campaign, at: datetime) -> None:
    """Steps whose message did not leave are due again, for when the campaign goes on."""
    claimed = CampaignLog.objects.filter(
        campaign=campaign, status=LogStatus.CLAIMED, message__isnull=False
    )
    logs = list(claimed.select_for_update(of=("self",)).order_by("pk"))
    taken = enrolment.withdraw(logs, reason="campaign_paused", at=at)
    dialling.withdraw(Q(campaign=campaign), reason="campaign_paused", at=at)
    CampaignLog.objects.filter(message__in=taken, status=LogStatus.CLAIMED).update(
        status=LogStatus.DUE, message=None, claimed_until=None, updated_at=at
    )


@transaction.atomic
def finish(campaign: Campaign, *, at: datetime, by: Any = None) -> Campaign:
    """End it for good: everybody in it leaves, and messages that still wait are withdrawn."""
    locked = locked_campaign(campaign.pk)
    if locked.status != CampaignStatus.FINISHED:
        _write(locked, CampaignStatus.FINISHED)
        enrolment.stop(Q(campaign=locked), reason="campaign_finished", at=at, by=by)
    return locked


def _write(campaign: Campaign, status: CampaignStatus, *fields: str) -> None:
    campaign.status = status
    campaign.save(update_fields=["status", *fields, "updated_at"])


@transaction.atomic
def delete(campaign: Campaign) -> None:
    """Only what nobody went through; the rest is history."""
    locked = locked_campaign(campaign.pk)
    if locked.enrollments.exists():
        raise HasHistory
    locked.delete()


@transaction.atomic
def delete_step(step: CampaignStep) -> None:
    locked_campaign(step.campaign_id)
    if step.logs.exists():
        raise HasHistory
    step.delete()
    require_fit(step.campaign_id)
