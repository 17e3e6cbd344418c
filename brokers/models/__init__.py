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
from brokers.models.entering import FailedSignIns, KnownAddress, Lane, SignIn, locked_now
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
    "FailedSignIns",
    "KnownAddress",
    "Lane",
    "SignIn",
    "User",
    "UserManager",
    "VoiceProvider",
    "locked_now",
    "unguessable",
    "validate_timezone",
]
