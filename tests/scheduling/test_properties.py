"""The property that a visit is of: where it is, which it is, and why, for lead and agent."""

import pytest
from django.urls import reverse

from leads import cards
from leads.enums import AlertKind
from leads.models import Notification
from scheduling import booking, properties
from scheduling.models import Appointment, SlotOffer
from scheduling.tools import OfferChoice, SlotSearch, book_visit, find_slots, reschedule_visit
from tests.factories import AvailabilitySlotFactory, KnowledgeEntryFactory
from tests.scheduling.test_tools import turn_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def office(agent):
    for weekday in range(5):
        AvailabilitySlotFactory(broker=agent.broker, agent=agent, weekday=weekday)


@pytest.fixture
def flat(broker):
    return KnowledgeEntryFactory(
        broker=broker,
        source_type="property",
        title="Departamento Los Leones, 2 dormitorios",
        content="Comuna: Providencia.",
        metadata={"Dirección": "Los Leones 1200, depto 52", "location": "Providencia"},
    )


@pytest.fixture
def house(broker):
    return KnowledgeEntryFactory(
        broker=broker, source_type="property", title="Casa en La Reina", metadata={}
    )


@pytest.fixture
def turn(lead, at):
    turn = turn_of(lead, at)
    turn.question = "Quiero ver el de Los Leones el jueves"
    return turn


def first_offer():
    return OfferChoice(offer_id=SlotOffer.objects.earliest("start_time").pk)


def test_the_property_under_discussion_goes_with_the_visit(turn, flat):
    turn.context = {"discussed": [{"id": flat.pk, "title": flat.title}]}
    find_slots(turn, SlotSearch())
    turn.context = {}
    turn.question = "la primera"
    booked = book_visit(turn, first_offer())
    visit = Appointment.objects.get()
    assert (visit.listing, visit.location) == (flat, "Los Leones 1200, depto 52, Providencia")
    assert visit.requested == "Quiero ver el de Los Leones el jueves"
    assert (booked["property"], booked["location"]) == (
        "Departamento Los Leones, 2 dormitorios, Providencia",
        visit.location,
    )


def test_a_model_may_name_another_property_and_a_move_keeps_it(turn, flat, house):
    turn.context = {"discussed": [{"id": flat.pk}]}
    find_slots(turn, SlotSearch(property_id=house.pk))
    turn.context = {}
    book_visit(turn, first_offer())
    assert Appointment.objects.get().listing == house
    find_slots(turn, SlotSearch())
    reschedule_visit(turn, OfferChoice(offer_id=SlotOffer.objects.latest("start_time").pk))
    visit = Appointment.objects.get()
    assert (visit.listing, visit.location) == (house, "Casa en La Reina")


def test_of_several_properties_under_discussion_none_is_taken(turn, flat, house):
    turn.context = {"discussed": [{"id": flat.pk}, {"id": house.pk}]}
    find_slots(turn, SlotSearch())
    book_visit(turn, first_offer())
    assert Appointment.objects.get().listing is None


def test_an_entry_of_another_brokerage_or_kind_is_no_property(turn, rival, broker):
    theirs = KnowledgeEntryFactory(broker=rival, source_type="property")
    policy = KnowledgeEntryFactory(broker=broker, source_type="policy")
    for each in (theirs, policy):
        find_slots(turn, SlotSearch(property_id=each.pk))
        assert book_visit(turn, first_offer().model_copy(update={"property_id": each.pk}))["booked"]
    assert Appointment.objects.get().listing is None


def test_without_a_street_the_usual_place_is_where_one_meets(turn, house, broker):
    broker.brokerpromptconfig.meeting_config = {"location": "Sala de ventas, Av. Ossa 100"}
    broker.brokerpromptconfig.save()
    find_slots(turn, SlotSearch(property_id=house.pk))
    book_visit(turn, first_offer())
    assert Appointment.objects.get().location == "Sala de ventas, Av. Ossa 100"


def test_the_agent_reads_which_property_and_why(turn, flat, agent, client, admin):
    find_slots(turn, SlotSearch(property_id=flat.pk))
    book_visit(turn, first_offer())
    visit = Appointment.objects.get()
    why = "Departamento Los Leones, 2 dormitorios, Providencia · «Quiero ver el de Los Leones el jueves»"
    told = Notification.objects.get(kind=AlertKind.VISIT, user=agent)
    assert told.details["about"] == properties.reason(visit) == why
    assert any(flat.title in line for line in cards.lines(visit.lead, agent, turn.at))
    client.force_login(admin)
    page = client.get(reverse("admin:scheduling_appointment_change", args=[visit.pk])).text
    assert flat.title in page
    assert "Quiero ver el de Los Leones el jueves" in page


def test_a_property_that_is_deleted_leaves_the_visit(turn, flat, at):
    find_slots(turn, SlotSearch(property_id=flat.pk))
    book_visit(turn, first_offer())
    flat.delete()
    visit = booking.upcoming(turn.lead, at=at)
    assert (visit.listing, visit.location) == (None, "Los Leones 1200, depto 52, Providencia")
