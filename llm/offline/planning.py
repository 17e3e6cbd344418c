"""Decides which tools to call next, or that it is time to answer."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from leads.money import Money
from llm.offline.situation import MOST_ROUNDS, Situation
from llm.spanish import DayWish, Intent, Timeline

Call = tuple[str, dict[str, Any]]


def next_calls(situation: Situation) -> list[Call]:
    """Calls to make at once; empty when everything for the answer is there."""
    if situation.turn.rounds >= MOST_ROUNDS or situation.turn.complaints:
        return []
    wanted = [call for decide in _DECISIONS for call in decide(situation)]
    offered = [
        (name, _accepted(situation.tools[name], args))
        for name, args in wanted
        if name in situation.tools
    ]
    return [(name, args) for name, args in offered if not situation.turn.called(name, args)]


def _record(situation: Situation) -> list[Call]:
    if situation.turn.called("record_facts"):
        return _record_the_rest(situation)
    known = situation.context.known
    fresh = {
        name: value
        for name, value in (
            (name, _plain(value)) for name, value in situation.meaning.facts.known().items()
        )
        if not _same(known.get(name), value)
    }
    return [("record_facts", fresh)] if fresh else []


def _record_the_rest(situation: Situation) -> list[Call]:
    """Once more without what the tool would not take, so that one odd fact does not lose the others."""
    calls = [call for call in situation.turn.calls if call.name == "record_facts"]
    if len(calls) > 1 or not calls[0].complaint:
        return []
    kept = {
        name: value
        for name, value in calls[0].args.items()
        if f"'{name}'" not in calls[0].complaint
    }
    return [("record_facts", kept)] if kept and kept != calls[0].args else []


def _hand_over(situation: Situation) -> list[Call]:
    reason = _handover_reason(situation)
    if reason is None or situation.turn.called("request_human"):
        return []
    return [("request_human", {"reason": reason})]


def _handover_reason(situation: Situation) -> str | None:
    if situation.handoff:
        return situation.handoff
    cannot_cancel = situation.has(Intent.WANTS_CANCEL) and "cancel_visit" not in situation.tools
    cannot_move = situation.has(Intent.WANTS_RESCHEDULE) and "find_slots" not in situation.tools
    return "other" if situation.context.appointment and (cannot_cancel or cannot_move) else None


def _book(situation: Situation) -> list[Call]:
    offer_id = situation.meaning.offer_id
    if (
        offer_id is None
        or situation.handoff
        or situation.turn.called("find_slots")
        or not situation.context.booking_enabled
    ):
        return []
    moves = situation.context.appointment is not None and "reschedule_visit" in situation.tools
    tool = "reschedule_visit" if moves else "book_visit"
    return [] if situation.turn.called(tool) else [(tool, {"offer_id": offer_id})]


def _cancel(situation: Situation) -> list[Call]:
    if not (
        situation.has(Intent.WANTS_CANCEL) and situation.context.appointment
    ) or situation.turn.called("cancel_visit"):
        return []
    return [("cancel_visit", {"reason": situation.turn.text[:200]})]


def _tell(situation: Situation) -> list[Call]:
    """Who awaits the lead hears that they come, or come late."""
    kinds = {Intent.RUNNING_LATE: "late", Intent.CONFIRMS_VISIT: "coming"}
    kind = next((kind for intent, kind in kinds.items() if situation.has(intent)), None)
    moves = situation.has(Intent.WANTS_CANCEL, Intent.WANTS_RESCHEDULE)
    if kind is None or moves or not situation.context.appointment:
        return []
    return [("tell_agent", {"kind": kind, "words": situation.turn.text[:200]})]


def _search(situation: Situation) -> list[Call]:
    return [] if situation.handoff else situation.answering.calls


def _slots(situation: Situation) -> list[Call]:
    if situation.handoff or situation.booked:
        return []
    if (
        _lost_the_hour(situation)
        and not situation.slots
        and not situation.turn.called("find_slots")
    ):
        return [("find_slots", {})]
    if not _may_look(situation) or situation.slots:
        return []
    wished = wish_args(situation.meaning.wish) or _offered_days(situation)
    return [("find_slots", {} if situation.turn.called("find_slots") else wished)]


def _offered_days(situation: Situation) -> dict[str, Any]:
    """Of hours that wait to be chosen: the same days are offered again."""
    days = sorted(offer.start.date().isoformat() for offer in situation.context.offers)
    return {"date_from": days[0], "date_to": days[-1]} if situation.hours_wait else {}


def _may_look(situation: Situation) -> bool:
    """What the lead tells is recorded first, unless they ask for hours: the record says what is still missing."""
    waiting = "record_facts" in situation.tools and bool(_record(situation))
    asked = situation.has(Intent.WANTS_VISIT, Intent.WANTS_RESCHEDULE) or situation.asked in (
        "slot",
        "visit",
    )
    return situation.wants_slots and (asked or not waiting)


def _lost_the_hour(situation: Situation) -> bool:
    return situation.booking is not None and not situation.booked


_DECISIONS: tuple[Callable[[Situation], list[Call]], ...] = (
    _record,
    _hand_over,
    _book,
    _cancel,
    _tell,
    _search,
    _slots,
)


def wish_args(wish: DayWish | None) -> dict[str, Any]:
    given = {
        "date_from": wish and wish.date_from and wish.date_from.isoformat(),
        "date_to": wish and wish.date_to and wish.date_to.isoformat(),
        "part_of_day": wish and wish.part_of_day,
    }
    return {name: value for name, value in given.items() if value}


def _accepted(schema: Mapping[str, Any], args: dict[str, Any]) -> dict[str, Any]:
    """Only the arguments that the tool declares."""
    declared = schema.get("properties")
    return {name: value for name, value in args.items() if not declared or name in declared}


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount": _number(value.amount), "currency": value.currency}
    if isinstance(value, Timeline):
        return {"horizon": value.horizon, "text": value.text}
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == int(amount) else float(amount)


def _same(known: Any, value: Any) -> bool:
    if isinstance(known, Mapping) and isinstance(value, dict):
        return all(known.get(key) == each for key, each in value.items())
    return bool(known == value)
