"""When a lead leaves a campaign by itself: reply, opt-out, appointment, won, lost, merged."""

from collections import defaultdict
from datetime import datetime

from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from campaigns import enrolment
from campaigns.models import CampaignChannel, CampaignEnrollment, EnrollmentState
from leads.enums import ConsentPurpose, ConsentState, SignalKind
from leads.models import Consent, LeadSignal
from leads.stages import Stage


def _opted_out() -> Q:
    """Since the enrolment, of the campaign's channel or of all; calls alone end call campaigns."""
    withdrawn = Consent.objects.filter(
        lead=OuterRef("lead"), state=ConsentState.WITHDRAWN, at__gte=OuterRef("enrolled_at")
    )
    marketing = withdrawn.filter(purpose=ConsentPurpose.MARKETING)
    here = marketing.filter(Q(channel="") | Q(channel=OuterRef("campaign__channel")))
    calls = Q(campaign__channel=CampaignChannel.CALL)
    no_calls = withdrawn.filter(purpose=ConsentPurpose.CALL)
    return Q(Exists(here)) | (calls & Q(Exists(no_calls)))


def _booked() -> Q:
    """An appointment that stands was booked, or moved, since the enrolment."""
    stands = LeadSignal.objects.filter(
        lead=OuterRef("lead"),
        kind=SignalKind.APPOINTMENT_ACTIVE,
        active=True,
        at__gte=OuterRef("enrolled_at"),
    )
    return Q(Exists(stands))


RULES: tuple[tuple[str, Q], ...] = (
    ("won", Q(lead__pipeline_stage=Stage.WON)),
    ("lost", Q(lead__pipeline_stage=Stage.LOST)),
    ("merged", Q(lead__merged_into__isnull=False)),
    ("opted_out", _opted_out()),
    ("appointment_booked", _booked()),
    (
        "replied",
        Q(
            campaign__stop_on_reply=True,
            lead__conversation__last_inbound_at__gt=F("enrolled_at"),
        ),
    ),
)


def concerns(lead_id: int) -> bool:
    """Whether the lead is in any campaign."""
    runs = CampaignEnrollment.objects.filter(lead=lead_id, state=EnrollmentState.ACTIVE)
    return bool(runs.exists())


def apply(*, at: datetime, lead_id: int | None = None) -> int:
    """Stop every enrolment that a rule ends, of one lead or of all; returns how many.

    One query reads all rules: of what a single message brings, the first gives the reason.
    """
    active = CampaignEnrollment.objects.filter(state=EnrollmentState.ACTIVE)
    mine = active if lead_id is None else active.filter(lead=lead_id)
    reason = Case(*(When(rule, then=Value(reason)) for reason, rule in RULES))
    ended: dict[str, list[int]] = defaultdict(list)
    for pk, why in mine.annotate(why=reason).filter(why__isnull=False).values_list("pk", "why"):
        ended[why].append(pk)
    return sum(enrolment.stop(Q(pk__in=ids), reason=why, at=at) for why, ids in ended.items())
