"""OpenAI."""

from django.conf import settings
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


def build(name: str) -> Model:
    provider = OpenAIProvider(
        api_key=settings.OPENAI_API_KEY, base_url=settings.OPENAI_BASE_URL or None
    )
    return OpenAIChatModel(name, provider=provider)
