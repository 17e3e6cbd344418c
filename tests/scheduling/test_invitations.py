"""Invitations: lead and agent get the visit as an .ics by mail, once a change, each with a state."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from icalendar import Calendar

from brokers.models import Broker, User
from leads import alerts, delivery, handoff, outbox
from leads.models import ActivityLog, ChatMessage, Lead, LeadAlert
from scheduling import booking, offers
from scheduling.availability import Slot
from scheduling.calendars import ics
from scheduling.calendars.outbox import event_id
from scheduling.models import Appointment
from tests.channels import begin_call, mail
from tests.factories import CalendarConnectionFactory, ConversationFactory
from tests.fakes.smtp import FakeMail

__all__ = ["mail"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def office(broker: Broker) -> Broker:
    broker.email = "contacto@andes.example"
    broker.save()
    return broker


@pytest.fixture
def camila(lead: Lead, office: Broker, at: datetime) -> Lead:
    ConversationFactory(lead=lead, broker=office, last_inbound_at=at)
    lead.email = "camila@example.com"
    lead.save()
    return lead


@pytest.fixture
def visit(camila: Lead, agent: User, at: datetime) -> Appointment:
    return booking.book(camila, start=at + 2 * DAY, agent=agent, by=agent, at=at)


def send_all(at: datetime) -> None:
    for pk in delivery.due(at=at):
        outbox.deliver(pk, at=at)
    for pk in alerts.due(at=at):
        alerts.deliver(pk, at=at)


def invited(letter: Any) -> tuple[Any, Any]:
    [part] = [each for each in letter.walk() if each.get_content_type() == "text/calendar"]
    return part, Calendar.from_ical(part.get_payload(decode=True))


def parts(letter: Any) -> tuple[str, str, int, str]:
    """To whom, and what their mail program reads: method, sequence, status."""
    part, calendar = invited(letter)
    [event] = calendar.walk("VEVENT")
    assert part.get_param("method") == calendar["method"]
    assert event["attendee"] == f"mailto:{letter['To']}"
    assert event["organizer"] == "mailto:contacto@andes.example"
    return letter["To"], str(calendar["method"]), event.decoded("sequence"), str(event["status"])


def test_lead_and_agent_get_every_change_with_one_uid_and_a_rising_sequence(
    visit: Appointment, agent: User, mail: FakeMail, at: datetime
) -> None:
    moved = booking.reschedule(visit, start=at + 3 * DAY, by=agent, at=at)
    booking.confirm(moved, by=agent, at=at)
    booking.cancel(moved, reason="", by=agent, at=at)
    for _ in range(2):
        send_all(at)
    both = [("REQUEST", 0, "CONFIRMED"), ("REQUEST", 1, "CONFIRMED"), ("CANCEL", 2, "CANCELLED")]
    read = [parts(letter) for letter in mail.letters]
    for person in ("camila@example.com", agent.email):
        assert [each[1:] for each in read if each[0] == person] == both
    uids = {str(invited(each)[1].walk("VEVENT")[0]["uid"]) for each in mail.letters}
    assert uids == {f"{event_id(visit)}@google.com", ics.uid(visit)}


def test_the_letter_says_what_the_lead_may_know(
    visit: Appointment, mail: FakeMail, at: datetime
) -> None:
    send_all(at)
    [letter] = [each for each in mail.letters if each["To"] == "camila@example.com"]
    text = letter.get_body().get_content()
    assert letter["Subject"] == "Visita a propiedad · Andes Propiedades"
    assert "jueves 26 de noviembre a las 10:00" in text
    assert f"/visit/{visit.token}/" in text
    assert "/admin/" not in text + invited(letter)[1].to_ical().decode()


def test_an_agent_with_google_gets_no_letter_of_it(camila: Lead, agent: User, at: datetime) -> None:
    CalendarConnectionFactory(broker=agent.broker, user=agent)
    booking.book(camila, start=at + DAY, agent=agent, by=agent, at=at)
    assert (LeadAlert.objects.count(), ChatMessage.objects.count()) == (0, 1)


def test_who_gives_a_visit_away_is_told_to_take_it_out(
    visit: Appointment, agent: User, agent2: User, admin: User, mail: FakeMail, at: datetime
) -> None:
    booking.reassign(visit, to=agent2, by=admin, at=at)
    send_all(at)
    told = [parts(letter)[:3] for letter in mail.letters if letter["To"] != "camila@example.com"]
    assert told == [
        (agent.email, "REQUEST", 0),
        (agent2.email, "REQUEST", 1),
        (agent.email, "CANCEL", 1),
    ]


def test_without_an_address_of_the_broker_nothing_goes_and_the_log_says_why(
    camila: Lead, agent: User, at: datetime
) -> None:
    camila.broker.email = ""
    camila.broker.save()
    booking.book(camila, start=at + DAY, agent=agent, by=agent, at=at)
    assert (ChatMessage.objects.count(), LeadAlert.objects.count()) == (0, 0)
    why = ActivityLog.objects.get(action_type="invitation_not_sent").details["reason"]
    assert why == "broker_without_email"


def test_a_lead_without_an_address_is_no_obstacle(camila: Lead, agent: User, at: datetime) -> None:
    camila.email = None
    camila.save()
    booking.book(camila, start=at + DAY, agent=agent, by=agent, at=at)
    assert (ChatMessage.objects.count(), LeadAlert.objects.count()) == (0, 1)


@pytest.mark.parametrize("hours_ago", [1, 30])
def test_what_the_lead_does_is_confirmed_also_while_a_person_holds_the_conversation(
    camila: Lead, agent: User, mail: FakeMail, at: datetime, hours_ago: int
) -> None:
    handoff.take(camila, by=agent, at=at)
    camila.conversation.refresh_from_db()
    camila.conversation.last_inbound_at = at - hours_ago * HOUR
    camila.conversation.save()
    camila.refresh_from_db()
    start = at + 2 * DAY
    offers.offer(camila, slots=[Slot(start, start + HOUR, (agent.pk,))], at=at)
    booking.book(camila, start=start, at=at)
    send_all(at)
    message = ChatMessage.objects.get(provider="email")
    purpose = "reply" if hours_ago == 1 else "reminder"
    assert (message.purpose, message.status, message.reason) == (purpose, "sent", "")


def test_a_visit_that_is_over_is_not_told_of(visit: Appointment, agent: User, at: datetime) -> None:
    booking.complete(visit, by=agent, at=at + 3 * DAY)
    booking.reinstate(visit, by=agent, at=at + 3 * DAY)
    assert ChatMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_the_letter_left_sends_no_second_one(
    camila: Lead, agent: User, mail: FakeMail, at: datetime
) -> None:
    with transaction.atomic():
        booking.book(camila, start=at + DAY, agent=agent, by=agent, at=at)
        transaction.set_rollback(True)
    assert ChatMessage.objects.count() == 0
    booking.book(camila, start=at + DAY, agent=agent, by=agent, at=at)
    message = ChatMessage.objects.get()
    begin_call(message, at)
    outbox.recover(at=at + HOUR)
    send_all(at + HOUR)
    message.refresh_from_db()
    assert (message.status, message.reason) == ("failed", "outcome_unknown")
    assert [letter["To"] for letter in mail.letters] == [agent.email]
