"""Who we talk to: leads, their messages, conversations, activity, consent, templates."""

from leads.models.activity import ActivityLog
from leads.models.alert import LeadAlert
from leads.models.consent import Consent, Suppression
from leads.models.imports import (
    ImportState,
    LeadExport,
    LeadImport,
    LeadImportPart,
    LeadImportRow,
    Verdict,
)
from leads.models.lead import (
    ChannelIdentity,
    Lead,
    LeadOwned,
    LeadSignal,
    MergeSuggestion,
    StageTransition,
)
from leads.models.message import ChatMessage, Conversation, TelegramMessage
from leads.models.template import MessageTemplate

__all__ = [
    "ActivityLog",
    "ChannelIdentity",
    "ChatMessage",
    "Consent",
    "Conversation",
    "ImportState",
    "Lead",
    "LeadAlert",
    "LeadExport",
    "LeadImport",
    "LeadImportPart",
    "LeadImportRow",
    "LeadOwned",
    "LeadSignal",
    "MergeSuggestion",
    "MessageTemplate",
    "StageTransition",
    "Suppression",
    "TelegramMessage",
    "Verdict",
]
