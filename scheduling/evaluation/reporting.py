"""An evaluation in print and as JSON: a table by skill, the worst conversations, what differs from another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from scheduling.evaluation.figures import Figures, by_skill, figures
from scheduling.evaluation.judging import Verdict

COLUMNS = ("conversations", "facts F1", "next step", "answers", "language", "forbidden")
COMPARED = ("facts_f1", "next_step", "answers", "language", "forbidden")
ALL = "all"


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    rows = {**by_skill(verdicts), ALL: figures(verdicts)}
    wide = max(map(len, rows))
    yield "  ".join(["skill".ljust(wide), *COLUMNS])
    for skill, each in rows.items():
        cells = (
            str(each.conversations),
            f"{each.facts_f1:.3f}",
            f"{each.next_step:.3f}",
            f"{each.answers:.3f}" if each.questions else "-",
            f"{each.language:.3f}",
            str(each.forbidden),
        )
        shown = (cell.rjust(len(name)) for cell, name in zip(cells, COLUMNS, strict=True))
        yield "  ".join([skill.ljust(wide), *shown])


def totals(total: Figures) -> Iterator[str]:
    cost = "unknown" if total.cost_usd is None else f"US$ {total.cost_usd:.4f}"
    yield f"facts: precision {total.facts_precision:.3f}, recall {total.facts_recall:.3f}"
    yield f"tokens: {total.input_tokens} in, {total.output_tokens} out; cost {cost}"
    yield f"fell back: {total.fell_back} attempts"


def worst(verdicts: Sequence[Verdict], count: int) -> Iterator[str]:
    """The conversations that went most wrong, quoted: ">" is the lead, "<" our reply."""
    ordered = sorted(verdicts, key=lambda each: -each.badness)
    for each in (each for each in ordered[:count] if each.badness):
        yield f"\n{each.case} ({', '.join(each.skills)})"
        for author, text in each.exchange:
            sign = ">" if author == "lead" else "<"
            yield "\n".join(f"  {sign} {line}" for line in text.splitlines())
        yield from (f"  ! {line}" for line in each.complaints)


def as_data(verdicts: Sequence[Verdict], *, model: str) -> dict[str, Any]:
    return {
        "model": model,
        "figures": asdict(figures(verdicts)),
        "skills": {skill: asdict(each) for skill, each in by_skill(verdicts).items()},
        "verdicts": [asdict(each) for each in verdicts],
    }


def verdicts_of(data: Mapping[str, Any]) -> list[Verdict]:
    return [Verdict(**each) for each in data["verdicts"]]


def differences(before: Sequence[Verdict], after: Sequence[Verdict]) -> Iterator[str]:
    """Figures over the conversations that both have, and which of them got better or worse."""
    old = {each.case: each for each in before}
    both = [(old[each.case], each) for each in after if each.case in old]
    yield f"{len(both)} conversations in both"
    was, now = figures([pair[0] for pair in both]), figures([pair[1] for pair in both])
    for name in COMPARED:
        earlier, later = getattr(was, name), getattr(now, name)
        yield f"{name:<10} {earlier:.3f} -> {later:.3f} ({later - earlier:+.3f})"
    for title, sign in (("better", 1), ("worse", -1)):
        moved = [pair for pair in both if (pair[0].badness - pair[1].badness) * sign > 0]
        yield f"{title}: {len(moved)}"
        for earlier, later in moved:
            yield f"  {later.case}"
            yield from (f"    - {each}" for each in earlier.complaints)
            yield from (f"    + {each}" for each in later.complaints)
