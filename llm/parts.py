"""What hangs on a lead here: attempts at models, which keep their cost without it, and replays of what they wrote."""

from leads.models import Lead
from leads.parts import LeadPart, Remains, erase_rows, export_rows, move_rows, register
from llm.models import LLMCall, ReplayedConversation

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
register(
    LeadPart(
        "replayed_conversations",
        ReplayedConversation,
        export_rows(ReplayedConversation, ["id", "replay_id", "exchanges", "created_at"]),
        erase_rows(ReplayedConversation),
        move_rows(ReplayedConversation, "replay_id"),
    )
)
