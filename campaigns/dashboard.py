"""What the home page tells of campaigns: those that run, for who may see them."""

from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign, CampaignLog, CampaignStatus, EnrollmentState, LogStatus
from crm.admin.dashboard import Card, Row
from crm.tenancy import allows

SHOWN = 6


def cards(user: Any, at: datetime) -> list[Card]:
    if not allows(user, Campaign, "r"):
        return []
    sent = CampaignLog.objects.filter(campaign=OuterRef("pk"), status=LogStatus.SENT)
    counted = sent.order_by().values("campaign").annotate(n=Count("pk")).values("n")
    inside = Count("enrollments", filter=Q(enrollments__state=EnrollmentState.ACTIVE))
    running: Any = Campaign.objects.visible_to(user).filter(status=CampaignStatus.ACTIVE)
    running = running.annotate(inside=inside, sent=Coalesce(Subquery(counted), 0))
    rows = [
        Row(
            campaign.name,
            _("%(inside)s en curso · %(sent)s pasos hechos")
            % {"inside": campaign.inside, "sent": campaign.sent},
            reverse("admin:campaigns_campaign_change", args=[campaign.pk]),
        )
        for campaign in running.order_by("-inside", "-pk")[:SHOWN]
    ]
    return [
        Card(
            _("Campañas activas"),
            rows=rows,
            icon="campaign",
            link=reverse("admin:campaigns_campaign_changelist") + "?status__exact=active",
            empty=_("No hay campañas activas."),
            order=30,
        )
    ]
