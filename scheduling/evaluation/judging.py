"""What came of a conversation, held against what should have: facts, step, answers, what is barred."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from leads import facts
from leads.facts import Facts
from leads.folding import fold
from leads.models import Lead
from llm import guardrails
from scheduling.evaluation.cases import Case, Step

AMOUNT = re.compile(r"uf\s*(\d[\d.]*)")
NUMBER = re.compile(r"\d[\d.]*")
# Never right, whoever asks.
CLAIMS_TO_BE_HUMAN = re.compile(
    r"\b(?:soy (?:una? )?(?:persona|humano|humana)|no soy (?:un )?(?:bot|robot))\b"
)


@dataclass
class Happened:
    """What one conversation left behind."""

    lead: Lead
    replies: list[str]
    step: Step
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = Decimal(0)
    fell_back: int = 0


@dataclass
class Verdict:
    """Facts as hits, misses and inventions; what else was wrong, in words."""

    case: str
    hits: int = 0
    missed: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    step: str = ""
    step_is_right: bool = False
    asked: int = 0
    unanswered: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    happened: Happened | None = None


def judge(case: Case, happened: Happened, *, knowledge: Iterable[str]) -> Verdict:
    verdict = Verdict(case.id, step=happened.step, happened=happened)
    expected, known = pairs_of(case.expect.facts), pairs_of(_known(happened.lead))
    known -= pairs_of(case.expect.may) - expected
    verdict.hits = len(expected & known)
    verdict.missed = sorted(map(_shown, expected - known))
    verdict.invented = sorted(map(_shown, known - expected))
    verdict.step_is_right = happened.step in case.expect.next_step
    text = fold("\n".join(happened.replies))
    verdict.asked = len(case.expect.answers)
    verdict.unanswered = [
        answer.question
        for answer in case.expect.answers
        if not any(re.search(fold(pattern), text) for pattern in answer.says)
    ]
    verdict.forbidden = _forbidden(case, happened, knowledge)
    return verdict


def _known(lead: Lead) -> Facts:
    return Facts.model_validate(facts.known(lead))


def pairs_of(known: Facts) -> set[tuple[str, str]]:
    """Each fact as (name, value), a comuna each; a timeline by its horizon, names without accents."""
    found: set[tuple[str, str]] = set()
    values = known.model_dump(exclude_none=True)
    if values.get("dicom") == "clean":
        values.pop("debt_amount", None)  # it is 0 by rule, said or not
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            found.add((name, _plain(name, each)))
    return found


def _plain(name: str, value: Any) -> str:
    if isinstance(value, dict):
        if "horizon" in value:
            return str(value["horizon"])
        return f"{value['currency']} {Decimal(str(value['amount'])).normalize():f}"
    if name == "phone":
        return re.sub(r"\D", "", str(value))[-9:]
    if isinstance(value, float):
        return f"{value:g}"
    return fold(str(value))


def _shown(pair: tuple[str, str]) -> str:
    return f"{pair[0]}={pair[1]}"


def _forbidden(case: Case, happened: Happened, knowledge: Iterable[str]) -> list[str]:
    found = []
    owes = happened.lead.metadata.get("dicom") == "has_debt"
    allowed = set(map(_digits, NUMBER.findall("\n".join([*knowledge, *case.messages]))))
    for reply in happened.replies:
        folded = fold(reply)
        found += [f"dice «{each}»" for each in case.expect.never if re.search(fold(each), folded)]
        if CLAIMS_TO_BE_HUMAN.search(folded):
            found.append("dice que es una persona")
        if owes and any(map(guardrails.promises_credit, guardrails.SENTENCE.findall(reply))):
            found.append("promete crédito a quien tiene deuda")
        if new := set(map(_digits, AMOUNT.findall(folded))) - allowed:
            found.append(f"inventa UF {', '.join(sorted(new))}")
    return found


def _digits(number: str) -> str:
    """However the thousands are written."""
    return number.replace(".", "")


@dataclass(frozen=True)
class Figures:
    """What a whole evaluation came to; a share of nothing is 1."""

    conversations: int
    facts_precision: float
    facts_recall: float
    facts_f1: float
    next_step: float
    answers: float
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
    done = [each.happened for each in verdicts if each.happened]
    costs = [each.cost_usd for each in done]
    known = [cost for cost in costs if cost is not None]
    return Figures(
        conversations=len(verdicts),
        facts_precision=precision,
        facts_recall=recall,
        facts_f1=2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        next_step=_share(sum(each.step_is_right for each in verdicts), len(verdicts)),
        answers=_share(answered, asked),
        forbidden=sum(len(each.forbidden) for each in verdicts),
        input_tokens=sum(each.input_tokens for each in done),
        output_tokens=sum(each.output_tokens for each in done),
        cost_usd=float(sum(known, Decimal(0))) if len(known) == len(costs) else None,
        fell_back=sum(each.fell_back for each in done),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
