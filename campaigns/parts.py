"""What hangs on a lead here: runs through campaigns and their steps."""

from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from campaigns import enrolment, ledger, reasons
from campaigns.models import (
    CampaignEnrollment,
    CampaignForecastLine,
    CampaignLog,
    EnrollmentState,
)
from crm import tenancy
from leads.models import Lead
from leads.parts import Deed, LeadPart, Panel, erase_rows, export_rows, move_rows, register

SHOWN = 10
EXPORTED = ["id", "campaign__name", "rotation", "state", "reason", "enrolled_at", "trigger_key"]
EXPORTED_LINES = ["id", "step__step_number", "outcome", "at", "reason", "delayed"]
EXPORTED_LOGS = [
    "id", "campaign__name", "step__step_number", "step__action", "status", "reason", "due_at",
    "executed_at", "message",
]  # fmt: skip


def _twice(loser: Lead, survivor: Lead) -> Q:
    """The loser's active runs in campaigns in which the survivor has one too."""
    active = CampaignEnrollment.objects.filter(lead=survivor, state=EnrollmentState.ACTIVE)
    return Q(lead=loser, state=EnrollmentState.ACTIVE, campaign__in=active.values("campaign"))


def foresee(loser: Lead, survivor: Lead, deed: Deed) -> list[str]:
    runs = CampaignEnrollment.objects.filter(_twice(loser, survivor)).select_related("campaign")
    return [
        _("Los dos están en la campaña «%(name)s»: sigue la del lead que queda.")
        % {"name": run.campaign.name}
        for run in runs.order_by("pk")
    ]


@transaction.atomic
def merge_enrollments(loser: Lead, survivor: Lead, deed: Deed) -> dict[str, Any]:
    """Runs follow the survivor as further rotations; of two active in a campaign, theirs stands."""
    twice = CampaignEnrollment.objects.filter(_twice(loser, survivor))
    stopped = list(twice.order_by("pk").values_list("pk", flat=True))
    enrolment.stop(Q(pk__in=stopped), reason="merged", at=deed.at)
    before: dict[str, tuple[int, str]] = {}
    for run in CampaignEnrollment.objects.filter(lead=loser).order_by("rotation", "pk"):
        theirs = CampaignEnrollment.objects.filter(lead=survivor, campaign=run.campaign_id)
        before[str(run.pk)] = (run.rotation, run.trigger_key)
        run.rotation = (theirs.aggregate(last=Max("rotation"))["last"] or 0) + 1
        if theirs.filter(trigger_key=run.trigger_key).exists():
            run.trigger_key = ""
        _hand(run, survivor)
    ledger.write([loser.pk, survivor.pk], at=deed.at)
    return {"moved": [int(pk) for pk in before], "before": before, "stopped": stopped}


@transaction.atomic
def unmerge_enrollments(
    loser: Lead, survivor: Lead, record: dict[str, Any], deed: Deed
) -> list[str]:
    """Runs go back with every step of theirs; those that the merge stopped go on."""
    runs = CampaignEnrollment.objects.filter(lead=survivor, pk__in=record["moved"])
    for run in runs.order_by("pk"):
        run.rotation, run.trigger_key = record["before"][str(run.pk)]
        _hand(run, loser)
    enrolment.resume(record["stopped"], reason="merged", at=deed.at)
    ledger.write([loser.pk, survivor.pk], at=deed.at)
    return []


def _hand(run: CampaignEnrollment, lead: Lead) -> None:
    run.lead = lead
    run.save(update_fields=["lead", "rotation", "trigger_key", "updated_at"])
    CampaignLog.objects.filter(enrollment=run).update(lead=lead)


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
        unmerge=unmerge_enrollments,
        foresee=foresee,
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
register(
    LeadPart(
        "campaign_forecast_lines",
        CampaignForecastLine,
        export_rows(CampaignForecastLine, EXPORTED_LINES),
        erase_rows(CampaignForecastLine),
        move_rows(CampaignForecastLine),
    )
)
