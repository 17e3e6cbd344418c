"""Whose data it is: brokers, their users, and the four configurations of each broker."""

from brokers.models.configs import (
    AssignmentMode,
    BrokerChatConfig,
    BrokerConfig,
    BrokerLeadConfig,
    BrokerPromptConfig,
    BrokerVoiceConfig,
    CallerIdClass,
    ChannelHook,
    VoiceProvider,
)
from brokers.models.people import Broker, User, UserManager, unguessable, validate_timezone

__all__ = [
    "AssignmentMode",
    "Broker",
    "BrokerChatConfig",
    "BrokerConfig",
    "BrokerLeadConfig",
    "BrokerPromptConfig",
    "BrokerVoiceConfig",
    "CallerIdClass",
    "ChannelHook",
    "User",
    "UserManager",
    "VoiceProvider",
    "unguessable",
    "validate_timezone",
]
