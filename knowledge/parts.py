"""What the knowledge base keeps of a lead: the questions of theirs that found no answer."""

from typing import Any

from knowledge.models import KnowledgeGap
from leads.models import Lead
from leads.parts import Deed, LeadPart, register


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
