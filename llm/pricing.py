"""What an attempt cost, from the published prices; None when the price is not known."""

from decimal import Decimal

from django.conf import settings
from genai_prices import Usage, calc_price
from pydantic_ai.usage import RequestUsage

OFFLINE = "offline"
_PROVIDERS = {
    "google-gla": "google",
    "google": "google",
    "openai": "openai",
    "anthropic": "anthropic",
}


def cost_usd(provider: str, model: str, usage: RequestUsage) -> Decimal | None:
    """Estimated cost in US dollars."""
    if provider == OFFLINE:
        return Decimal(0)
    if provider == "openai" and settings.OPENAI_BASE_URL and not settings.OPENAI_API_KEY:
        return None  # a server of one's own, whatever the names of its models
    counted = Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
    )
    try:
        price = calc_price(counted, model, provider_id=_PROVIDERS.get(provider, provider))
    except LookupError:
        return None
    return Decimal(price.total_price)
