"""Google: Gemini."""

from django.conf import settings
from pydantic_ai.models import Model
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.google import GoogleProvider


def build(name: str) -> Model:
    provider = GoogleProvider(
        api_key=settings.GEMINI_API_KEY, base_url=settings.GEMINI_API_URL or None
    )
    return GoogleModel(name, provider=provider)
