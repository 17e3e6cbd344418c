"""How a campaign does: who is in it, what its steps did, and why some did not."""

from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q

from campaigns.models import Campaign, CampaignEnrollment, CampaignLog, EnrollmentState, LogStatus
from leads.enums import Direction
from leads.models import ChatMessage


def of(campaign: Campaign) -> dict[str, Any]:
    return {
        "contacts_made": campaign.contacts_made,
        "max_contacts": campaign.max_contacts,
        **_enrollments(campaign),
        "steps": _steps(campaign),
        "reasons": _reasons(campaign),
    }


def _enrollments(campaign: Campaign) -> dict[str, Any]:
    answer = ChatMessage.objects.filter(
        lead=OuterRef("lead"), direction=Direction.IN, at__gt=OuterRef("enrolled_at")
    )
    rows = CampaignEnrollment.objects.filter(campaign=campaign)
    counted: dict[str, Any] = rows.aggregate(
        enrolled=Count("pk"),
        active=Count("pk", filter=Q(state=EnrollmentState.ACTIVE)),
        finished=Count("pk", filter=Q(state=EnrollmentState.FINISHED)),
        stopped=Count("pk", filter=Q(state=EnrollmentState.STOPPED)),
        replied=Count("pk", filter=Q(Exists(answer))),
    )
    return counted


def _steps(campaign: Campaign) -> list[dict[str, Any]]:
    counts = {status.value: Count("logs", filter=Q(logs__status=status)) for status in LogStatus}
    rows = campaign.steps.annotate(**counts).order_by("step_number")
    return list(rows.values("id", "step_number", "action", *counts))


def _reasons(campaign: Campaign) -> list[dict[str, Any]]:
    """Of steps that did not run and of leads who left, the most frequent first."""
    logs = CampaignLog.objects.filter(
        campaign=campaign, status__in=[LogStatus.SKIPPED, LogStatus.FAILED]
    )
    runs = CampaignEnrollment.objects.filter(campaign=campaign, state=EnrollmentState.STOPPED)
    return [
        *_counted(logs.annotate(of=F("status"))),
        *_counted(runs.annotate(of=F("state"))),
    ]


def _counted(rows: Any) -> list[dict[str, Any]]:
    grouped = rows.order_by().values("of", "reason").annotate(count=Count("pk"))
    return list(grouped.order_by("-count", "reason"))
