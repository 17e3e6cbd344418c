"""Then and now: an exchange of a replay side by side, a conversation's figures, and the totals of all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from leads.enums import Author
from leads.folding import fold
from leads.models import ChatMessage
from llm.desk import telling
from llm.desk.sandbox import Answer, Deed
from llm.desk.script import Burst, Script

BOOKED = ("booked", "rescheduled")
COUNTS = ("handed_over", "facts", "broken", "visits")


@dataclass
class Exchange:
    """What a lead wrote in one breath, with what was answered then and what is answered now."""

    then: Burst
    now: Answer
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        before = fold(" ".join(each.message_text for each in self.then.replies))
        return before.split() != fold(" ".join(self.now.replies)).split()


def read(exchange: Exchange) -> None:
    """Put it in words at once: the rows that it points at are gone with the sandbox."""
    then, now = exchange.then, exchange.now
    exchange.data = {
        "at": then.at.isoformat(),
        "texts": then.texts,
        "differs": exchange.differs,
        "then": {
            "replies": [[_who(each), each.message_text] for each in then.replies],
            "deeds": then.deeds,
            "broken": telling.broken(then.broken),
            "handed_over": then.has("person_requested"),
        },
        "now": {
            "replies": now.replies,
            "deeds": [_deed(each) for each in now.deeds],
            "broken": telling.broken(now.broken),
            "handed_over": now.is_handed_over,
        },
    }


def _who(message: ChatMessage) -> str:
    return "" if message.author == Author.ASSISTANT else str(message.get_author_display())


def _deed(deed: Deed) -> str:
    """A tool and what it was asked for, on one line; what it found is in the reply."""
    details = [f"{each.label}: {each.text}" for each in telling.told(deed.given) if each.text]
    return (
        f"{telling.tool(deed.name)} ({'; '.join(details)})" if details else telling.tool(deed.name)
    )


def figures(script: Script, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """Each figure as it was then and as it is now; a cost is None where a price is unknown."""
    now = exchanges[-1].now if exchanges else None
    spent = [each.now.cost_usd for each in exchanges]
    cost = None if None in spent else sum((each or Decimal(0) for each in spent), Decimal(0))
    return {
        "turns": len(exchanges),
        "differ": sum(each.differs for each in exchanges),
        "is_cut": script.is_cut or len(exchanges) < len(script.bursts),
        "handed_over": [
            int(any(each.then.has("person_requested") for each in exchanges)),
            int(any(each.now.is_handed_over for each in exchanges)),
        ],
        "facts": [len(script.facts), len(now.facts) if now else 0],
        "facts_then": telling.facts(script.facts),
        "facts_now": telling.facts(now.facts) if now else [],
        "broken": [
            sum(bool(each.then.broken) for each in exchanges),
            sum(bool(each.now.broken) for each in exchanges),
        ],
        "visits": [
            sum(
                each.then.has("appointment_booked", "appointment_rescheduled") for each in exchanges
            ),
            sum(_books(each.now) for each in exchanges),
        ],
        "cost": [_dollars(script.cost_usd), _dollars(cost)],
    }


def _books(answer: Answer) -> bool:
    return any(deed.answer.get(key) for deed in answer.deeds for key in BOOKED)


def _dollars(cost: Decimal | None) -> float | None:
    return None if cost is None else float(cost)


def totals(each: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The sums of all conversations, then and now."""
    pairs = {name: [sum(one[name][place] for one in each) for place in (0, 1)] for name in COUNTS}
    costs = [[one["cost"][place] for one in each] for place in (0, 1)]
    return {
        "conversations": len(each),
        "turns": sum(one["turns"] for one in each),
        "differ": sum(one["differ"] for one in each),
        "cut": sum(one["is_cut"] for one in each),
        **pairs,
        "cost": [None if None in listed else round(sum(listed), 6) for listed in costs],
    }
