"""Who we talk to: leads, their messages, conversations, activity, consent, templates."""

from leads.models.activity import ActivityLog
from leads.models.alert import LeadAlert
from leads.models.attachment import Attachment, FileRemoval
from leads.models.card import AgentCard
from leads.models.consent import Consent, Suppression, SuppressionEvent
from leads.models.imports import (
    ImportState,
    LeadExport,
    LeadImport,
    LeadImportPart,
    LeadImportRow,
    Verdict,
)
from leads.models.kept import KeptWebhook
from leads.models.lead import (
    ChannelIdentity,
    Lead,
    LeadOwned,
    LeadSignal,
    MergeSuggestion,
    StageTransition,
)
from leads.models.merge import LeadMerge
from leads.models.message import ChatMessage, Conversation, TelegramMessage
from leads.models.notification import Notification
from leads.models.rights import RightsRequest
from leads.models.task import Task
from leads.models.template import MessageTemplate

__all__ = [
    "ActivityLog",
    "AgentCard",
    "Attachment",
    "ChannelIdentity",
    "ChatMessage",
    "Consent",
    "Conversation",
    "FileRemoval",
    "ImportState",
    "KeptWebhook",
    "Lead",
    "LeadAlert",
    "LeadExport",
    "LeadImport",
    "LeadImportPart",
    "LeadImportRow",
    "LeadMerge",
    "LeadOwned",
    "LeadSignal",
    "MergeSuggestion",
    "MessageTemplate",
    "Notification",
    "RightsRequest",
    "StageTransition",
    "Suppression",
    "SuppressionEvent",
    "Task",
    "TelegramMessage",
    "Verdict",
]
