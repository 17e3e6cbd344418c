"""Campaigns, who is in them and what became of each step; forecasts of what they would do."""

from campaigns.models.campaign import (
    Campaign,
    CampaignChannel,
    CampaignEnrollment,
    CampaignLog,
    CampaignStatus,
    CampaignStep,
    EnrollmentState,
    LogStatus,
    StepAction,
    Trigger,
)
from campaigns.models.forecast import (
    CampaignForecast,
    CampaignForecastLine,
    ForecastState,
    Foreseen,
)

__all__ = [
    "Campaign",
    "CampaignChannel",
    "CampaignEnrollment",
    "CampaignForecast",
    "CampaignForecastLine",
    "CampaignLog",
    "CampaignStatus",
    "CampaignStep",
    "EnrollmentState",
    "ForecastState",
    "Foreseen",
    "LogStatus",
    "StepAction",
    "Trigger",
]
