"""What a lead says of a visit that stays as it is reaches its agent, once, whoever understood it."""

import pytest

from leads.enums import AlertKind
from leads.models import ActivityLog, Notification
from scheduling.errors import NotActive
from scheduling.models import Appointment, AppointmentStatus
from scheduling.shortcuts import pass_on
from scheduling.tools import (
    OfferChoice,
    SlotSearch,
    VisitNews,
    book_visit,
    find_slots,
    standing,
    tell_agent,
)
from tests.factories import AvailabilitySlotFactory
from tests.scheduling.test_tools import turn_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def turn(lead, at, agent):
    for weekday in range(5):
        AvailabilitySlotFactory(broker=lead.broker, agent=agent, weekday=weekday)
    turn = turn_of(lead, at)
    offered = find_slots(turn, SlotSearch())["slots"][0]
    book_visit(turn, OfferChoice(offer_id=offered["offer_id"]))
    turn.context = standing(turn)
    return turn


def news(agent):
    return list(Notification.objects.filter(kind=AlertKind.VISIT_NEWS, user=agent))


def test_who_runs_late_is_announced_with_their_words(turn, agent):
    told = tell_agent(turn, VisitNews(kind="late", words="voy 10 min tarde"))
    assert (told["told"], told["agent"]) == (True, "Ana")
    (card,) = news(agent)
    assert (card.details["news"], card.details["about"]) == ("late", "«voy 10 min tarde»")
    logged = ActivityLog.objects.get(action_type="appointment_late")
    assert (logged.actor, logged.details["said"]) == ("lead", "voy 10 min tarde")
    assert Appointment.objects.get().status == AppointmentStatus.SCHEDULED


def test_who_says_that_they_come_has_confirmed(turn, agent):
    tell_agent(turn, VisitNews(kind="coming"))
    assert Appointment.objects.get().status == AppointmentStatus.CONFIRMED
    assert [each.details["news"] for each in news(agent)] == ["coming"]


def test_without_a_visit_there_is_nobody_to_tell(turn):
    Appointment.objects.all().delete()
    with pytest.raises(NotActive):
        tell_agent(turn, VisitNews(kind="late"))


@pytest.mark.parametrize(
    ("intents", "told"),
    [
        ({"running_late"}, ["late"]),
        ({"confirms_visit", "thanks"}, ["coming"]),
        ({"confirms_visit", "wants_reschedule"}, []),
        ({"greeting"}, []),
    ],
)
def test_what_the_model_did_not_pass_on_is_passed_on(turn, agent, intents, told):
    turn.question = "voy atrasado"
    pass_on(turn, intents)
    assert [each.details["news"] for each in news(agent)] == told


def test_what_the_model_passed_on_is_not_told_twice(turn, agent):
    tell_agent(turn, VisitNews(kind="late"))
    turn.used.append("tell_agent")
    pass_on(turn, {"running_late"})
    assert len(news(agent)) == 1
