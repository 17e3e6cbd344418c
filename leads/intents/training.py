"""Learns the table of weights from the examples: the same examples give the same bytes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from leads.intents import features
from leads.intents.classifier import Model, probabilities
from leads.intents.features import BUCKETS, places, sentences

EXAMPLES = Path(__file__).with_name("examples.txt")
FOLDS = 5  # each example is judged by a model that was not taught it, to set the limits with
STRENGTH = 20.0  # of the weights: the inverse of the penalty on large ones
PRECISION = 0.95  # of what is acted on, on examples not taught
LEAST_SURE, MOST_SURE = 0.45, 0.8
LEAST_POSSIBLE = 0.25
# What calls for the same act is surer together than each of it alone.
TOGETHER: Mapping[str, frozenset[str]] = {
    "needs_person": frozenset({"anger", "complaint", "legal_threat", "wants_human"}),
}


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    intents: frozenset[str]

    @property
    def fold(self) -> int:
        return crc32(self.text.encode()) % FOLDS


@dataclass(frozen=True, slots=True)
class Figures:
    """On examples not taught: how often an intent that is sure is right, and how many are found."""

    intent: str
    precision: float
    recall: float
    sure: float
    count: int


def read_examples(path: Path = EXAMPLES) -> list[Example]:
    """Each text once, with all intents it stands under."""
    found: dict[str, set[str]] = {}
    intents: set[str] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("="):
            intents = set(line[1:].split())
            intents |= {group for group, of in TOGETHER.items() if intents & of}
        elif line and not line.startswith("#"):
            found.setdefault(line.strip(), set()).update(intents)
    return [Example(text, frozenset(of)) for text, of in found.items()]


def hash_of(path: Path = EXAMPLES) -> str:
    """Of all that decides the model: the examples and the code that learns from them."""
    parts = [
        path.read_bytes(),
        *(Path(str(each)).read_bytes() for each in (__file__, features.__file__)),
    ]
    return sha256(b"\0".join(parts)).hexdigest()


def train(examples: Sequence[Example]) -> tuple[bytes, list[Figures]]:
    """The model's file, and what it reaches on examples that it was not taught."""
    intents = sorted({intent for each in examples for intent in each.intents})
    judged, scores = _judged(examples, intents)
    limits, figures = [], []
    for column, intent in enumerate(intents):
        is_so = np.array([intent in each.intents for each in judged])
        is_right = np.array([bool(_alike(intent) & each.intents) for each in judged])
        limits.append(_limit(scores[:, column], is_right))
        figures.append(_figures(intent, scores[:, column], is_so, limits[-1]))
    return stored(fit(examples, intents), limits, hash_of()), figures


def _alike(intent: str) -> frozenset[str]:
    """Itself, and what calls for the same act: to take one for the other does no harm."""
    groups = (group for group in TOGETHER.values() if intent in group)
    return frozenset({intent}).union(*groups)


def _judged(examples: Sequence[Example], intents: Sequence[str]) -> tuple[list[Example], Any]:
    judged: list[Example] = []
    scores = []
    for fold in range(FOLDS):
        learnt = fit([each for each in examples if each.fold != fold], intents)
        held_out = [each for each in examples if each.fold == fold]
        judged += held_out
        scores += [probabilities(learnt, each.text) for each in held_out]
    return judged, np.array(scores)


def fit(examples: Sequence[Example], intents: Sequence[str]) -> Model:
    table = _table(each.text for each in examples)
    weights = np.zeros((BUCKETS, len(intents)), dtype=np.float32)
    bias = np.zeros(len(intents), dtype=np.float32)
    for column, intent in enumerate(intents):
        fitted = LogisticRegression(
            C=STRENGTH, solver="liblinear", dual=True, tol=0.01, random_state=0, max_iter=200
        )
        fitted.fit(table, [intent in each.intents for each in examples])
        weights[:, column], bias[column] = fitted.coef_[0], fitted.intercept_[0]
    scale = np.abs(weights).max(axis=0) / 127
    small = np.rint(weights / scale).astype(np.int8)
    return Model(tuple(intents), small, scale, bias, None, None, "")


def _table(texts: Iterable[str]) -> Any:
    found = [places(sentences(text)[0]) for text in texts]
    ends = np.cumsum([0, *map(len, found)])
    values = np.concatenate([np.full(len(each), len(each) ** -0.5) for each in found])
    return csr_matrix((values, np.concatenate(found), ends), shape=(len(found), BUCKETS))


def _limit(scores: Any, is_right: Any) -> float:
    """The lowest from which what is called sure is right often enough."""
    for limit in np.arange(LEAST_SURE, MOST_SURE, 0.02):
        named = scores >= limit
        if named.any() and is_right[named].mean() >= PRECISION:
            return float(limit)
    return MOST_SURE


def _figures(intent: str, scores: Any, is_so: Any, limit: float) -> Figures:
    named = scores >= limit
    right = float((named & is_so).sum())
    return Figures(
        intent, right / max(named.sum(), 1), right / max(is_so.sum(), 1), limit, int(is_so.sum())
    )


def stored(model: Model, limits: Sequence[float], of: str) -> bytes:
    """The file of a model; ``of`` is the hash of what it is made of."""
    file = BytesIO()
    np.savez(
        file,
        intents=np.array(model.intents),
        weights=model.weights,
        scale=model.scale,
        bias=model.bias,
        sure=np.array(limits, dtype=np.float32),
        possible=np.full(len(limits), LEAST_POSSIBLE, dtype=np.float32),
        hash=np.array(of),
    )
    return file.getvalue()
