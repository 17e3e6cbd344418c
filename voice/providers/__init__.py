"""The voice providers that can place calls."""

from voice.providers import bland, simulated, vapi

__all__ = ["bland", "simulated", "vapi"]
