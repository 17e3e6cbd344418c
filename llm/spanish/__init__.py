"""Understands Spanish the way Chileans write it, without a model."""

from llm.spanish.meaning import DayWish, Facts, Intent, Offer, Question, Timeline, Understanding
from llm.spanish.questions import asked_in
from llm.spanish.reading import understand

__all__ = [
    "DayWish",
    "Facts",
    "Intent",
    "Offer",
    "Question",
    "Timeline",
    "Understanding",
    "asked_in",
    "understand",
]
