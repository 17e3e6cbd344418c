"""Guesses what a message is for; abstains where the examples do not decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from leads.intents.features import places, sentences

MODEL = Path(__file__).with_name("model.npz")


@dataclass(frozen=True, slots=True)
class Guess:
    """Every intent's probability; ``sure`` are those to act on, ``possible`` those to ask about."""

    scores: Mapping[str, float]
    sure: frozenset[str]
    possible: frozenset[str]


@dataclass(frozen=True, slots=True)
class Model:
    """The table of weights as stored: bytes and one scale for each intent."""

    intents: tuple[str, ...]
    weights: Any
    scale: Any
    bias: Any
    sure: Any
    possible: Any
    hash: str


def guess(text: str) -> Guess:
    return _guessed(text[:4_000])


@lru_cache(maxsize=256)  # a turn reads the same text several times
def _guessed(text: str) -> Guess:
    model = load()
    scores = probabilities(model, text)
    named = dict(zip(model.intents, map(float, scores), strict=True))
    above = [
        frozenset(
            name for name, is_above in zip(model.intents, scores >= limit, strict=True) if is_above
        )
        for limit in (model.sure, model.possible)
    ]
    return Guess(named, above[0], above[1])


def probabilities(model: Model, text: str) -> Any:
    """Of the whole text or the sentence that says it most clearly, whichever is more."""
    import numpy as np  # noqa: PLC0415 - loaded by the processes that read messages only

    each = []
    for sentence in sentences(text):
        found = places(sentence)
        total = model.weights[found].sum(axis=0, dtype=np.float32) * model.scale
        each.append(model.bias + total / max(len(found), 1) ** 0.5)
    return 1 / (1 + np.exp(-np.max(each, axis=0)))


@cache
def load(path: Path = MODEL) -> Model:
    import numpy as np  # noqa: PLC0415 - as above

    with np.load(path, allow_pickle=False) as stored:
        return Model(
            tuple(map(str, stored["intents"])),
            stored["weights"],
            stored["scale"],
            stored["bias"],
            stored["sure"],
            stored["possible"],
            str(stored["hash"]),
        )
