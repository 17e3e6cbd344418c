"""Appointments and offers go with their lead: exported, erased, merged, shown."""

from datetime import datetime, timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from brokers.models import User
from leads.models import Lead
from leads.parts import Deed, parts
from scheduling import booking
from scheduling.models import Appointment, SlotOffer
from scheduling.parts import panel
from tests.factories import AppointmentFactory, LeadFactory, SlotOfferFactory

HOUR = timedelta(hours=1)
BY_NAME = {part.name: part for part in parts()}


@pytest.fixture
def other(lead: Lead) -> Lead:
    return LeadFactory(broker=lead.broker)


def test_export_and_erase_cover_the_lead_s_rows_only(lead: Lead, other: Lead) -> None:
    for each in (lead, other):
        AppointmentFactory(broker=lead.broker, lead=each, location="Irarrázaval 100")
        SlotOfferFactory(broker=lead.broker, lead=each)
    for name, model in (("appointments", Appointment), ("slot_offers", SlotOffer)):
        assert len(BY_NAME[name].export(lead)) == 1
        assert BY_NAME[name].erase(lead) == 1
        assert list(model.objects.values_list("lead", flat=True)) == [other.pk]


def test_a_merge_keeps_one_active_visit_and_all_history(
    lead: Lead, other: Lead, agent: User, at: datetime
) -> None:
    later = timezone.now() + timedelta(days=3)
    kept = booking.book(lead, start=later, agent=agent, by=agent, at=timezone.now())
    twice = booking.book(other, start=later + HOUR, agent=agent, by=agent, at=timezone.now())
    past = AppointmentFactory(broker=lead.broker, lead=other, status="completed")
    offer = SlotOfferFactory(broker=lead.broker, lead=other)
    deed = Deed(agent, timezone.now())
    told = BY_NAME["appointments"].merge(other, lead, deed)
    assert BY_NAME["slot_offers"].merge(other, lead, deed) == [offer.pk]
    assert sorted(told["moved"]) == [twice.pk, past.pk]
    assert told["cancelled"] == [twice.pk]
    statuses = Appointment.objects.filter(lead=lead).order_by("pk").values_list("pk", "status")
    assert list(statuses) == [
        (kept.pk, "scheduled"),
        (twice.pk, "cancelled"),
        (past.pk, "completed"),
    ]
    assert SlotOffer.objects.get().lead == lead


def test_the_panel_shows_what_is_ahead_and_what_was_to_those_who_may_see_it(
    lead: Lead, agent: User, agent2: User, admin: User
) -> None:
    now = timezone.now()
    ahead, past = (
        AppointmentFactory(
            broker=lead.broker,
            lead=lead,
            agent=agent,
            start_time=start,
            end_time=start + HOUR,
            status=status,
        )
        for start, status in ((now + HOUR, "scheduled"), (now - 30 * HOUR, "no_show"))
    )
    shown = panel(lead, admin)
    assert (shown.context["upcoming"], shown.context["past"]) == ([ahead], [past])
    assert panel(lead, agent2).context["upcoming"] == []
    page = render_to_string(shown.template, shown.context)
    assert "no asistió" in page
    assert "Ana Pérez" in page
