"""What a lead's own row tells of its campaigns: their history, and the next step that is due."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery

from campaigns.models import (
    Campaign,
    CampaignEnrollment,
    CampaignLog,
    CampaignStatus,
    EnrollmentState,
    LogStatus,
)
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


def write(lead_ids: Iterable[int]) -> None:
    """Bring history and next action of these leads up to their logs."""
    ids = sorted(set(lead_ids))
    history, due = _history(ids), _next(ids)
    leads = list(Lead.objects.filter(pk__in=ids).only("pk").order_by("pk"))
    for lead in leads:
        lead.campaign_history = history[lead.pk]
        lead.next_action_at = due.get(lead.pk)
    Lead.objects.bulk_update(leads, ["campaign_history", "next_action_at"], batch_size=BATCH)


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


def _next(ids: list[int]) -> dict[int, datetime]:
    rows = coming().filter(lead__in=ids).order_by()
    return dict(rows.values_list("lead").annotate(first=Min("due_at")))


def write_next(campaign: Campaign) -> None:
    """After a pause or a resumption: the next action of everybody in the campaign."""
    mine = coming().filter(lead=OuterRef("pk")).order_by("due_at").values("due_at")[:1]
    inside = CampaignEnrollment.objects.filter(campaign=campaign, state=EnrollmentState.ACTIVE)
    Lead.objects.filter(pk__in=inside.values("lead")).update(next_action_at=Subquery(mine))
