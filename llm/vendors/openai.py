"""OpenAI's chat completions, and every server that speaks them: Ollama, vLLM, LM Studio."""

from django.conf import settings
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers import Provider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from llm.vendors.thoughts import thinks_little

# Such servers know the older name of the limit, and some of them no other.
OWN_SERVER = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)


def build(name: str) -> Model:
    maker = provider()
    return OpenAIChatModel(name, provider=maker, settings=thinks_little(maker.model_profile(name)))


def provider() -> Provider:  # type: ignore[type-arg]
    """OpenAI or a proxy before it, with a key; an address alone is a server of one's own."""
    key, address = settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL
    if address and not key:
        return OpenAICompatibleProvider("own-server", base_url=address, profile=OWN_SERVER)
    return OpenAIProvider(api_key=key, base_url=address or None)
