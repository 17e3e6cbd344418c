"""What a lead's own row tells of its campaigns: their history, and the next step that is due."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from campaigns.models import (
    Campaign,
    CampaignEnrollment,
    CampaignLog,
    CampaignStatus,
    EnrollmentState,
    LogStatus,
)
from leads import agenda
from leads.models import Lead

OPEN = (LogStatus.DUE, LogStatus.CLAIMED)
BATCH = 500


def coming() -> QuerySet[CampaignLog]:
    """The rows that will still run: of active enrolments in active campaigns."""
    rows: QuerySet[CampaignLog] = CampaignLog.objects.filter(
        status__in=OPEN,
        enrollment__state=EnrollmentState.ACTIVE,
        campaign__status=CampaignStatus.ACTIVE,
    )
    return rows


def write(lead_ids: Iterable[int], *, at: datetime) -> None:
    """Bring history and next action of these leads up to their logs."""
    ids = sorted(set(lead_ids))
    history = _history(ids)
    leads = list(Lead.objects.filter(pk__in=ids).only("pk").order_by("pk"))
    for lead in leads:
        lead.campaign_history = history[lead.pk]
    Lead.objects.bulk_update(leads, ["campaign_history"], batch_size=BATCH)
    agenda.refresh(ids, at=at)


def _history(ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    done = Count("logs", filter=Q(logs__status=LogStatus.SENT))
    rows = CampaignEnrollment.objects.filter(lead__in=ids).annotate(done=done).order_by("pk")
    history: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for run in rows:
        history[run.lead_id].append(
            {
                "campaign_id": run.campaign_id,
                "applied_at": run.enrolled_at.isoformat(),
                "steps_completed": run.done,
            }
        )
    return history


def next_due(lead_ids: Sequence[int], at: datetime) -> Iterable[tuple[int, datetime]]:
    """The steps that these leads are still to go through."""
    steps = coming().filter(lead__in=lead_ids)
    rows: Iterable[tuple[int, datetime]] = steps.order_by().values_list("lead_id", "due_at")
    return rows


def write_next(campaign: Campaign, *, at: datetime) -> None:
    """After a pause or a resumption: the next action of everybody in the campaign."""
    inside = CampaignEnrollment.objects.filter(campaign=campaign, state=EnrollmentState.ACTIVE)
    agenda.refresh(inside.values_list("lead", flat=True), at=at)
