"""What the assistant sees of the diary and does with it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from brokers.models import User
from leads.models import Lead
from leads.stages import Stage
from llm.tools import Turn, context_of, tools
from scheduling import booking
from scheduling.errors import NotActive
from scheduling.models import Appointment, SlotOffer
from scheduling.tools import (
    Cancellation,
    OfferChoice,
    SlotSearch,
    book_visit,
    cancel_visit,
    find_slots,
    reschedule_visit,
    standing,
)
from tests.factories import (
    AppointmentBlockFactory,
    AvailabilitySlotFactory,
    ChatMessageFactory,
    ConversationFactory,
    LeadFactory,
)

DAY = timedelta(days=1)
THURSDAY = date(2026, 11, 26)


@pytest.fixture
def office(lead: Lead, agent: User) -> None:
    """Ana receives from Tuesday to Thursday, 9 to 18."""
    for weekday in (1, 2, 3):
        AvailabilitySlotFactory(broker=lead.broker, weekday=weekday)


@pytest.fixture
def turn(lead: Lead, at: datetime) -> Turn:
    return turn_of(lead, at)


def turn_of(lead: Lead, at: datetime) -> Turn:
    return Turn(
        lead=lead,
        broker=lead.broker,
        conversation=ConversationFactory(lead=lead, broker=lead.broker),
        message=ChatMessageFactory(lead=lead, broker=lead.broker),
        question="¿Qué horas tienen?",
        at=at,
        version=1,
    )


def labels(answer: dict[str, Any]) -> list[str]:
    return [each["label"] for each in answer["slots"]]


def on(day: date, **more: Any) -> SlotSearch:
    return SlotSearch(date_from=day, date_to=day, **more)


def test_the_tools_are_registered_with_words_for_the_model() -> None:
    registered = {tool.name: tool for tool in tools()}
    for name in ("find_slots", "book_visit", "reschedule_visit", "cancel_visit"):
        assert registered[name].description


def test_find_slots_spreads_over_days_and_hours(office: None, turn: Turn) -> None:
    answer = find_slots(turn, SlotSearch())
    assert labels(answer) == [
        "martes 24 de noviembre a las 12:00",
        "miércoles 25 de noviembre a las 13:00",
        "jueves 26 de noviembre a las 11:00",
        "martes 1 de diciembre a las 15:00",
    ]
    assert answer["reason"] is None
    assert answer["slots"][2]["start"] == "2026-11-26T11:00:00-03:00"


def test_what_was_offered_can_be_pressed_until_one_is_booked(office: None, turn: Turn) -> None:
    offered = find_slots(turn, SlotSearch())["slots"]
    assert turn.choices == [
        {
            "label": each["label"],
            "value": str(each["offer_id"]),
            "start": each["start"],
            "kind": "property_visit",
        }
        for each in offered
    ]
    book_visit(turn, OfferChoice(offer_id=offered[0]["offer_id"]))
    assert turn.choices == []


def test_find_slots_within_a_day_and_a_part_of_it(office: None, turn: Turn) -> None:
    assert labels(find_slots(turn, on(THURSDAY))) == [
        f"jueves 26 de noviembre a las {hour}:00" for hour in (9, 11, 13, 15)
    ]
    assert labels(find_slots(turn, on(THURSDAY, part_of_day="morning"))) == [
        f"jueves 26 de noviembre a las {hour}:00" for hour in (9, 10, 11)
    ]


def test_with_none_in_the_range_the_nearest_later_ones_are_offered(
    office: None, turn: Turn
) -> None:
    answer = find_slots(turn, on(THURSDAY + DAY, part_of_day="afternoon"))
    assert answer["reason"] == "none_in_range"
    assert labels(answer)[0] == "martes 1 de diciembre a las 12:00"


def test_beyond_the_horizon_the_latest_ones_are_offered(office: None, turn: Turn) -> None:
    answer = find_slots(turn, on(date(2027, 3, 2)))
    assert (answer["reason"], len(answer["slots"])) == ("none_in_range", 4)
    assert labels(answer)[0] == "jueves 3 de diciembre a las 15:00"


def test_without_free_hours_the_answer_says_so(turn: Turn) -> None:
    assert find_slots(turn, SlotSearch()) == {"slots": [], "reason": "no_availability"}


def test_a_broker_that_does_not_book_offers_nothing(office: None, turn: Turn) -> None:
    turn.broker.brokerpromptconfig.enable_appointment_booking = False
    assert find_slots(turn, SlotSearch()) == {"slots": [], "reason": "booking_disabled"}
    refused = {"booked": False, "reason": "booking_disabled", "slots": []}
    assert book_visit(turn, OfferChoice(offer_id=1)) == refused
    assert context_of(turn)["booking_enabled"] is False


def test_book_visit_books_the_hour_chosen_once(office: None, turn: Turn, lead: Lead) -> None:
    chosen = find_slots(turn, on(THURSDAY))["slots"][1]
    answers = [book_visit(turn, OfferChoice(offer_id=chosen["offer_id"])) for _ in range(2)]
    visit = Appointment.objects.get()
    assert (
        answers
        == [
            {
                "booked": True,
                "appointment_id": visit.pk,
                "label": "jueves 26 de noviembre a las 11:00",
                "start": "2026-11-26T11:00:00-03:00",
                "location": "",
                "agent": "Ana",
                "property": "",
            }
        ]
        * 2
    )
    assert turn.lead.pipeline_stage == Stage.SCHEDULED
    assert (turn.progressed, turn.rescored) == (True, True)


def test_the_context_tells_offers_and_then_the_appointment(office: None, turn: Turn) -> None:
    offered = find_slots(turn, on(THURSDAY))["slots"]
    assert context_of(turn)["offers"] == offered
    assert context_of(turn)["appointment"] is None
    booked = book_visit(turn, OfferChoice(offer_id=offered[0]["offer_id"]))
    told = context_of(turn)
    assert told["offers"] == []
    assert told["appointment"] == {
        "id": booked["appointment_id"],
        "start": "2026-11-26T09:00:00-03:00",
        "label": "jueves 26 de noviembre a las 9:00",
        "status": "scheduled",
        "location": "",
        "agent": "Ana",
        "property": "",
    }
    turn.at += 10 * DAY
    assert context_of(turn)["appointment"] is None


def test_an_hour_taken_meanwhile_is_answered_with_others_of_that_day(
    office: None, turn: Turn, agent: User, at: datetime
) -> None:
    chosen = find_slots(turn, on(THURSDAY))["slots"][0]
    start = datetime.fromisoformat(chosen["start"])
    booking.book(LeadFactory(broker=turn.broker), start=start, agent=agent, by=agent, at=at)
    answer = book_visit(turn, OfferChoice(offer_id=chosen["offer_id"]))
    assert (answer["booked"], answer["reason"]) == (False, "slot_taken")
    assert labels(answer) == [
        f"jueves 26 de noviembre a las {hour}:00" for hour in (10, 12, 14, 16)
    ]
    turn.at += timedelta(minutes=10)
    answer = book_visit(turn, OfferChoice(offer_id=chosen["offer_id"]))
    assert answer["reason"] == "offer_expired_and_taken"


def test_an_unknown_offer_is_answered_with_the_soonest_hours(
    office: None, turn: Turn, rival_admin: User
) -> None:
    answer = book_visit(turn, OfferChoice(offer_id=0))
    assert (answer["booked"], answer["reason"], len(answer["slots"])) == (False, "offer_unknown", 4)


def test_another_hour_moves_the_visit(office: None, turn: Turn) -> None:
    first = find_slots(turn, on(THURSDAY))["slots"][0]
    book_visit(turn, OfferChoice(offer_id=first["offer_id"]))
    second = find_slots(turn, on(THURSDAY, part_of_day="afternoon"))["slots"][0]
    moved = book_visit(turn, OfferChoice(offer_id=second["offer_id"]))
    assert (moved["booked"], moved["label"]) == (True, "jueves 26 de noviembre a las 12:00")
    assert Appointment.objects.get().ics_sequence == 1


def test_a_closed_lead_books_and_the_turn_goes_on_with_the_new_holder(
    office: None, turn: Turn
) -> None:
    offered = find_slots(turn, SlotSearch())["slots"][0]
    Lead.objects.update(pipeline_stage=Stage.LOST, status="lost")
    assert book_visit(turn, OfferChoice(offer_id=offered["offer_id"]))["booked"] is True
    assert turn.version == 2


def test_tools_keep_to_their_budget_of_statements(office: None, turn: Turn, lead: Lead) -> None:
    AppointmentBlockFactory(broker=lead.broker)
    turn.lead = Lead.objects.select_related(
        "broker__brokerpromptconfig", "broker__brokerleadconfig"
    ).get(pk=lead.pk)
    turn.broker = turn.lead.broker
    counts: dict[str, int] = {}
    calls = {
        "context": lambda: standing(turn),
        "find_slots": lambda: find_slots(turn, on(THURSDAY)),
        "book_visit": lambda: book_visit(turn, OfferChoice(offer_id=SlotOffer.objects.last().pk)),
    }
    for name, call in calls.items():
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            call()
        counts[name] = len(queries)
    budget = {"context": 2, "find_slots": 12, "book_visit": 41}
    assert {name: count for name, count in counts.items() if count > budget[name]} == {}


def test_reschedule_visit_moves_the_visit_to_the_hour_chosen(office: None, turn: Turn) -> None:
    first = find_slots(turn, on(THURSDAY))["slots"][0]
    book_visit(turn, OfferChoice(offer_id=first["offer_id"]))
    second = find_slots(turn, on(THURSDAY, part_of_day="afternoon"))["slots"][0]
    answers = [reschedule_visit(turn, OfferChoice(offer_id=second["offer_id"])) for _ in range(2)]
    visit = Appointment.objects.get()
    assert (
        answers
        == [
            {
                "rescheduled": True,
                "appointment_id": visit.pk,
                "label": "jueves 26 de noviembre a las 12:00",
                "start": "2026-11-26T12:00:00-03:00",
                "location": "",
                "agent": "Ana",
                "property": "",
            }
        ]
        * 2
    )
    assert visit.ics_sequence == 1


def test_reschedule_visit_with_an_hour_not_offered_answers_with_others(
    office: None, turn: Turn
) -> None:
    first = find_slots(turn, on(THURSDAY))["slots"][0]
    book_visit(turn, OfferChoice(offer_id=first["offer_id"]))
    answer = reschedule_visit(turn, OfferChoice(offer_id=0))
    assert (answer["rescheduled"], answer["reason"]) == (False, "offer_unknown")
    assert len(answer["slots"]) == 4


def test_cancel_visit_cancels_and_the_stage_goes_back(office: None, turn: Turn) -> None:
    first = find_slots(turn, on(THURSDAY))["slots"][0]
    book_visit(turn, OfferChoice(offer_id=first["offer_id"]))
    answer = cancel_visit(turn, Cancellation(reason="Compré otra casa"))
    visit = Appointment.objects.get()
    assert (answer["cancelled"], answer["label"]) == (True, first["label"])
    assert (visit.status, visit.cancellation_reason) == ("cancelled", "Compré otra casa")
    assert turn.lead.pipeline_stage == Stage.ENTRY


def test_without_a_visit_there_is_nothing_to_move_or_cancel(office: None, turn: Turn) -> None:
    for call in (
        lambda: reschedule_visit(turn, OfferChoice(offer_id=1)),
        lambda: cancel_visit(turn, Cancellation()),
    ):
        with pytest.raises(NotActive):
            call()
