"""The vendors' models, built once a process and run on one loop, so that connections are kept."""

import asyncio
import os
import threading
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

VENDORS = ("google", "openai", "anthropic")


@lru_cache(maxsize=2)
def _loop(pid: int) -> asyncio.AbstractEventLoop:
    """A loop in a thread of this process; a forked child makes its own."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="vendor-models", daemon=True).start()
    return loop


class OnSharedLoop(WrapperModel):
    """Runs the requests of a model on the shared loop, whichever loop asks."""

    async def __aenter__(self) -> "OnSharedLoop":
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        work = self.wrapped.request(messages, model_settings, model_request_parameters)
        future = asyncio.run_coroutine_threadsafe(work, _loop(os.getpid()))
        return await asyncio.wrap_future(future)


def vendor_of(spec: str) -> str:
    """ "google" of "google:gemini-2.5-flash"; Google where no vendor is named."""
    return _kind(spec).partition("-")[0]


def _kind(spec: str) -> str:
    """ "openai-responses" of "openai-responses:gpt-6": the vendor, and by which of its doors."""
    return spec.partition(":")[0] if ":" in spec else "google"


def name_of(spec: str) -> str:
    """ "qwen3:8b" of "openai:qwen3:8b"."""
    return spec.partition(":")[2] or spec


def has_key(spec: str) -> bool:
    """Whether the server may ask it; one of one's own is known by its address, without a key."""
    keys = {
        "google": settings.GEMINI_API_KEY,
        "openai": settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL,
        "openai-responses": settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL,
        "anthropic": settings.ANTHROPIC_API_KEY,
    }
    return bool(spec and keys.get(_kind(spec)))


def model(spec: str) -> Model:
    """The model that a setting such as "google:gemini-2.5-flash" names."""
    return OnSharedLoop(_build(os.getpid(), spec, _fingerprint()))


def _fingerprint() -> tuple[str, ...]:
    return (
        settings.GEMINI_API_KEY,
        settings.GEMINI_API_URL,
        settings.OPENAI_API_KEY,
        settings.OPENAI_BASE_URL,
        settings.ANTHROPIC_API_KEY,
        settings.ANTHROPIC_BASE_URL,
    )


@lru_cache(maxsize=16)
def _build(pid: int, spec: str, fingerprint: tuple[str, ...]) -> Model:
    """Vendors' packages take seconds to import: only the one that is used is."""
    module = _kind(spec).replace("-", "_")
    build: Callable[[str], Model] = import_string(f"llm.vendors.{module}.build")
    return build(name_of(spec))
