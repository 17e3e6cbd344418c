"""How long models may think: little, for a lead waits and thoughts are paid as output."""

from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings


def thinks_little(profile: ModelProfile | None) -> ModelSettings:
    """Of models that think unasked; the others do without, and keep their temperature."""
    unasked = profile and (
        profile.get("thinking_enabled_by_default") or profile.get("thinking_always_enabled")
    )
    return ModelSettings(thinking="low") if unasked else ModelSettings()
