"""Understands a lead's message: pure functions of the text, the clock and what was just asked."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from leads.folding import clean, excerpt, fold
from leads.phones import locate_phone
from llm.spanish.answers import says_refusal, says_unknown
from llm.spanish.choices import find_choice, rejects
from llm.spanish.credit import find_dicom
from llm.spanish.days import blank_times, find_wish, in_spanish
from llm.spanish.finances import Finances, find_finances
from llm.spanish.financing import asks_financing
from llm.spanish.homes import find_bedrooms, find_property_type
from llm.spanish.intents import find_intents, find_unsure
from llm.spanish.meaning import DayWish, Facts, Intent, Offer, Question, Understanding
from llm.spanish.names import find_name
from llm.spanish.places import find_places
from llm.spanish.preferences import find_delivery, find_operation, find_subsidy, has_pets
from llm.spanish.shorthand import spell_out
from llm.spanish.timelines import find_timeline
from llm.spanish.topics import find_question

_SIGNS = re.compile(r"([^\w\n]{8})[^\w\n]+|(\n{8})\n+")
_EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]*@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_RUT = re.compile(r"(?<![\d.])\d{1,2}\.?\d{3}\.?\d{3}\s?-\s?[\dkK](?!\d)")
_MARK = "\0"  # where a way to reach the lead stood
_NO = re.compile(r" no\b(?! se)")
_CANCELS = re.compile(r"\b(?:cancel|anul|desmarc|suspend)\w*")
_MOVES = re.compile(
    r"\b(?:cambi|mover|mueve|correr|otra hora|otro dia|move|another|mudar|outro)\w*"
)
_FREE = re.compile(
    r"\b(?:puedo|podria|podriamos|podemos|pueden?|se puede|me (?:acomoda|sirve|queda|tinca)|tengo (?:libre|tiempo)|hay hora|horas?|horarios?|cupos?|estoy libre|can|could|free|available|works|posso|podemos|tem horario)\b"
)
_SHORT = 6  # words: who writes "el finde después de la pega" and no more names a time to come
_SOON = timedelta(days=21)
_ABOUT_DAYS = {
    Intent.WANTS_VISIT,
    Intent.WANTS_RESCHEDULE,
    Intent.WANTS_CANCEL,
    Intent.WANTS_OTHER_SLOTS,
}
# Whose day or hour is of something else than a visit to come.
_OTHERWISE = {
    Intent.POSTPONES,
    Intent.RUNNING_LATE,
    Intent.CONFIRMS_VISIT,
    Intent.ASKS_APPOINTMENT,
    Intent.WANTS_CANCEL,
    Intent.WANTS_RESCHEDULE,
    Intent.WANTS_HUMAN,
    Intent.COMPLAINT,
    Intent.GOODBYE,
}
_ASKED_FOR_ANOTHER_TIME = ("timeline", "human", "income", "cancel")


def understand(
    text: str,
    *,
    now: datetime,
    zone: str = "America/Santiago",
    asked: str | None = None,
    offers: Sequence[Offer] = (),
    known: Mapping[str, Any] | None = None,
    assistant: str = "",
) -> Understanding:
    """`asked` names what the assistant's last message asked for (`questions.asked_in`), `assistant` its own name."""
    message = _Message(_readable(text), asked, now.astimezone(ZoneInfo(zone)))
    local = [
        Offer(offer.offer_id, offer.start.astimezone(ZoneInfo(zone)), offer.label)
        for offer in offers
    ]
    facts = message.facts(assistant, known or {})
    intents = message.intents
    if asked in facts.known():
        intents &= frozenset(find_intents(message.folded, answers=True))
    words = in_spanish(message.folded)
    choice = find_choice(words, local, message.today, asked=asked == "slot")
    wish = find_wish(words, message.today)
    if facts.timeline is None and message.names_day(wish):
        intents |= {Intent.WANTS_VISIT}
    question = _question(message, intents, choice, wish)
    intents = intents | _derived(message, choice, question)
    return Understanding(facts, intents, question, choice, wish, find_unsure(message.folded))


def _readable(text: str) -> str:
    """Of a sane length, with whole words and no long runs of signs."""
    return spell_out(_SIGNS.sub(r"\1\2", clean(excerpt(text))))


def _question(
    message: "_Message", intents: frozenset[Intent], choice: int | None, wish: DayWish | None
) -> Question | None:
    """A request for a visit, a person or a word on who is writing is answered as such, not looked up."""
    question = find_question(message.text)
    handled = {
        Intent.ASKS_IF_BOT,
        Intent.WANTS_HUMAN,
        Intent.ASKS_APPOINTMENT,
        Intent.ASKS_WHY,
        *_ABOUT_DAYS,
    }
    if question is None or choice is not None:
        return None
    about_day = wish is not None and message.asked in ("slot", "visit")
    if question.topic in ("availability", "other", "location") and (intents & handled or about_day):
        return None
    return question


def _derived(message: "_Message", choice: int | None, question: Question | None) -> set[Intent]:
    clarifies = message.asked in ("cancel", "reschedule")
    by_rule = {
        Intent.WANTS_CANCEL: clarifies and bool(_CANCELS.search(message.folded)),
        Intent.WANTS_RESCHEDULE: (clarifies and bool(_MOVES.search(message.folded)))
        or (message.asked == "reschedule" and Intent.AFFIRMS in message.intents),
        Intent.PICKS_OFFER: choice is not None,
        Intent.ASKS_QUESTION: question is not None,
        Intent.WANTS_OTHER_SLOTS: choice is None
        and message.asked == "slot"
        and rejects(message.folded),
    }
    return {intent for intent, holds in by_rule.items() if holds}


class _Message:
    """One text with its folded form; what was read as one thing is blanked out for the readers after it."""

    def __init__(self, text: str, asked: str | None, now: datetime) -> None:
        self.asked = asked
        self.today = now.date()
        self.text = text
        self.folded = fold(text)
        self.intents = frozenset(find_intents(self.folded))
        self._contacts_marked = text

    def names_day(self, wish: DayWish | None) -> bool:
        """Whether it says when the writer could come, and not when something else is."""
        if wish is None or self.asked in _ASKED_FOR_ANOTHER_TIME or self.intents & _OTHERWISE:
            return False
        last = wish.date_to or wish.date_from
        if last is not None and last - self.today > _SOON:
            return False
        return bool(_FREE.search(self.folded)) or len(self.folded.split()) <= _SHORT

    def facts(self, assistant: str, known: Mapping[str, Any]) -> Facts:
        body, email, phone = self._contacts()
        name, unnamed = self._name(body, assistant, known)
        untimed = blank_times(unnamed, fold(unnamed))
        money = find_finances(untimed, fold(unnamed), asked=self.asked, known=known)
        dicom = find_dicom(self.folded, asked=self.asked, amount_owed=money.debt is not None)
        return Facts(
            name=name,
            phone=phone,
            email=email,
            location=find_places(
                unnamed,
                asked=self.asked == "location",
                known=known.get("location") or (),
                question="?" in self.text or find_question(self.text) is not None,
            ),
            budget=money.budget,
            income=money.income,
            dicom=dicom,
            debt_amount=self._debt(money, dicom, known),
            timeline=self._timeline(unnamed),
            property_type=find_property_type(self.folded, asked=self.asked == "property_type"),
            bedrooms=find_bedrooms(
                fold(unnamed), asked=self.asked == "bedrooms", known="bedrooms" in known
            ),
            asked_financing=asks_financing(self.folded),
            operation=find_operation(self.folded),
            pets=has_pets(self.folded),
            delivery=find_delivery(self.folded),
            subsidy=find_subsidy(self.folded),
        )

    def _contacts(self) -> tuple[str, str | None, str | None]:
        body = _blank(_LINK, self.text)
        email = _EMAIL.search(body)
        marked = _marked(_RUT, _marked(_EMAIL, body))
        phone = locate_phone(marked)
        if phone:
            marked = marked[: phone[1]] + _MARK * (phone[2] - phone[1]) + marked[phone[2] :]
        self._contacts_marked = marked
        body = marked.replace(_MARK, " ")
        return (
            body,
            email.group().rstrip(".").lower() if email else None,
            phone[0] if phone else None,
        )

    def _name(self, body: str, assistant: str, known: Mapping[str, Any]) -> tuple[str | None, str]:
        found = find_name(
            body, asked=self.asked == "name", assistant=assistant, contacts=self._contacts_marked
        )
        if not found:
            return None, body
        name, start, end = found
        is_fuller_known = set(fold(name).split()) < set(fold(str(known.get("name") or "")).split())
        return None if is_fuller_known else name, body[:start] + " " * (end - start) + body[end:]

    def _debt(self, money: Finances, dicom: str | None, known: Mapping[str, Any]) -> int | None:
        owes = dicom == "has_debt" or (dicom is None and known.get("dicom") == "has_debt")
        return money.debt if owes else None

    def _timeline(self, unnamed: str) -> Any:
        folded = fold(unnamed)
        about_visit = self.intents & _ABOUT_DAYS or self.asked in ("slot", "visit")
        if about_visit or (self.asked == "timeline" and says_refusal(folded)):
            return None
        found = find_timeline(unnamed, folded, self.today, asked=self.asked == "timeline")
        return found if found or not says_unknown(folded) else None


def _marked(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: _MARK * len(match.group()), text)


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: " " * len(match.group()), text)
