"""What a turn knows, gathered from what its model was told, what tools answered and what was written."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from leads import facts
from leads.channels.choices import chosen
from leads.enums import Author, Direction
from leads.languages import LANGUAGES, Language, spoken_by
from leads.money import Money, format_money
from llm.guards.known import Known
from llm.tools import Turn, tools

# No words of anybody: numbers that would make an invented price look known.
_NOT_WORDS = frozenset(
    ("id", "offer_id", "appointment_id", "start", "date", "now", "zone", "source_type", "reason")
)
_STANDING = ("scheduled", "confirmed")
_OF_THE_LEAD = ("known", "missing", "qualification", "stage", "summary")


def known_of(turn: Turn) -> Known:
    """Without a query: it is asked for between the requests of a run."""
    context, results = turn.context, turn.results
    inbound = [each.message_text for each in turn.history if each.direction == Direction.IN]
    outbound = [each for each in turn.history if each.direction == Direction.OUT]
    people = tuple(each.message_text for each in outbound if each.author == Author.USER)
    spoken = (turn.question, *reversed(inbound))
    visits = _Visits(context, results)
    answers = [answer for name, answer in results if name != "record_facts"]
    return Known(
        now=_local(turn.at.astimezone(ZoneInfo(turn.broker.timezone))),
        question=turn.question,
        ours=tuple(
            chain(
                words_of({key: value for key, value in context.items() if key not in _OF_THE_LEAD}),
                words_of(answers),
                (each.message_text for each in outbound),
                (turn.prompt, *_of_the_broker(turn)),
            )
        ),
        theirs=(*spoken, str(context.get("summary") or ""), *words_of(facts.known(turn.lead))),
        people=people,
        listings=tuple(_listings(context, answers)),
        offered=visits.offered,
        booked=visits.booked,
        has_visit=bool(visits.booked) or visits.is_booked,
        has_moved=visits.has_moved,
        has_cancelled=visits.has_cancelled,
        owes=turn.lead.metadata.get("dicom") == "has_debt",
        first_contact=bool(context.get("first_contact")),
        lists=bool(turn.choices) or any(len(each.get("matches") or ()) > 1 for each in answers),
        channel=turn.conversation.channel,
        private=turn.private,
        tools=tuple(tool.name for tool in tools()),
        language=language_of(turn),
        replies=tuple(each.message_text for each in outbound),
    )


def words_of(value: Any) -> Iterator[str]:
    """Every text in a tool's answer or a block of context, amounts of money among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        if "amount" in value and (money := _money(value)):
            yield money
        for key, each in value.items():
            if key not in _NOT_WORDS:
                yield from words_of(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from words_of(each)
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        yield f"{value:f}" if isinstance(value, Decimal) else f"{value}"


def _money(value: Mapping[str, Any]) -> str:
    try:
        return format_money(Money(Decimal(str(value["amount"])), value.get("currency", "CLP")))
    except (InvalidOperation, KeyError):
        return ""


def _of_the_broker(turn: Turn) -> Iterable[str]:
    broker = turn.broker
    return filter(None, (broker.name, broker.address, broker.phone, broker.email, broker.website))


def _listings(context: Mapping[str, Any], answers: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Properties that a search or a match gave in this turn."""
    for answer in (context, *answers):
        hits = [*(answer.get("hits") or ()), *(answer.get("knowledge") or ())]
        found = [hit for hit in hits if hit.get("source_type") == "property"]
        for each in [
            *found,
            *(answer.get("matches") or ()),
            *(answer.get("discussed") or ()),
        ]:
            yield from words_of(each)


class _Visits:
    """The hours that were offered, and the visit as this turn leaves it."""

    def __init__(self, context: Mapping[str, Any], results: Iterable[tuple[str, Any]]) -> None:
        offers = list(context.get("offers") or ())
        standing = context.get("appointment") or {}
        stands = standing.get("status", _STANDING[0]) in _STANDING and "start" in standing
        self.booked: tuple[datetime, ...] = (_moment(standing["start"]),) if stands else ()
        self.is_booked = self.has_moved = self.has_cancelled = False
        for name, answer in results:
            offers += answer.get("slots") or ()
            if answer.get("cancelled"):
                self.booked, self.has_cancelled = (), True
            if answer.get("booked") or answer.get("rescheduled"):
                self.has_moved = self.has_moved or stands or name == "reschedule_visit"
                self.is_booked = True
                self.booked = (_moment(answer["start"]),)
        self.offered = tuple(_moment(each["start"]) for each in offers)


def _moment(written: str) -> datetime:
    return _local(datetime.fromisoformat(written))


def _local(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def language_of(turn: Turn) -> Language:
    """The lead's, by what they wrote; else the brokerage's, else Spanish. Found once a turn."""
    if turn.language is None:
        written = spoken_by(_words_of_the_lead(turn))
        turn.language = written or _of_the_brokerage(turn) or LANGUAGES[0]
    return turn.language


def _words_of_the_lead(turn: Turn) -> Iterator[str]:
    """The latest first; a button pressed is in words of ours."""
    if chosen(turn.message) is None:
        yield turn.question
    for each in reversed(turn.history):
        if each.direction == Direction.IN and chosen(each) is None:
            yield each.message_text


def _of_the_brokerage(turn: Turn) -> Language | None:
    code = turn.broker.language[:2]
    return next((each for each in LANGUAGES if each == code), None)
