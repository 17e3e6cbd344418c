"""Where the conversation stands in this turn: context, message and tool answers put together."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from leads.folding import clean, excerpt, fold
from leads.intents import guess
from leads.languages import Language, spoken_by
from llm.offline.answering import Answering
from llm.offline.context import Context, names, read_offers
from llm.offline.turn import Turn
from llm.offline.wording import ALL, Words, words_for
from llm.spanish import Intent, Offer, Understanding, asked_in, understand
from llm.spanish.answers import says_refusal, says_unknown
from llm.spanish.intents import is_like_examples

MOST_ROUNDS, MOST_ASKS = 5, 2
_WORD = re.compile(r"[a-z0-9]{2}")
_MARK = re.compile(r"\[[a-z ]{3,40}\]")  # what the history puts for a picture or a file
_LAUGHS = re.compile(r"\b(?:(?:ja|je|ha|kk){2,}\w*|xd+|lol)\b|[😂🤣😅😆😹]")
_LIKELY_TOLD = 0.5  # by the examples: somebody speaks of themselves
_SAME_FACT = {"dicom_clean": "dicom"}

Remark = Literal["media", "joke", "story"]


@dataclass(frozen=True)
class Situation:
    context: Context
    turn: Turn
    tools: Mapping[str, Mapping[str, Any]]

    @cached_property
    def language(self) -> Language:
        """The lead's, by all that they wrote, the latest first."""
        return spoken_by(self._written) or "es"

    @cached_property
    def words(self) -> Words:
        return words_for(self.language, self._written)

    @cached_property
    def _written(self) -> tuple[str, ...]:
        """What the lead wrote, the latest first."""
        earlier = (said.text for said in reversed(self.turn.history) if not said.by_assistant)
        return (self.turn.text, *earlier)

    @cached_property
    def asked(self) -> str | None:
        return self._asked_before[-1] if self._asked_before else None

    @cached_property
    def _asked_before(self) -> tuple[str | None, ...]:
        """What each message of the assistant asked for, read once."""
        return tuple(map(asked_in, self.turn.assistant_texts))

    @cached_property
    def meaning(self) -> Understanding:
        return understand(
            self.turn.text,
            now=self.context.now,
            zone=self.context.zone,
            asked=self.asked,
            offers=() if self.turn.called("find_slots") else self.context.offers,
            known=self.context.known,
            assistant=self.context.agent_name,
        )

    def has(self, *intents: Intent) -> bool:
        return self.meaning.has(*intents)

    @cached_property
    def first_contact(self) -> bool:
        given = self.context.first_contact
        return (
            not self.turn.assistant_texts
            if given is None
            else given and not self.turn.assistant_texts
        )

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What this message tells and was not known as such, without what the tool refused."""
        refused = self.refused
        return {
            name: value for name, value in self.meaning.facts.known().items() if name not in refused
        }

    @cached_property
    def news(self) -> dict[str, Any]:
        """The facts worth saying back: once recorded, the context knows them too, so the call tells which were new."""
        recorded = [call.args for call in self.turn.calls if call.name == "record_facts"]
        return {
            name: value for name, value in self.facts.items() if not recorded or name in recorded[0]
        }

    @cached_property
    def refused(self) -> Mapping[str, Any]:
        recorded = self.turn.result("record_facts") or {}
        refused = recorded.get("refused")
        return refused if isinstance(refused, Mapping) else {}

    @cached_property
    def missing(self) -> tuple[str, ...]:
        recorded = self.turn.result("record_facts") or {}
        listed = names(recorded["missing"]) if "missing" in recorded else self.context.missing
        open_facts = tuple(name for name in listed if name not in self.facts)
        others = tuple(name for name in open_facts if name != "debt_amount")
        return (
            ("debt_amount", *others) if self.dicom == "has_debt" and self._debt is None else others
        )

    @property
    def _debt(self) -> Any:
        return self.facts.get("debt_amount", self.context.known.get("debt_amount"))

    @property
    def dicom(self) -> Any:
        return self.facts.get("dicom") or self.context.known.get("dicom")

    @cached_property
    def outcome(self) -> str:
        recorded = self.turn.result("record_facts") or {}
        judged = recorded.get("qualification")
        told = judged.get("outcome") if isinstance(judged, Mapping) else None
        return told if isinstance(told, str) else self.context.outcome

    @cached_property
    def next_ask(self) -> str | None:
        """The one thing to ask for: the first that is missing and was neither asked twice nor declined.

        What was asked just now and not answered waits, unless the answer was of the wrong kind.
        """
        open_facts = [
            name for name in self.missing if name in self.words.ASK and not self._exhausted(name)
        ]
        waits = "" if self._answered_amiss else _SAME_FACT.get(self.asked or "", self.asked)
        return next((name for name in open_facts if name != waits), None)

    @property
    def _answered_amiss(self) -> bool:
        gross = self.asked == "income" and self.has(Intent.GROSS_INCOME)
        return self.asked in self.refused or gross or self.has(Intent.ASKS_WHY)

    def times_asked(self, name: str) -> int:
        return sum(_SAME_FACT.get(found, found) == name for found in self._asked_before if found)

    def _exhausted(self, name: str) -> bool:
        known_unknown = name == "dicom" and self.dicom == "unknown"
        return known_unknown or self.times_asked(name) >= MOST_ASKS or name in self._declined

    @cached_property
    def _declined(self) -> set[str]:
        """What the lead does not know or would rather not say, now or at any earlier time."""
        said = [*self.turn.history]
        pairs = list(pairwise(said))
        declined = {
            asked_in(first.text) or ""
            for first, second in pairs
            if first.by_assistant and not second.by_assistant and _declines(second.text)
        }
        return declined | ({self.asked or ""} if _declines(self.turn.text) else set())

    @cached_property
    def slots(self) -> tuple[Offer, ...]:
        """Hours found in this turn, or left over when the chosen one was gone."""
        for tool in ("find_slots", "book_visit", "reschedule_visit"):
            if found := read_offers((self.turn.result(tool) or {}).get("slots")):
                return found
        return ()

    @cached_property
    def booking(self) -> Mapping[str, Any] | None:
        return self.turn.result("reschedule_visit") or self.turn.result("book_visit")

    @property
    def booking_failed(self) -> bool:
        return any(self.turn.failed(tool) for tool in ("book_visit", "reschedule_visit"))

    @property
    def booked(self) -> bool:
        answer = self.booking or {}
        return bool(answer.get("booked") or answer.get("rescheduled"))

    @cached_property
    def answering(self) -> Answering:
        cautious = self.dicom == "has_debt" or self.outcome == "NO_CALIFICADO"
        return Answering(self.context, self.turn, cautious, tuple(self.tools))

    @cached_property
    def wants_slots(self) -> bool:
        """Whether hours should be looked up: asked for, accepted, or the natural next step."""
        if not (self.context.booking_enabled and "find_slots" in self.tools) or self.closing:
            return False
        if self.has(Intent.WANTS_RESCHEDULE):
            return True
        if (
            self.has(
                Intent.WANTS_CANCEL,
                Intent.ASKS_APPOINTMENT,
                Intent.CONFIRMS_VISIT,
                Intent.RUNNING_LATE,
                Intent.NOT_INTERESTED,
            )
            or self.meaning.offer_id is not None
        ):
            return False
        return self._asks_for_slots or self._ready_for_slots

    @property
    def _asks_for_slots(self) -> bool:
        answers_day = self.hours_wait or (
            self.meaning.wish is not None and self.asked in ("slot", "visit")
        )
        accepts = self.has(Intent.AFFIRMS) and self.asked == "visit"
        return answers_day or accepts or self.has(Intent.WANTS_VISIT)

    @property
    def hours_wait(self) -> bool:
        """Hours were offered once, and the lead told something of themselves before choosing one."""
        only = not self.meaning.intents - _BESIDE_HOURS and self.meaning.question is None
        return bool(
            self.offered_once
            and only
            and self.context.offers
            and self.facts
            and not self.context.appointment
        )

    @property
    def offered_once(self) -> bool:
        """Hours were offered just now, and not in the message before as well."""
        return self._asked_before[-2:] != ("slot", "slot") and self.asked == "slot"

    @property
    def _ready_for_slots(self) -> bool:
        """Everything essential is known, no hours were offered yet, and nothing else is going on."""
        offered = any(asked in ("slot", "visit") for asked in self._asked_before)
        cancelled = any(self.told(words.CANCELLED) for words in ALL)
        busy = bool(self.answering.open or self.answering.calls)
        done = self.next_ask is None and bool(self.context.known or self.facts)
        return (
            done
            and not (offered or cancelled)
            and not busy
            and not self.context.appointment
            and self.outcome != "NO_CALIFICADO"
        )

    @cached_property
    def closing(self) -> bool:
        other_day = self.meaning.wish is not None or self.has(Intent.WANTS_OTHER_SLOTS)
        no_visit = self.asked in ("visit", "slot") and self.has(Intent.DECLINES) and not other_day
        ends = no_visit or self.has(Intent.NOT_INTERESTED, Intent.GOODBYE, Intent.POSTPONES)
        return ends and not self.has(Intent.WANTS_VISIT, Intent.WANTS_RESCHEDULE)

    @cached_property
    def handoff(self) -> str | None:
        """The reason to hand the conversation to a person, if there is one."""
        if self.handoff_intent:
            return dict(_HANDOFFS)[self.handoff_intent]
        if self.asked == "human" and self.has(Intent.AFFIRMS):
            return "requested"
        return "no_progress" if self.lost and self._was_lost else None

    @property
    def handoff_intent(self) -> Intent | None:
        return next((intent for intent, _reason in _HANDOFFS if self.has(intent)), None)

    @property
    def _was_lost(self) -> bool:
        """Whether the last message asked what this one is for, in any language."""
        latest = self.turn.assistant_texts[-1:]
        marks = {mark for words in ALL for mark in words.clarifying()}
        return any(mark in text for mark in marks for text in latest)

    @cached_property
    def lost(self) -> bool:
        """Nothing is sure enough to act on."""
        return self.confused or self.doubt is not None

    @cached_property
    def doubt(self) -> str | None:
        """What nothing but the examples hints at, to be asked about rather than done."""
        meant = self.meaning
        says = meant.facts.known() or meant.intents or meant.question or self.wants_slots
        if says or meant.unsure is None or meant.offer_id is not None or self.turn.calls:
            return None
        needs_visit = meant.unsure in (Intent.WANTS_CANCEL, Intent.WANTS_RESCHEDULE)
        if needs_visit and not self.context.appointment:
            return None
        if meant.unsure in (Intent.WANTS_CANCEL, Intent.WANTS_RESCHEDULE, Intent.WANTS_VISIT):
            return meant.unsure.value
        return "person" if "request_human" in self.tools else None

    @cached_property
    def remark(self) -> Remark | None:
        """What a message is that neither asks nor answers anything of ours, yet deserves a word."""
        if self.facts or self.handoff_intent or self.meaning.question or self.closing:
            return None
        if self.has(Intent.SENDS_MEDIA) or self._only_media:
            return "media"
        if self.meaning.intents - _BESIDE_REMARKS:
            return None
        folded = fold(clean(excerpt(self.turn.text)))
        if _LAUGHS.search(folded):
            return "joke"
        return "story" if guess(folded).scores["facts"] >= _LIKELY_TOLD else None

    @property
    def _only_media(self) -> bool:
        text = clean(excerpt(self.turn.text)).strip()
        return bool(_MARK.match(fold(text))) and not self._has_words

    @cached_property
    def confused(self) -> bool:
        """Nothing in the message was understood."""
        meant = self.meaning
        understood = (
            meant.facts.known() or meant.intents or meant.question or meant.wish or self.turn.calls
        )
        answers = self.asked is not None and is_like_examples(fold(clean(excerpt(self.turn.text))))
        unclear = self._has_words and not understood and self.doubt is None
        return unclear and not answers and self.remark is None

    @property
    def _has_words(self) -> bool:
        return bool(_WORD.search(_MARK.sub(" ", fold(clean(excerpt(self.turn.text))))))

    def told(self, mark: str) -> bool:
        return any(mark in text for text in self.turn.assistant_texts)


# What may be said beside a fact while hours wait to be chosen.
_BESIDE_HOURS = {
    Intent.GREETING,
    Intent.THANKS,
    Intent.AFFIRMS,
    Intent.SMALLTALK,
    Intent.WANTS_VISIT,
}
_BESIDE_REMARKS = {
    Intent.GREETING,
    Intent.THANKS,
    Intent.SMALLTALK,
    Intent.AFFIRMS,
    Intent.DECLINES,
}
_HANDOFFS: tuple[tuple[Intent, str], ...] = (
    (Intent.LEGAL_THREAT, "legal_threat"),
    (Intent.COMPLAINT, "complaint"),
    (Intent.ANGER, "anger"),
    (Intent.WANTS_HUMAN, "requested"),
    (Intent.WANTS_TO_SELL, "other"),
    (Intent.OTHER_BUSINESS, "other"),
)


def _declines(text: str) -> bool:
    folded = fold(clean(excerpt(text)))
    return says_unknown(folded) or says_refusal(folded)
