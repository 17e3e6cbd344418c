"""Google: Gemini."""

from django.conf import settings
from pydantic_ai.models import Model
from pydantic_ai.models.google import GoogleModel, GoogleModelSettings
from pydantic_ai.providers.google import GoogleProvider

THOUGHTS = 1024  # tokens of thinking, for models that take a number


def build(name: str) -> Model:
    provider = GoogleProvider(
        api_key=settings.GEMINI_API_KEY, base_url=settings.GEMINI_API_URL or None
    )
    return GoogleModel(name, provider=provider, settings=_thinks_little(provider, name))


def _thinks_little(provider: GoogleProvider, name: str) -> GoogleModelSettings:
    """Gemini thinks at length unless told, and its thoughts use up the output's tokens and time."""
    profile = provider.model_profile(name) or {}
    if not profile.get("supports_thinking"):
        return GoogleModelSettings()
    if profile.get("google_supports_thinking_level"):
        return GoogleModelSettings(google_thinking_config={"thinking_level": "LOW"})  # type: ignore[typeddict-item]
    return GoogleModelSettings(google_thinking_config={"thinking_budget": THOUGHTS})
