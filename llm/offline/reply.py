"""Puts the answer of a turn into words: what was understood, what was asked, and one next step."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from leads.money import Money
from llm.offline import phrases
from llm.offline.situation import Situation
from llm.spanish import Intent
from llm.spanish.meaning import Offer

_MANY_DIGITS = re.compile(r"\d(?:[\s.-]?\d){5,}")
_LOW_INCOME, _MOST_SLOTS = 500_000, 4


def compose(situation: Situation) -> str:
    if situation.turn.complaints > 1:
        return phrases.SAFE
    for settle in (_handed_over, _booked, _cancelled, _ending):
        if text := settle(situation):
            return _joined(_opening(situation), text)
    return _joined(
        _opening(situation),
        *_acknowledged(situation),
        *_noticed(situation),
        *_answered(situation),
        _next(situation),
    )


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part).replace("\n ", "\n").strip()


def _pick(situation: Situation, variants: tuple[str, ...]) -> str:
    return variants[len(situation.turn.assistant_texts) % len(variants)]


def _first_name(name: Any) -> str:
    return str(name).split()[0]


def _opening(situation: Situation) -> str:
    agent, broker = situation.context.agent_name, situation.context.broker_name
    if situation.has(Intent.ASKS_IF_BOT):
        hello = "¡Hola!" if situation.first_contact else ""
        told = phrases.IS_BOT.format(
            agent=agent or "un programa", of_broker=f" de {broker}" if broker else ""
        )
        return _joined(hello, told)
    if situation.first_contact:
        intro = (
            phrases.INTRO.format(agent=agent, broker=broker)
            if agent and broker
            else phrases.INTRO_NAMELESS
        )
        return _joined(intro, phrases.ENGLISH if situation.has(Intent.ENGLISH) else "")
    return phrases.ENGLISH if situation.has(Intent.ENGLISH) else ""


def _handed_over(situation: Situation) -> str:
    answer = situation.turn.result("request_human")
    if answer is None:
        return (
            phrases.NO_HANDOFF
            if situation.handoff or situation.turn.failed("request_human")
            else ""
        )
    when = answer.get("answer_from")
    soon = (
        phrases.ANSWER_FROM.format(when=when)
        if isinstance(when, str) and when
        else phrases.ANSWER_SOON
    )
    return _joined(phrases.HANDED_OVER[situation.handoff or "other"], soon)


def _booked(situation: Situation) -> str:
    answer = situation.booking
    if answer is None or not situation.booked:
        return ""
    name = situation.facts.get("name") or situation.context.known.get("name")
    told = phrases.BOOKED.format(name=f", {_first_name(name)}" if name else "", **_visit(answer))
    contact = situation.facts.get("phone") or situation.context.known.get("phone")
    follow = (
        phrases.ASK_NAME_BOOKED
        if not name
        else phrases.ASK_PHONE_BOOKED
        if not contact
        else phrases.BOOKED_CLOSE
    )
    return _joined(told, follow)


def _visit(answer: Mapping[str, Any]) -> dict[str, str]:
    place, agent = answer.get("location"), answer.get("agent")
    label = str(answer.get("label") or "día acordado")
    return {
        "label": label,
        "place": f", en {place}" if place else "",
        "agent": f", con {agent}" if agent else "",
    }


def _cancelled(situation: Situation) -> str:
    if situation.turn.result("cancel_visit") is not None:
        return phrases.CANCELLED
    if situation.turn.failed("cancel_visit"):
        return phrases.CANCEL_FAILED
    if situation.has(Intent.WANTS_CANCEL) and not situation.context.appointment:
        return phrases.NOTHING_TO_CANCEL
    return ""


def _ending(situation: Situation) -> str:
    if (
        not situation.closing
        or situation.first_contact
        or situation.meaning.question
        or situation.facts
    ):
        return ""
    if situation.has(Intent.NOT_INTERESTED):
        return phrases.NOT_INTERESTED
    if situation.has(Intent.POSTPONES) and not situation.has(Intent.GOODBYE):
        return phrases.POSTPONED
    thanks = _pick(situation, phrases.WELCOME) if situation.has(Intent.THANKS) else ""
    if situation.has(Intent.GOODBYE):
        return _joined(thanks, _pick(situation, phrases.FAREWELL))
    return phrases.VISIT_LATER


def _acknowledged(situation: Situation) -> list[str]:
    facts, asked = situation.news, situation.asked
    parts = [_courtesy(situation)]
    if name := facts.get("name"):
        parts.append(_pick(situation, phrases.PLEASED).format(name=_first_name(name)))
    if asked == "phone" and "phone" not in facts and _MANY_DIGITS.search(situation.turn.text):
        parts.append(phrases.PHONE_REFUSED)
    parts += [text for field, text in _REFUSED.items() if field in situation.refused]
    if wanted := _wanted(facts):
        parts.append(_pick(situation, phrases.NOTED).format(facts=wanted))
    elif not name and facts.keys() & {"phone", "email", "income", "timeline", "debt_amount"}:
        parts.append(_pick(situation, phrases.THANKED))
    if facts.get("dicom") == "clean":
        parts.append(phrases.CLEAN)
    if asked in phrases.ASK and situation.has(Intent.DOES_NOT_KNOW, Intent.REFUSES_TO_SAY):
        parts.append(phrases.NO_MATTER)
    return parts


_REFUSED = {"phone": phrases.PHONE_REFUSED, "email": phrases.EMAIL_REFUSED}


def _courtesy(situation: Situation) -> str:
    if situation.has(Intent.HOW_ARE_YOU):
        return phrases.FINE
    if situation.has(Intent.GREETING) and not situation.first_contact and not situation.facts:
        return _pick(situation, phrases.GREETED)
    alone = situation.has(Intent.THANKS) and not situation.facts and not situation.meaning.question
    if alone and not situation.first_contact:
        return _pick(situation, phrases.WELCOME)
    if situation.confused:
        return phrases.CONFUSED
    return ""


def _wanted(facts: Mapping[str, Any]) -> str:
    """ "departamento de 2 dormitorios en Ñuñoa, hasta UF 4.000": the search, said back."""
    rooms = facts.get("bedrooms")
    noun = "dormitorio" if rooms == 1 else "dormitorios"
    kind = facts.get("property_type") or ""
    sized = (
        f"{kind} de {rooms} {noun}"
        if kind and rooms
        else kind or (f"{rooms} {noun}" if rooms else "")
    )
    places = " o ".join(facts.get("location") or ())
    budget = facts.get("budget")
    return ", ".join(filter(None, [" en ".join(filter(None, [sized, places])), _limit(budget)]))


def _limit(budget: Money | None) -> str:
    return f"hasta {budget}" if budget else ""


def _noticed(situation: Situation) -> list[str]:
    facts, notices = situation.news, []
    income = facts.get("income")
    poor = income is not None and income.currency == "CLP" and income.amount < _LOW_INCOME
    if facts.get("dicom") == "has_debt":
        notices.append(phrases.DEBT)
    if situation.outcome == "NO_CALIFICADO" and not situation.told(phrases.REVIEW_MARK):
        return [*notices, phrases.REVIEW, phrases.SUBSIDY]
    return [*notices, phrases.SUBSIDY] if poor else notices


def _answered(situation: Situation) -> list[str]:
    parts = []
    if situation.has(Intent.ASKS_WHY):
        parts.append(phrases.WHY.get(situation.asked or "", phrases.WHY_OTHERWISE))
    if situation.has(Intent.ASKS_APPOINTMENT) and not situation.answering.found:
        parts.append(_appointment(situation))
    return [*parts, situation.answering.text]


def _appointment(situation: Situation) -> str:
    appointment = situation.context.appointment
    if appointment is None:
        return phrases.NO_APPOINTMENT
    visit = {
        "label": appointment.label,
        "location": appointment.location,
        "agent": appointment.agent,
    }
    return phrases.APPOINTMENT.format(**_visit(visit))


def _next(situation: Situation) -> str:
    """The one next step of a message."""
    return next((text for step in _STEPS if (text := step(situation))), "")


def _offer_slots(situation: Situation) -> str:
    slots = situation.slots[:_MOST_SLOTS]
    if slots:
        lines = [f"{number}) {_label(slot)}" for number, slot in enumerate(slots, 1)]
        return "\n".join(
            [
                _slots_intro(situation),
                *lines,
                phrases.CHOOSE if len(slots) > 1 else phrases.CHOOSE_ONE,
            ]
        )
    if situation.booking is not None or situation.booking_failed:
        return phrases.BOOKING_FAILED
    return phrases.NO_SLOTS if situation.turn.called("find_slots") else ""


def _label(slot: Offer) -> str:
    return slot.label or slot.start.strftime("%d-%m a las %H:%M")


def _slots_intro(situation: Situation) -> str:
    if situation.booking is not None:
        return phrases.SLOT_TAKEN
    found = situation.turn.result("find_slots") or {}
    if (
        found.get("reason")
        or len([call for call in situation.turn.calls if call.name == "find_slots"]) > 1
    ):
        return phrases.SLOTS_OTHERWISE
    return _pick(situation, phrases.SLOTS)


def _other_day(situation: Situation) -> str:
    return (
        phrases.WHICH_DAY
        if situation.has(Intent.WANTS_OTHER_SLOTS) and situation.asked == "slot"
        else ""
    )


def _choose_again(situation: Situation) -> str:
    unclear = (
        situation.asked == "slot" and situation.context.offers and situation.has(Intent.AFFIRMS)
    )
    if not unclear or situation.facts:
        return ""
    labels = [
        f"{number}) {_label(offer)}"
        for number, offer in enumerate(situation.context.offers[:_MOST_SLOTS], 1)
    ]
    return "\n".join(["¡Buenísimo!", *labels, phrases.CHOOSE])


def _visit_without_slots(situation: Situation) -> str:
    impossible = not situation.context.booking_enabled or "find_slots" not in situation.tools
    if not (situation.has(Intent.WANTS_VISIT) and impossible):
        return ""
    return phrases.NO_BOOKING if "request_human" in situation.tools else ""


def _ask(situation: Situation) -> str:
    name = situation.next_ask
    if name is None:
        return ""
    if name == "income" and situation.has(Intent.GROSS_INCOME):
        return phrases.GROSS
    if name == "phone" and "phone" in situation.refused:
        return phrases.PHONE_WHOLE
    question = (
        phrases.ASK_AGAIN[name]
        if situation.times_asked(name)
        else _pick(situation, phrases.ASK[name])
    )
    greeted = situation.first_contact and not situation.facts and not situation.meaning.question
    return _joined(phrases.PURPOSE if greeted else "", question)


def _close(situation: Situation) -> str:
    return _pick(situation, phrases.ANYTHING_ELSE)


_STEPS: tuple[Callable[[Situation], str], ...] = (
    _offer_slots,
    _other_day,
    _choose_again,
    _visit_without_slots,
    _ask,
    _close,
)
