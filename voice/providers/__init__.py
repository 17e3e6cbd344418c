"""The voice providers that can place calls."""

from voice.providers import simulated, vapi

__all__ = ["simulated", "vapi"]
