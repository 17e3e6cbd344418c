"""Campaigns in Django Admin."""

from campaigns.admin import campaigns, forecasts

__all__ = ["campaigns", "forecasts"]
