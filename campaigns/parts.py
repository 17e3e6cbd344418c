"""What hangs on a lead here: runs through campaigns and their steps."""

from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import enrolment, ledger, reasons
from campaigns.models import CampaignEnrollment, CampaignLog, EnrollmentState
from crm import tenancy
from leads.models import Lead
from leads.parts import LeadPart, Panel, erase_rows, export_rows, move_rows, register

SHOWN = 10
EXPORTED = ["id", "campaign__name", "rotation", "state", "reason", "enrolled_at", "trigger_key"]
EXPORTED_LOGS = [
    "id", "campaign__name", "step__step_number", "step__action", "status", "reason", "due_at",
    "executed_at", "message",
]  # fmt: skip


@transaction.atomic
def merge_enrollments(loser: Lead, survivor: Lead) -> list[int]:
    """Runs follow the survivor as further rotations; of two active in a campaign, theirs stands."""
    active = CampaignEnrollment.objects.filter(lead=survivor, state=EnrollmentState.ACTIVE)
    twice = Q(lead=loser, campaign__in=active.values("campaign"))
    enrolment.stop(twice, reason="merged", at=timezone.now())
    moved = []
    for run in CampaignEnrollment.objects.filter(lead=loser).order_by("rotation", "pk"):
        theirs = CampaignEnrollment.objects.filter(lead=survivor, campaign=run.campaign_id)
        run.rotation = (theirs.aggregate(last=Max("rotation"))["last"] or 0) + 1
        if theirs.filter(trigger_key=run.trigger_key).exists():
            run.trigger_key = ""
        run.lead = survivor
        run.save(update_fields=["lead", "rotation", "trigger_key", "updated_at"])
        CampaignLog.objects.filter(enrollment=run).update(lead=survivor)
        moved.append(run.pk)
    ledger.write([loser.pk, survivor.pk], at=timezone.now())
    return moved


def panel(lead: Lead, user: Any) -> Panel | None:
    """The lead's runs with what comes next, for those who may read campaigns."""
    if not tenancy.allows(user, CampaignEnrollment, "r"):
        return None
    rows = CampaignEnrollment.objects.visible_to(user).filter(lead=lead).select_related("campaign")
    runs = list(rows.order_by("-pk")[:SHOWN])
    if not runs:
        return None
    following = dict(
        ledger.coming().filter(enrollment__in=runs).values_list("enrollment", "due_at")
    )
    shown = [
        {"run": run, "reason": reasons.told(run.reason), "due_at": following.get(run.pk)}
        for run in runs
    ]
    context = {"runs": shown, "zone": lead.broker.timezone}
    return Panel(_("Campañas"), "campaigns/lead_panel.html", context)


register(
    LeadPart(
        "campaign_enrollments",
        CampaignEnrollment,
        export_rows(CampaignEnrollment, EXPORTED),
        erase_rows(CampaignEnrollment),
        merge_enrollments,
        panel,
    )
)
register(
    LeadPart(
        "campaign_logs",
        CampaignLog,
        export_rows(CampaignLog, EXPORTED_LOGS),
        erase_rows(CampaignLog),
        move_rows(CampaignLog),
        next_due=ledger.next_due,
    )
)
