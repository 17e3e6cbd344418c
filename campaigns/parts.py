"""What hangs on a lead here: its runs through campaigns, exported, erased, merged and shown."""

from typing import Any

from django.db.models import F, Max
from django.utils.translation import gettext as _

from campaigns.models import CampaignEnrollment, CampaignLog, EnrollmentState, LogStatus
from crm import tenancy
from leads.models import Lead
from leads.parts import LeadPart, Panel, erase_rows, export_rows, move_rows, register

MERGED = "merged"
RUN = ["id", "campaign__name", "rotation", "state", "reason", "enrolled_at"]
STEP = ["id", "campaign__name", "step__step_number", "status", "reason", "due_at", "executed_at"]


def merge_runs(loser: Lead, survivor: Lead) -> list[int]:
    """The loser's runs become later rotations of the survivor; of two active ones theirs goes on."""
    _stop_twins(loser, survivor)
    moved = []
    for run in CampaignEnrollment.objects.filter(lead=loser).order_by("rotation", "pk"):
        runs = CampaignEnrollment.objects.filter(lead=survivor, campaign=run.campaign_id)
        run.rotation = (runs.aggregate(last=Max("rotation"))["last"] or 0) + 1
        run.lead = survivor
        run.save(update_fields=["rotation", "lead", "updated_at"])
        moved.append(run.pk)
    return moved


def _stop_twins(loser: Lead, survivor: Lead) -> None:
    active = CampaignEnrollment.objects.filter(state=EnrollmentState.ACTIVE)
    going_on = active.filter(lead=survivor).values("campaign")
    twins = list(active.filter(lead=loser, campaign__in=going_on).values_list("pk", flat=True))
    steps = CampaignLog.objects.filter(enrollment__in=twins, status=LogStatus.DUE)
    steps.update(status=LogStatus.SKIPPED, reason=MERGED)
    CampaignEnrollment.objects.filter(pk__in=twins).update(
        state=EnrollmentState.STOPPED, reason=MERGED
    )


def panel(lead: Lead, user: Any) -> Panel | None:
    """The lead's campaigns, for those who may read campaigns; nothing for a lead in none."""
    if not tenancy.allows(user, CampaignEnrollment, "r"):
        return None
    runs = CampaignEnrollment.objects.visible_to(user).filter(lead=lead)
    shown = list(runs.annotate(name=F("campaign__name")).order_by("-pk"))
    if not shown:
        return None
    return Panel(_("Campañas"), "campaigns/lead_panel.html", {"runs": shown})


register(
    LeadPart(
        "campaign_enrollments",
        CampaignEnrollment,
        export_rows(CampaignEnrollment, RUN),
        erase_rows(CampaignEnrollment),
        merge_runs,
        panel,
    )
)
register(
    LeadPart(
        "campaign_logs",
        CampaignLog,
        export_rows(CampaignLog, STEP),
        erase_rows(CampaignLog),
        move_rows(CampaignLog),
    )
)
