"""Who we talk to: leads, their messages, conversations, activity, consent, templates."""

from leads.models.activity import ActivityLog
from leads.models.alert import LeadAlert
from leads.models.consent import Consent, Suppression, SuppressionEvent
from leads.models.lead import (
    ChannelIdentity,
    Lead,
    LeadOwned,
    LeadSignal,
    MergeSuggestion,
    StageTransition,
)
from leads.models.message import ChatMessage, Conversation, TelegramMessage
from leads.models.rights import RightsRequest
from leads.models.template import MessageTemplate

__all__ = [
    "ActivityLog",
    "ChannelIdentity",
    "ChatMessage",
    "Consent",
    "Conversation",
    "Lead",
    "LeadAlert",
    "LeadOwned",
    "LeadSignal",
    "MergeSuggestion",
    "MessageTemplate",
    "RightsRequest",
    "StageTransition",
    "Suppression",
    "SuppressionEvent",
    "TelegramMessage",
]
