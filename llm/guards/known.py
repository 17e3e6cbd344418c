"""What one turn knows, that a reply may rest on, and what a guard finds that rests on nothing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from leads.folding import clean, fold
from leads.languages import LANGUAGES, Language


class Rule(StrEnum):
    """What a reply may not do; the values are stored with the lead's activity."""

    AMOUNT = "amount_unknown"
    HOUR = "hour_not_offered"
    ADDRESS = "address_unknown"
    AVAILABILITY = "availability_unknown"
    SUBSIDY = "subsidy_unknown"
    LINK = "link_unknown"
    BOOKING = "booking_claimed"
    CREDIT = "dicom_promise"
    INTERNALS = "internals_shown"
    MARKDOWN = "markdown"
    LENGTH = "too_long"
    TOPIC = "off_topic"
    ASSISTANT = "says_it_is_an_assistant"
    HUMAN = "claims_to_be_human"
    LANGUAGE = "other_language"
    ILLEGIBLE = "illegible"


@dataclass(frozen=True)
class Violation:
    """A rule and the words of the reply that break it."""

    rule: Rule
    words: str = ""


@dataclass(frozen=True)
class Known:
    """Everything that a reply of this turn may rest on; times are those of the broker's clocks.

    ``ours`` are texts that the brokerage answers for: what tools and knowledge gave, its prompt,
    what was written to this lead before. ``theirs`` are the lead's own words and facts: they may
    be said back, and confirm nothing. ``people`` is what persons of the team wrote to the lead.
    """

    now: datetime
    question: str = ""
    ours: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    offered: tuple[datetime, ...] = ()
    booked: tuple[datetime, ...] = ()
    has_visit: bool = False
    has_moved: bool = False
    has_cancelled: bool = False
    owes: bool = False
    first_contact: bool = False
    lists: bool = False
    channel: str = ""
    private: str = ""
    tools: tuple[str, ...] = ()
    language: Language | None = None
    speaks: tuple[Language, ...] = LANGUAGES
    replies: tuple[str, ...] = ()

    @cached_property
    def our_words(self) -> str:
        return fold(clean("\n".join(self.ours)))

    @cached_property
    def their_words(self) -> str:
        return fold(clean("\n".join(self.theirs)))

    @cached_property
    def peoples_words(self) -> str:
        return fold(clean("\n".join(self.people)))

    @cached_property
    def listed_words(self) -> str:
        return fold(clean("\n".join(self.listings)))

    @cached_property
    def asked(self) -> str:
        return fold(clean(self.question))

    @property
    def moments(self) -> tuple[datetime, ...]:
        return (*self.offered, *self.booked)
