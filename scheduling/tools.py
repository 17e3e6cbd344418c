"""What the assistant may do with the diary: look for hours, book, move, cancel, know what stands."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from itertools import cycle
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.utils import translation
from pydantic import BaseModel, Field

from leads.stages import Stage
from llm.guards.gathering import language_of
from llm.spanish.days import in_part
from llm.spanish.meaning import PartOfDay
from llm.tools import Tool, Turn, register, register_provider
from scheduling import availability, booking, consequences, offers, properties
from scheduling.availability import Slot
from scheduling.errors import (
    AgentNotAvailable,
    InThePast,
    NotActive,
    SlotNotOffered,
    SlotTaken,
)
from scheduling.models import Appointment, SlotOffer
from scheduling.speech import spoken

SHOWN = 4
PLACES_IN_THE_DAY = (0.0, 0.5, 0.25, 0.75)  # of the day's free hours: first, middle, and between
Kind = Literal["property_visit", "virtual_meeting", "phone_call", "office_meeting", "other"]


PROPERTY = (
    "The id of the property to see, as a search or a match gave it; leave it out for the one "
    "under discussion"
)


class SlotSearch(BaseModel):
    date_from: date | None = Field(default=None, description="YYYY-MM-DD, the broker's date")
    date_to: date | None = Field(
        default=None, description="YYYY-MM-DD, included; for one day the same as date_from"
    )
    part_of_day: PartOfDay | None = None
    appointment_type: Kind = "property_visit"
    property_id: int | None = Field(default=None, description=PROPERTY, ge=1, lt=2**63)

    def fits(self, local: datetime) -> bool:
        return self.suits(local) and (self.date_to is None or local.date() <= self.date_to)

    def suits(self, local: datetime) -> bool:
        """Within the range or later, in the part of the day asked for."""
        in_time = self.part_of_day is None or in_part(local.time(), self.part_of_day)
        return in_time and self.is_late_enough(local)

    def is_late_enough(self, local: datetime) -> bool:
        return self.date_from is None or self.date_from <= local.date()


class OfferChoice(BaseModel):
    offer_id: int = Field(description="The offer_id of the hour that the lead chose")
    property_id: int | None = Field(default=None, description=PROPERTY, ge=1, lt=2**63)


class Cancellation(BaseModel):
    reason: str = Field(default="", max_length=500, description="Why, in the lead's words")


class VisitNews(BaseModel):
    kind: Literal["late", "coming"]
    words: str = Field(default="", max_length=300, description="In the lead's own words")


def find_slots(turn: Turn, search: SlotSearch) -> dict[str, Any]:
    """Find free hours for a visit and hold up to four for five minutes. Offer only these.
    Call it in the same turn in which the lead asks to see a property or names a day, whatever else
    is unknown: no name, phone, e-mail or income is needed for it.
    Give the dates and the part of the day that the lead asked for, or nothing for the soonest.
    With reason "none_in_range" the hours are the nearest outside what was asked for."""
    if not enabled(turn):
        return {"slots": [], "reason": "booking_disabled"}
    slots, reason = _choose(
        _free(turn, search.appointment_type), search, availability.zone_of(turn.broker)
    )
    made = offers.offer(
        turn.lead,
        slots=slots,
        at=turn.at,
        appointment_type=search.appointment_type,
        subject=properties.subject_of(turn, search.property_id),
    )
    if not made:
        return {"slots": [], "reason": "no_availability"}
    turn.progressed = True
    shown = [_shown(each, turn) for each in made]
    kind = {"kind": search.appointment_type}
    turn.choices = [
        {"label": each["label"], "value": str(each["offer_id"]), "start": each["start"], **kind}
        for each in shown
    ]
    return {"slots": shown, "reason": reason}


def book_visit(turn: Turn, chosen: OfferChoice) -> dict[str, Any]:
    """Book the hour that the lead chose among those offered, by its offer_id. Nothing else has to
    be known for it: book first, then ask for the name and phone that are missing. A lead who already
    has a visit is moved to the new hour. When it is not booked, offer the slots in the answer."""
    if not enabled(turn):
        return {"booked": False, "reason": "booking_disabled", "slots": []}
    listing = properties.subject_of(turn, chosen.property_id).listing
    try:
        appointment = booking.book_offer(
            turn.lead, offer_id=chosen.offer_id, listing=listing, at=turn.at
        )
    except (SlotNotOffered, SlotTaken, InThePast, AgentNotAvailable):
        return _not_booked(turn, chosen)
    _catch_up(turn, appointment)
    turn.choices = []
    return {"booked": True, **told(appointment, turn)}


def reschedule_visit(turn: Turn, chosen: OfferChoice) -> dict[str, Any]:
    """Move the lead's visit to the hour that they chose among those offered, by its offer_id.
    When it is not moved, offer the slots in the answer."""
    standing = booking.upcoming(turn.lead, at=turn.at)
    offered = _offered(turn, chosen)
    if standing is None:
        raise NotActive
    try:
        if offered is None:
            raise SlotNotOffered
        listing = properties.subject_of(turn, chosen.property_id).listing
        moved = booking.reschedule(standing, start=offered.start_time, listing=listing, at=turn.at)
    except (SlotNotOffered, SlotTaken, InThePast, AgentNotAvailable):
        answer = _not_booked(turn, chosen)
        return {"rescheduled": False, "reason": answer["reason"], "slots": answer["slots"]}
    _catch_up(turn, moved)
    turn.choices = []
    return {"rescheduled": True, **told(moved, turn)}


def cancel_visit(turn: Turn, cancellation: Cancellation) -> dict[str, Any]:
    """Cancel the lead's next visit, when they ask for it. Give their reason in a few words, or
    an empty text."""
    standing = booking.upcoming(turn.lead, at=turn.at)
    if standing is None:
        raise NotActive
    cancelled = booking.cancel(standing, reason=cancellation.reason, at=turn.at)
    _catch_up(turn, cancelled)
    return {"cancelled": True, **told(cancelled, turn)}


def tell_agent(turn: Turn, news: VisitNews) -> dict[str, Any]:
    """Tell the agent of the lead's visit what the lead says of it: "late" when they are running
    late, "coming" when they confirm that they will come. With their words. It books, moves and
    cancels nothing."""
    appointment = booking.upcoming(turn.lead, at=turn.at)
    if appointment is None:
        raise NotActive
    if news.kind == "coming":
        appointment = booking.confirm(appointment, at=turn.at)
    consequences.pass_on(
        appointment, news=news.kind, words=news.words, key=str(turn.message.pk), at=turn.at
    )
    turn.progressed = True
    return {"told": True, **told(appointment, turn)}


def standing(turn: Turn) -> dict[str, Any]:
    """The lead's appointment ahead, what was offered to them last, and whether we book at all."""
    appointment = booking.upcoming(turn.lead, at=turn.at)
    return {
        "booking_enabled": enabled(turn),
        "offers": [_shown(each, turn) for each in offers.recent(turn.lead, at=turn.at)],
        "appointment": _standing(appointment, turn) if appointment else None,
    }


def enabled(turn: Turn) -> bool:
    return bool(turn.broker.brokerpromptconfig.enable_appointment_booking)


def _free(turn: Turn, appointment_type: str) -> list[Slot]:
    end = turn.at + availability.meeting(turn.broker).horizon
    return availability.free_slots(
        turn.broker,
        start=turn.at,
        end=end,
        at=turn.at,
        appointment_type=appointment_type,
        lead=turn.lead,
    )


def _choose(
    free: Sequence[Slot], search: SlotSearch, zone: ZoneInfo
) -> tuple[list[Slot], str | None]:
    """Slots within what was asked for, spread out; else the nearest, better later than sooner."""
    fitting, suiting, later = (
        [slot for slot in free if accepts(slot.start.astimezone(zone))]
        for accepts in (search.fits, search.suits, search.is_late_enough)
    )
    if fitting:
        return spread(fitting, zone), None
    return list((suiting or later or free[-SHOWN:])[:SHOWN]), "none_in_range"


def spread(slots: Sequence[Slot], zone: ZoneInfo) -> list[Slot]:
    """Up to four slots over the first four days, at different times of the day."""
    by_day: dict[date, list[Slot]] = defaultdict(list)
    for slot in slots:
        by_day[slot.start.astimezone(zone).date()].append(slot)
    days = cycle(list(by_day.values())[:SHOWN])
    times = [
        day[int(place * len(day))] for place, day in zip(PLACES_IN_THE_DAY, days, strict=False)
    ]
    return sorted(list(dict.fromkeys([*times, *slots]))[:SHOWN])


def _not_booked(turn: Turn, chosen: OfferChoice) -> dict[str, Any]:
    """Why, with other hours: those of the day that the lead had in mind, where it is known."""
    offered = _offered(turn, chosen)
    if offered is None:
        return {"booked": False, "reason": "offer_unknown", **_alternatives(turn, SlotSearch())}
    day = offered.start_time.astimezone(availability.zone_of(turn.broker)).date()
    kind = offered.appointment_type
    near = SlotSearch.model_validate({"date_from": day, "date_to": day, "appointment_type": kind})
    reason = "slot_taken" if offered.hold_until > turn.at else "offer_expired_and_taken"
    return {"booked": False, "reason": reason, **_alternatives(turn, near)}


def _offered(turn: Turn, chosen: OfferChoice) -> SlotOffer | None:
    rows = SlotOffer.objects.filter(lead=turn.lead, pk=chosen.offer_id)
    found: SlotOffer | None = rows.first()
    return found


def _alternatives(turn: Turn, near: SlotSearch) -> dict[str, Any]:
    return {"slots": find_slots(turn, near)["slots"]}


def _catch_up(turn: Turn, appointment: Appointment) -> None:
    """The turn goes on with the lead as the booking left it."""
    turn.lead = appointment.lead
    turn.progressed = turn.rescored = True
    if Stage(turn.lead.pipeline_stage).is_closed:
        turn.conversation.refresh_from_db()
        turn.version = turn.conversation.version


def _shown(offered: SlotOffer, turn: Turn) -> dict[str, Any]:
    return {"offer_id": offered.pk, **_when(offered.start_time, turn)}


def _standing(appointment: Appointment, turn: Turn) -> dict[str, Any]:
    return {
        "id": appointment.pk,
        **_when(appointment.start_time, turn),
        "status": str(appointment.status),
        "location": appointment.location,
        "agent": appointment.agent.get_short_name() if appointment.agent else "",
        "property": properties.name(appointment.listing) if appointment.listing else "",
    }


def told(appointment: Appointment, turn: Turn) -> dict[str, Any]:
    """What a model, or the lead, is told of an appointment that is booked, moved or cancelled."""
    shown = _standing(appointment, turn)
    names = ("label", "start", "location", "agent", "property")
    return {"appointment_id": appointment.pk, **{name: shown[name] for name in names}}


def _when(moment: datetime, turn: Turn) -> dict[str, str]:
    zone = availability.zone_of(turn.broker)
    with translation.override(language_of(turn)):
        return {"start": moment.astimezone(zone).isoformat(), "label": spoken(moment, zone)}


FIND = Tool("find_slots", find_slots, SlotSearch)
BOOK = Tool("book_visit", book_visit, OfferChoice)

register(FIND)
register(BOOK)
register(Tool("reschedule_visit", reschedule_visit, OfferChoice))
register(Tool("cancel_visit", cancel_visit, Cancellation))
TELL = Tool("tell_agent", tell_agent, VisitNews)

register(TELL)
register_provider("scheduling", standing)
