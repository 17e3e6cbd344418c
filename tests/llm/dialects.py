"""The vendors that the product speaks to, each with its fake, behind one set of words."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tests.fakes import anthropic, gemini, openai, responses
from tests.fakes.server import Scripted


@dataclass(frozen=True)
class Dialect:
    """``fake`` makes the vendor's answers; ``base`` is what its clients put before their paths."""

    spec: str
    fake: ModuleType
    key: str
    address: str
    base: str = ""

    @property
    def vendor(self) -> str:
        return self.spec.partition(":")[0].partition("-")[0]

    def serve(self, *answers: Any) -> Scripted:
        server: Scripted = self.fake.Fake(*answers)
        return server

    def point(self, settings: Any, server: Scripted) -> str:
        """Aim the product at the fake; the answer is how a chain of models names it."""
        setattr(settings, self.key, "test-key")
        setattr(settings, self.address, server.url + self.base)
        return self.spec


GEMINI = Dialect("google:gemini-3.8-flash", gemini, "GEMINI_API_KEY", "GEMINI_API_URL")
CHAT = Dialect("openai:gpt-6-luna", openai, "OPENAI_API_KEY", "OPENAI_BASE_URL", "/v1")
RESPONSES = Dialect(
    "openai-responses:gpt-6-luna", responses, "OPENAI_API_KEY", "OPENAI_BASE_URL", "/v1"
)
CLAUDE = Dialect(
    "anthropic:claude-sonnet-4-6", anthropic, "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"
)
DIALECTS = {"gemini": GEMINI, "chat": CHAT, "responses": RESPONSES, "claude": CLAUDE}

Use = Callable[..., None]
