"""What hangs on a lead here: the attempts at models made for it, which keep their cost without it."""

from leads.models import Lead
from leads.parts import LeadPart, Remains, export_rows, move_rows, register
from llm.models import LLMCall

EXPORTED = ["id", "provider", "model", "call_type", "error", "created_at"]


def unlink(lead: Lead) -> int:
    """What was spent stays on the broker's bill; whom it was about does not."""
    return LLMCall.objects.filter(lead=lead).update(lead=None, message=None)


def remains(lead: Lead) -> list[Remains]:
    count = LLMCall.objects.filter(lead=lead).count()
    return [Remains(LLMCall._meta.label, count, "accounting")]


register(
    LeadPart(
        "llm_calls",
        LLMCall,
        export_rows(LLMCall, EXPORTED),
        unlink,
        move_rows(LLMCall),
        remains=remains,
        unlinks=True,
    )
)
