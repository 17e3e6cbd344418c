"""What hangs on a lead here: questions that found no answer, properties refused; and what suits it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from knowledge import matching
from knowledge.models import KnowledgeGap, ListingRefusal
from leads.models import Lead
from leads.parts import Deed, LeadPart, Panel, erase_rows, export_rows, move_rows, register

SHOWN = 5
EXPORTED = ["title", "listing", "reason", "note", "at"]


def _asked_by(lead: Lead) -> Any:
    return KnowledgeGap.objects.filter(last_message__lead=lead)


def export(lead: Lead) -> list[dict[str, Any]]:
    return list(_asked_by(lead).order_by("pk").values("question", "times", "updated_at"))


def erase(lead: Lead) -> int:
    """A question is the lead's own words: it goes with them."""
    count: int = _asked_by(lead).delete()[0]
    return count


def merge(loser: Lead, survivor: Lead, deed: Deed) -> list[int]:
    """Questions follow their messages; nothing of its own moves."""
    return []


def unmerge(loser: Lead, survivor: Lead, record: Any, deed: Deed) -> list[str]:
    """Questions go back with their messages."""
    return []


register(LeadPart("knowledge_gaps", KnowledgeGap, export, erase, merge, unmerge=unmerge))


def panel(lead: Lead, user: Any) -> Panel | None:
    """What suits the lead, with why; nothing where it has said too little and refused nothing."""
    found = matching.for_lead(lead, at=timezone.now())
    refused = list(ListingRefusal.objects.filter(lead=lead)[:SHOWN])
    if not found and not refused:
        return None
    context = {"matches": found, "refused": refused}
    return Panel(_("Propiedades que le calzan"), "knowledge/lead_panel.html", context)


register(
    LeadPart(
        "listing_refusals",
        ListingRefusal,
        export_rows(ListingRefusal, EXPORTED),
        erase_rows(ListingRefusal),
        move_rows(ListingRefusal, "entry", "reason"),
        panel=panel,
    )
)
