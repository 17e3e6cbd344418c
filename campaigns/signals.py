"""Events inside campaigns, sent on commit."""

from django.dispatch import Signal

forecast_asked = Signal()
"""forecast_id: starts a worker on it"""
