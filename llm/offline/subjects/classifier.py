"""Guesses what a question asks for; finer points and statements are classes too, so that it abstains."""

from functools import lru_cache
from pathlib import Path

from leads.intents.classifier import load, probabilities

MODEL = Path(__file__).with_name("model.npz")
NEITHER = ("detail", "statement")
_READ = 300  # characters: what a clause of a message has
_APART = 1.5  # times as likely as a finer point or a statement
_APART_UNASKED = 3.0  # where nothing else says that it is a question
_SURE_UNASKED = 0.7
_LIKELY = 0.12  # enough where the words themselves name the same subject


def asked_for(clause: str, *, asks: bool = True) -> str:
    """The subject that is sure, or nothing; ``asks`` when its form already shows a question."""
    name, score, rivals = _likeliest(clause[:_READ])
    apart = _APART if asks else _APART_UNASKED
    least = _limits()[name] if asks else _SURE_UNASKED
    return name if score >= least and score > rivals * apart else ""


def likely(clause: str) -> str:
    """The subject that is likelier than a finer point or a statement, though not sure."""
    name, score, rivals = _likeliest(clause[:_READ])
    return name if score >= _LIKELY and score > rivals else ""


@lru_cache(maxsize=512)  # a clause is asked about when it is found, and again when it is answered
def _likeliest(clause: str) -> tuple[str, float, float]:
    """The likeliest subject, its probability, and that of being none."""
    scores = guessed(clause)
    name = max((each for each in scores if each not in NEITHER), key=lambda each: scores[each])
    return name, scores[name], max(scores[each] for each in NEITHER)


@lru_cache(maxsize=1)
def _limits() -> dict[str, float]:
    model = load(MODEL)
    return dict(zip(model.intents, map(float, model.sure), strict=True))


def guessed(clause: str) -> dict[str, float]:
    model = load(MODEL)
    return dict(zip(model.intents, map(float, probabilities(model, clause)), strict=True))
