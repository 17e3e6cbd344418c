"""OpenAI's responses: what its newer models are best asked by."""

from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIResponsesModel, OpenAIResponsesModelSettings
from pydantic_ai.settings import merge_model_settings

from llm.vendors.openai import provider
from llm.vendors.thoughts import thinks_little


def build(name: str) -> Model:
    """Nothing is left with the vendor: a conversation is the brokerage's."""
    maker = provider()
    little = thinks_little(maker.model_profile(name))
    own = OpenAIResponsesModelSettings(openai_store=False)
    return OpenAIResponsesModel(name, provider=maker, settings=merge_model_settings(own, little))
