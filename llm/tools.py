"""The registries of the assistant: tools it may call, and what every turn is told beforehand."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pydantic_ai.models import Model

from brokers.models import Broker
from leads.languages import Language
from leads.models import ChatMessage, Conversation, Lead
from llm.deadline import Deadline
from llm.models import PromptVersion


@dataclass
class Turn:
    """One turn of a conversation, as tools and providers see it; the tenant comes from here only.

    ``progressed`` is set by a tool that moved the conversation on; ``rescored`` by one that left
    the score up to date; ``version`` is the conversation's that the reply will be held to;
    ``choices`` (label, value) are what the reply offers to press; ``deadline`` is what the models
    share that it asks.

    What its model was shown and did is kept for the guards: ``prompt`` (of it ``private`` is for
    the model alone), ``context`` and ``history``, the tools' ``results``, and which ``model``
    wrote; ``checked`` is the last reply as they saw it, ``rewritten`` the rules that one broke.
    ``language`` is the lead's, once it was asked for.
    ``given`` are the arguments of the tools in ``used``. ``trial`` is set where nobody is answered.
    """

    lead: Lead
    broker: Broker
    conversation: Conversation
    message: ChatMessage
    question: str
    at: datetime
    version: int
    progressed: bool = False
    rescored: bool = False
    used: list[str] = field(default_factory=list)
    choices: list[dict[str, str]] = field(default_factory=list)
    deadline: Deadline = field(default_factory=Deadline)
    prompt: str = ""
    private: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    history: Sequence[ChatMessage] = ()
    results: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    model: str = ""
    checked: Any = None
    rewritten: list[str] = field(default_factory=list)
    language: Language | None = None
    given: list[dict[str, Any]] = field(default_factory=list)
    trial: "Trial | None" = None


@dataclass(frozen=True)
class Settled:
    """What a lead's words meant without asking a model: what they are told of what was done, and
    those of their words that still want an answer."""

    reply: str
    rest: str = ""


@dataclass
class Trial:
    """Turns that are tried: on a ``version`` that may not be stored, and undone afterwards.

    ``stand_in`` answers in place of the broker's models; ``turns`` are those that were taken, with
    all that they knew and did.
    """

    version: PromptVersion
    stand_in: Model | None = None
    turns: list[Turn] = field(default_factory=list)


ToolFunction = Callable[[Turn, Any], dict[str, Any]]
Provider = Callable[[Turn], dict[str, Any]]
Shortcut = Callable[[Turn, Sequence[ChatMessage]], Settled | None]


class NoArguments(BaseModel):
    """For tools that take none."""


@dataclass(frozen=True)
class Tool:
    """A tool: its docstring is what the model reads, its arguments a pydantic model.

    It runs in one short transaction, unless it asks the network (``transactional=False``).
    """

    name: str
    function: ToolFunction
    arguments: type[BaseModel] = NoArguments
    transactional: bool = True

    @property
    def description(self) -> str:
        return (self.function.__doc__ or "").strip()


_tools: dict[str, Tool] = {}
_providers: dict[str, Provider] = {}
_shortcuts: list[Shortcut] = []


def register(tool: Tool) -> None:
    _tools[tool.name] = tool


def register_provider(name: str, provider: Provider) -> None:
    _providers[name] = provider


def register_shortcut(shortcut: Shortcut) -> None:
    """Something that unanswered messages may say so clearly that no model is asked."""
    _shortcuts.append(shortcut)


def settled(turn: Turn, unanswered: Sequence[ChatMessage]) -> Settled | None:
    """What the first shortcut made of the messages; None where a model is to think."""
    found = (shortcut(turn, unanswered) for shortcut in _shortcuts)
    return next((each for each in found if each is not None), None)


def fits(name: str, args: str | dict[str, Any] | None) -> bool:
    """Whether a model's arguments are what the tool takes."""
    try:
        given = json.loads(args or "{}") if isinstance(args, str) else args or {}
        _tools[name].arguments.model_validate(given)
    except ValueError:
        return False
    return True


def tools() -> list[Tool]:
    return list(_tools.values())


def context_of(turn: Turn) -> dict[str, Any]:
    """What every provider has to say about this turn."""
    context: dict[str, Any] = {}
    for provider in _providers.values():
        context.update(provider(turn))
    return context
