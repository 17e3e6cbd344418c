"""Whether a conversation moves on: by what a turn did and answered, else by what was understood."""

from collections.abc import Mapping
from typing import Any

from leads.enums import Direction
from leads.languages import language_of
from llm import pricing
from llm.spanish import asked_in, understand
from llm.tools import Turn

STALLED = 3  # turns in a row, after which a person is asked for
# What a tool gave that a reply can answer with.
_ANSWERS = ("hits", "matches", "slots", "appointment_id")


def is_made(turn: Turn) -> bool:
    """A tool moved the lead on, or what they asked has an answer."""
    if turn.progressed or turn.context.get("knowledge"):
        return True
    return any(_can_answer(answer) for _name, answer in turn.results)


def _can_answer(answer: Mapping[str, Any]) -> bool:
    return any(answer.get(name) for name in _ANSWERS)


def is_lost(turn: Turn) -> bool:
    """Whether nothing was understood in the lead's latest messages, none of which moved anything.

    Small talk, thanks and the like are understood; a question that nothing answers counts as not.
    Read only where it decides: it takes longer than all else that is done after a model answered.
    """
    texts = [(turn.question, _last_of_ours(turn))]
    before = [each for each in turn.history if each.direction == Direction.IN]
    texts += [(each.message_text, "") for each in before[1 - STALLED :]]
    return not any(_is_understood(turn, text, ours) for text, ours in texts)


def _is_understood(turn: Turn, text: str, ours: str) -> bool:
    zone = turn.broker.timezone
    meant = understand(text, now=turn.at, zone=zone, asked=asked_in(ours))
    if meant.question is not None:
        return False
    if meant.intents or meant.facts.known() or meant.wish:
        return True
    # A vendor's model reads more than our rules do: words of a language that it speaks are enough.
    return turn.model != pricing.OFFLINE and language_of(text, sure=1) is not None


def _last_of_ours(turn: Turn) -> str:
    ours = (each for each in reversed(turn.history) if each.direction == Direction.OUT)
    return next((each.message_text for each in ours), "")
