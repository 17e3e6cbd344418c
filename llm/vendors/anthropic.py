"""Anthropic: Claude."""

from django.conf import settings
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.settings import ModelSettings

from llm.vendors.thoughts import thinks_little

# Others cache by themselves. Of a turn's requests all but the first read what is the same for
# every lead, tools and prompt; its messages are soon other ones, and not worth the surcharge.
CACHED = ModelSettings(cache={"messages": False})


def build(name: str) -> Model:
    provider = AnthropicProvider(
        api_key=settings.ANTHROPIC_API_KEY, base_url=settings.ANTHROPIC_BASE_URL or None
    )
    little = thinks_little(provider.model_profile(name))
    return AnthropicModel(name, provider=provider, settings={**CACHED, **little})
