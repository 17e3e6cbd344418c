"""What a lead's message says, as values: facts, intents, a question, a choice, a wish for a day."""

from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Literal

from leads.money import Money

Dicom = Literal["clean", "has_debt", "unknown"]
Horizon = Literal["now", "within_90_days", "later"]
Operation = Literal["buy", "rent"]
Delivery = Literal["immediate", "can_wait"]
Subsidy = Literal["DS1", "DS19", "none"]
PartOfDay = Literal["morning", "afternoon", "evening"]


class Intent(StrEnum):
    GREETING = "greeting"
    ASKS_IF_BOT = "asks_if_bot"
    WANTS_HUMAN = "wants_human"
    ANGER = "anger"
    LEGAL_THREAT = "legal_threat"
    WANTS_VISIT = "wants_visit"
    PICKS_OFFER = "picks_offer"
    DECLINES = "declines"
    AFFIRMS = "affirms"
    ASKS_QUESTION = "asks_question"
    ASKS_FINANCING = "asks_financing"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    WANTS_CANCEL = "wants_cancel"
    WANTS_RESCHEDULE = "wants_reschedule"
    ASKS_APPOINTMENT = "asks_appointment"
    WANTS_OTHER_SLOTS = "wants_other_slots"
    WANTS_TO_SELL = "wants_to_sell"
    POSTPONES = "postpones"
    NOT_INTERESTED = "not_interested"
    HOW_ARE_YOU = "how_are_you"
    ASKS_WHY = "asks_why"
    REFUSES_TO_SAY = "refuses_to_say"
    DOES_NOT_KNOW = "does_not_know"
    GROSS_INCOME = "gross_income"
    COMPLAINT = "complaint"
    CONFIRMS_VISIT = "confirms_visit"
    RUNNING_LATE = "running_late"
    OTHER_BUSINESS = "other_business"
    SUPPLIER = "supplier"
    JOB_SEEKER = "job_seeker"
    ATTACK = "attack"
    OFF_TOPIC = "off_topic"
    SMALLTALK = "smalltalk"
    SENDS_MEDIA = "sends_media"
    ASKS_OF_OTHERS = "asks_of_others"


@dataclass(frozen=True, slots=True)
class Timeline:
    horizon: Horizon
    text: str


@dataclass(frozen=True, slots=True)
class Offer:
    offer_id: int
    start: datetime
    label: str = ""


@dataclass(frozen=True, slots=True)
class DayWish:
    """When the lead would come; `hours` are the clock hours that "a las 4" may mean."""

    date_from: date | None = None
    date_to: date | None = None
    part_of_day: PartOfDay | None = None
    hours: tuple[time, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    topic: str
    query: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Only what the message itself says; `income` is net and monthly."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    location: tuple[str, ...] = ()
    budget: Money | None = None
    income: Money | None = None
    dicom: Dicom | None = None
    debt_amount: int | None = None
    timeline: Timeline | None = None
    property_type: str | None = None
    bedrooms: int | None = None
    asked_financing: bool = False
    operation: Operation | None = None
    pets: bool | None = None
    delivery: Delivery | None = None
    subsidy: Subsidy | None = None

    def known(self) -> dict[str, Any]:
        """The facts that are there, by name; having asked for no financing is none."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        given = {name: value for name, value in values.items() if value not in (None, ())}
        return given if self.asked_financing else _without(given, "asked_financing")


def _without(values: dict[str, Any], left_out: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != left_out}


@dataclass(frozen=True, slots=True)
class Understanding:
    facts: Facts = field(default_factory=Facts)
    intents: frozenset[Intent] = frozenset()
    question: Question | None = None
    offer_id: int | None = None
    wish: DayWish | None = None
    unsure: Intent | None = None  # what it may be for: worth asking, not worth acting on

    def has(self, *intents: Intent) -> bool:
        return any(intent in self.intents for intent in intents)
