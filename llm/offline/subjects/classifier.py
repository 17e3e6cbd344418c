"""Guesses what a question asks for; finer points and statements are classes too, so that it abstains."""

from functools import lru_cache
from pathlib import Path

from leads.intents.classifier import load, probabilities

MODEL = Path(__file__).with_name("model.npz")
NEITHER = ("detail", "statement")
_READ = 300  # characters: what a clause of a message has
_APART = 1.5  # times as likely as a finer point or a statement


@lru_cache(maxsize=512)  # a clause is asked about when it is found, and again when it is answered
def asked_for(clause: str) -> str:
    """The subject that is sure, or nothing."""
    scores = guessed(clause[:_READ])
    model = load(MODEL)
    sure = dict(zip(model.intents, map(float, model.sure), strict=True))
    name = max((each for each in scores if each not in NEITHER), key=lambda each: scores[each])
    rivals = max(scores[each] for each in NEITHER)
    return name if scores[name] >= sure[name] and scores[name] > rivals * _APART else ""


def guessed(clause: str) -> dict[str, float]:
    model = load(MODEL)
    return dict(zip(model.intents, map(float, probabilities(model, clause)), strict=True))
