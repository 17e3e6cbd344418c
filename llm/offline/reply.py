"""Puts the answer of a turn into words: what was understood, what was asked, and one next step."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from leads.money import Money
from llm.offline.situation import Situation
from llm.offline.wording import Words
from llm.spanish import Intent
from llm.spanish.meaning import Offer

_MANY_DIGITS = re.compile(r"\d(?:[\s.-]?\d){5,}")
_LOW_INCOME, _MOST_SLOTS = 500_000, 4


def compose(situation: Situation) -> str:
    if situation.turn.complaints > 1:
        return situation.words.SAFE
    for settle in (handed_over, _booked, _cancelled, _standing, _unfitting, _ending):
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
    words = situation.words
    if situation.has(Intent.ASKS_IF_BOT):
        hello = words.HELLO if situation.first_contact else ""
        text = situation.words.IS_BOT.format(
            agent=agent or words.A_PROGRAM,
            of_broker=words.OF_BROKER.format(broker=broker) if broker else "",
        )
        return _joined(hello, text)
    if not situation.first_contact:
        return ""
    return (
        words.INTRO.format(agent=agent, broker=broker) if agent and broker else words.INTRO_NAMELESS
    )


def handed_over(situation: Situation) -> str:
    answer = situation.turn.result("request_human")
    if answer is None:
        return (
            situation.words.NO_HANDOFF
            if situation.handoff or situation.turn.failed("request_human")
            else ""
        )
    when = answer.get("answer_from")
    soon = (
        situation.words.ANSWER_FROM.format(when=when)
        if isinstance(when, str) and when
        else situation.words.ANSWER_SOON
    )
    asked = [call.args for call in situation.turn.calls if call.name == "request_human"]
    return _joined(situation.words.HANDED_OVER[asked[-1].get("reason", "other")], soon)


def _booked(situation: Situation) -> str:
    answer = situation.booking
    if answer is None or not situation.booked:
        return ""
    name = situation.facts.get("name") or situation.context.known.get("name")
    text = situation.words.BOOKED.format(
        name=f", {_first_name(name)}" if name else "", **_visit(answer, situation.words)
    )
    contact = situation.facts.get("phone") or situation.context.known.get("phone")
    follow = (
        situation.words.ASK_NAME_BOOKED
        if not name
        else situation.words.ASK_PHONE_BOOKED
        if not contact
        else situation.words.BOOKED_CLOSE
    )
    return _joined(text, follow)


def _visit(answer: Mapping[str, Any], words: Words) -> dict[str, str]:
    place, agent = answer.get("location"), answer.get("agent")
    return {
        "label": str(answer.get("label") or words.SOME_DAY),
        "place": words.PLACE.format(place=place) if place else "",
        "agent": words.WITH_AGENT.format(agent=agent) if agent else "",
    }


def _cancelled(situation: Situation) -> str:
    if situation.turn.result("cancel_visit") is not None:
        return situation.words.CANCELLED
    if situation.turn.failed("cancel_visit"):
        return situation.words.CANCEL_FAILED
    if situation.has(Intent.WANTS_CANCEL) and not situation.context.appointment:
        return situation.words.NOTHING_TO_CANCEL
    return ""


def _standing(situation: Situation) -> str:
    """Whoever comes, or comes late, is told so and asked nothing."""
    comes = situation.has(Intent.RUNNING_LATE, Intent.CONFIRMS_VISIT)
    if not comes or not situation.context.appointment or situation.meaning.question:
        return ""
    return _appointment(situation)


def _unfitting(situation: Situation) -> str:
    """What is no matter of ours is declined in a sentence; nothing is sold on it."""
    if (
        situation.facts
        or situation.slots
        or (situation.meaning.question and situation.answering.found)
    ):
        return ""
    words = situation.words
    if situation.has(Intent.SUPPLIER, Intent.JOB_SEEKER):
        return words.NOT_FOR_SALES
    declined = (
        words.NOT_SHOWN
        if situation.has(Intent.ATTACK)
        else words.OF_OTHERS
        if situation.has(Intent.ASKS_OF_OTHERS)
        else words.ONLY_HOMES
        if situation.has(Intent.OFF_TOPIC)
        else ""
    )
    return _joined(declined, _ask(situation)) if declined else ""


def _ending(situation: Situation) -> str:
    if (
        not situation.closing
        or situation.first_contact
        or situation.meaning.question
        or situation.answering.found
        or situation.answering.open
        or situation.facts
    ):
        return ""
    if situation.has(Intent.NOT_INTERESTED):
        return situation.words.NOT_INTERESTED
    if situation.has(Intent.POSTPONES) and not situation.has(Intent.GOODBYE):
        return situation.words.POSTPONED
    thanks = _pick(situation, situation.words.WELCOME) if situation.has(Intent.THANKS) else ""
    if situation.has(Intent.GOODBYE):
        return _joined(thanks, _pick(situation, situation.words.FAREWELL))
    return situation.words.VISIT_LATER


def _acknowledged(situation: Situation) -> list[str]:
    facts, asked, words = situation.news, situation.asked, situation.words
    parts = [_courtesy(situation)]
    if name := facts.get("name"):
        parts.append(_pick(situation, situation.words.PLEASED).format(name=_first_name(name)))
    if asked == "phone" and "phone" not in facts and _MANY_DIGITS.search(situation.turn.text):
        parts.append(situation.words.PHONE_REFUSED)
    refused = {"phone": words.PHONE_REFUSED, "email": words.EMAIL_REFUSED}
    parts += [text for field, text in refused.items() if field in situation.refused]
    owes = facts.get("dicom") == "has_debt"  # which is thanked for in words of its own
    if search := _search_words(_of_the_search(situation), words):
        parts.append(_pick(situation, situation.words.NOTED).format(facts=search))
    elif not (name or owes) and facts.keys() & {"phone", "email", "income", "timeline"}:
        parts.append(_pick(situation, situation.words.THANKED))
    if facts.get("dicom") == "clean":
        parts.append(_pick(situation, words.CLEAN))
    if asked in situation.words.ASK and situation.has(Intent.DOES_NOT_KNOW, Intent.REFUSES_TO_SAY):
        parts.append(_pick(situation, words.NO_MATTER))
    return parts


def _courtesy(situation: Situation) -> str:
    if situation.has(Intent.HOW_ARE_YOU):
        return situation.words.FINE
    if situation.has(Intent.GREETING) and not situation.first_contact and not situation.facts:
        return _pick(situation, situation.words.GREETED)
    alone = situation.has(Intent.THANKS) and not situation.facts and not situation.meaning.question
    if alone and not situation.first_contact:
        return _pick(situation, situation.words.WELCOME)
    if situation.asked in situation.words.ASK and situation.has(Intent.DECLINES):
        return ""
    return _pick(situation, situation.words.REMARKED.get(situation.remark or "", ("",)))


def _of_the_search(situation: Situation) -> Mapping[str, Any]:
    """Without kind and place of a property that the message only names; a kind alone is worth no words."""
    facts = situation.news
    named = situation.answering.names_one
    about_it = ("property_type", "location") if named and situation.asked != "location" else ()
    left = {name: value for name, value in facts.items() if name not in about_it}
    searched = left.keys() & {"bedrooms", "location", "budget"}
    if not searched and situation.asked != "property_type":
        left.pop("property_type", None)
    return left


def _search_words(facts: Mapping[str, Any], words: Words) -> str:
    """ "departamento de 2 dormitorios en Ñuñoa, hasta UF 4.000": the search, said back."""
    count, kind = facts.get("bedrooms"), facts.get("property_type") or ""
    kind = words.KINDS.get(kind, kind)
    rooms = (words.ROOM if count == 1 else words.ROOMS).format(count=count) if count else ""
    sized = words.SIZED.format(kind=kind, rooms=rooms) if kind and rooms else kind or rooms
    places = words.OR.join(facts.get("location") or ())
    found = " ".join(filter(None, [sized, words.IN_PLACE.format(places=places) if places else ""]))
    budget: Money | None = facts.get("budget")
    limit = words.UP_TO.format(limit=budget) if budget else ""
    return ", ".join(filter(None, [found, limit]))


def _noticed(situation: Situation) -> list[str]:
    facts, notices = situation.news, []
    income = facts.get("income")
    poor = income is not None and income.currency == "CLP" and income.amount < _LOW_INCOME
    if facts.get("dicom") == "has_debt":
        notices.append(situation.words.DEBT)
    if situation.outcome == "NO_CALIFICADO" and not situation.told(situation.words.REVIEW_MARK):
        return [*notices, situation.words.REVIEW, situation.words.SUBSIDY]
    return [*notices, situation.words.SUBSIDY] if poor else notices


def _answered(situation: Situation) -> list[str]:
    parts = []
    if situation.has(Intent.ASKS_WHY):
        parts.append(situation.words.WHY.get(situation.asked or "", situation.words.WHY_OTHERWISE))
    about_visit = (Intent.ASKS_APPOINTMENT, Intent.RUNNING_LATE, Intent.CONFIRMS_VISIT)
    if situation.has(*about_visit) and not situation.answering.found:
        parts.append(_appointment(situation))
    # Hours answer whether and when it can be seen: beside them only what was surely asked is said.
    asks_more = situation.meaning.question is not None or situation.answering.is_sure
    if situation.slots and not asks_more:
        return parts
    return [*parts, situation.answering.text]


def _appointment(situation: Situation) -> str:
    """What is said of the visit that stands: when it is, or that its hour is noted."""
    words, appointment = situation.words, situation.context.appointment
    asks = situation.has(Intent.ASKS_APPOINTMENT)
    if appointment is None:
        return words.NO_APPOINTMENT if asks else ""
    late = situation.has(Intent.RUNNING_LATE)
    on_the_way = words.LATE_TOLD if situation.turn.result("tell_agent") else words.LATE
    text = words.APPOINTMENT if asks else on_the_way if late else words.CONFIRMED
    visit = {
        "label": appointment.label,
        "location": appointment.location,
        "agent": appointment.agent,
    }
    return text.format(**_visit(visit, words))


def _next(situation: Situation) -> str:
    """The one next step of a message."""
    return next((text for step in _STEPS if (text := step(situation))), "")


def _clarify(situation: Situation) -> str:
    """One question about what the message is for; unsure again is a person's."""
    if situation.doubt:
        return situation.words.UNSURE[situation.doubt]
    if situation.remark == "media":
        return situation.words.MEDIA
    return situation.words.CONFUSED if situation.confused else ""


def _offer_slots(situation: Situation) -> str:
    slots = situation.slots[:_MOST_SLOTS]
    if slots:
        lines = [f"{number}) {_label(slot)}" for number, slot in enumerate(slots, 1)]
        return "\n".join(
            [
                _slots_intro(situation),
                *lines,
                situation.words.CHOOSE if len(slots) > 1 else situation.words.CHOOSE_ONE,
            ]
        )
    if situation.booking is not None or situation.booking_failed:
        return situation.words.BOOKING_FAILED
    return situation.words.NO_SLOTS if situation.turn.called("find_slots") else ""


def _label(slot: Offer) -> str:
    return slot.label or slot.start.strftime("%d-%m a las %H:%M")


def _slots_intro(situation: Situation) -> str:
    if situation.booking is not None:
        return situation.words.SLOT_TAKEN
    found = situation.turn.result("find_slots") or {}
    if (
        found.get("reason")
        or _is_other_day(situation)
        or len([call for call in situation.turn.calls if call.name == "find_slots"]) > 1
    ):
        return situation.words.SLOTS_OTHERWISE
    return _pick(situation, situation.words.SLOTS)


def _is_other_day(situation: Situation) -> bool:
    """Whether no hour is of the days that the lead named."""
    wish = situation.meaning.wish
    if wish is None or wish.date_from is None:
        return False
    last = wish.date_to or wish.date_from
    zone = ZoneInfo(situation.context.zone)
    days = [slot.start.astimezone(zone).date() for slot in situation.slots]
    return bool(days) and not any(wish.date_from <= day <= last for day in days)


def _person_instead(situation: Situation) -> str:
    """What will be checked has to be noted for somebody: where it cannot be, a person is offered."""
    unnoted = situation.answering.open and "note_question" not in situation.tools
    return (
        situation.words.UNSURE["person"] if unnoted and "request_human" in situation.tools else ""
    )


def _other_day(situation: Situation) -> str:
    return (
        situation.words.WHICH_DAY
        if situation.has(Intent.WANTS_OTHER_SLOTS) and situation.asked == "slot"
        else ""
    )


def _choose_again(situation: Situation) -> str:
    waits = situation.asked == "slot" and situation.context.offers and not situation.facts
    answered = situation.answering.found and situation.offered_once
    if not waits or not (answered or situation.has(Intent.AFFIRMS)):
        return ""
    labels = [
        f"{number}) {_label(offer)}"
        for number, offer in enumerate(situation.context.offers[:_MOST_SLOTS], 1)
    ]
    again = _pick(situation, situation.words.SLOTS)
    opening = again if answered else situation.words.CHOOSE_AGAIN
    return "\n".join([opening, *labels, situation.words.CHOOSE])


def _visit_without_slots(situation: Situation) -> str:
    impossible = not situation.context.booking_enabled or "find_slots" not in situation.tools
    if not (situation.has(Intent.WANTS_VISIT) and impossible):
        return ""
    return situation.words.NO_BOOKING if "request_human" in situation.tools else ""


def _ask(situation: Situation) -> str:
    name = situation.next_ask
    if name is None or _is_about_the_visit(situation):
        return ""
    if name == "income" and situation.has(Intent.GROSS_INCOME):
        return situation.words.GROSS
    if name == "phone" and "phone" in situation.refused:
        return situation.words.PHONE_WHOLE
    question = (
        situation.words.ASK_AGAIN[name]
        if situation.times_asked(name)
        else _pick(situation, situation.words.ASK[name])
    )
    greeted = situation.first_contact and not situation.facts and not situation.meaning.question
    return _joined(situation.words.PURPOSE if greeted else "", question)


def _is_about_the_visit(situation: Situation) -> bool:
    """Whoever comes, comes late or asks when is asked nothing about what they search for."""
    about = (Intent.RUNNING_LATE, Intent.CONFIRMS_VISIT, Intent.ASKS_APPOINTMENT)
    return situation.context.appointment is not None and situation.has(*about)


def _close(situation: Situation) -> str:
    return _pick(situation, situation.words.ANYTHING_ELSE)


_STEPS: tuple[Callable[[Situation], str], ...] = (
    _offer_slots,
    _clarify,
    _person_instead,
    _other_day,
    _choose_again,
    _visit_without_slots,
    _ask,
    _close,
)
