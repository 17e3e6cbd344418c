"""What the verdicts of an evaluation come to, over all conversations and for each skill."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scheduling.evaluation.judging import Verdict

# Of the embedded model on the fast split: what a change may not fall below. Who makes it better
# records that here.
LEVELS = Path(__file__).parent / "levels.json"


@dataclass(frozen=True)
class Figures:
    """Shares from 0 to 1; a share of nothing is 1."""

    conversations: int
    facts_precision: float
    facts_recall: float
    facts_f1: float
    next_step: float
    questions: int
    answers: float
    language: float
    forbidden: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    fell_back: int

    @property
    def weakest(self) -> float:
        return min(self.facts_f1, self.next_step, self.answers)


def figures(verdicts: Sequence[Verdict]) -> Figures:
    hits = sum(each.hits for each in verdicts)
    expected = hits + sum(len(each.missed) for each in verdicts)
    found = hits + sum(len(each.invented) for each in verdicts)
    precision, recall = _share(hits, found), _share(hits, expected)
    asked = sum(each.asked for each in verdicts)
    answered = asked - sum(len(each.unanswered) for each in verdicts)
    costs = [each.cost_usd for each in verdicts]
    known = [cost for cost in costs if cost is not None]
    return Figures(
        conversations=len(verdicts),
        facts_precision=precision,
        facts_recall=recall,
        facts_f1=2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        next_step=_share(sum(each.step_is_right for each in verdicts), len(verdicts)),
        questions=asked,
        answers=_share(answered, asked),
        language=_share(sum(not each.wrong_language for each in verdicts), len(verdicts)),
        forbidden=sum(len(each.forbidden) for each in verdicts),
        input_tokens=sum(each.input_tokens for each in verdicts),
        output_tokens=sum(each.output_tokens for each in verdicts),
        cost_usd=float(sum(known)) if len(known) == len(costs) else None,
        fell_back=sum(each.fell_back for each in verdicts),
    )


def below_level(total: Figures) -> list[str]:
    """The figures that are worse than recorded, in words; more that is barred is worse."""
    levels: dict[str, float] = json.loads(LEVELS.read_text(encoding="utf-8"))
    return [
        f"{name} is {getattr(total, name):.3f}, recorded {level:.3f}"
        for name, level in levels.items()
        if (getattr(total, name) > level if name == "forbidden" else getattr(total, name) < level)
    ]


def by_skill(verdicts: Sequence[Verdict]) -> dict[str, Figures]:
    """Of each skill that was tried, in alphabetical order; a conversation counts for each of its own."""
    skills = sorted({skill for each in verdicts for skill in each.skills})
    return {skill: figures([each for each in verdicts if skill in each.skills]) for skill in skills}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
