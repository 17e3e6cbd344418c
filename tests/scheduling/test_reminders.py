"""Reminders: when each goes, that it goes once, and what it says."""

import re
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from brokers.models import User
from leads import alerts, delivery, handoff, notices, outbox
from leads.enums import Delivery
from leads.models import ChatMessage, Lead, LeadAlert
from leads.quiet import QuietHours
from scheduling import booking, reminders
from scheduling.models import Appointment
from scheduling.reminders import DAY_BEFORE, HOUR_BEFORE, Kind, moment
from scheduling.tasks import sweep_reminders
from tests.api import signed_in
from tests.factories import (
    AppointmentFactory,
    ChannelIdentityFactory,
    ChatMessageFactory,
    ConversationFactory,
    LeadFactory,
)
from tests.racing import race

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
SANTIAGO = ZoneInfo("America/Santiago")


@pytest.fixture
def talking(lead: Lead, at: datetime) -> Lead:
    """Camila, who writes on the web chat."""
    ConversationFactory(lead=lead, broker=lead.broker, last_inbound_at=at)
    ChannelIdentityFactory(lead=lead, broker=lead.broker)
    return lead


@pytest.fixture
def start(at: datetime) -> datetime:
    return at + 2 * DAY


@pytest.fixture
def visit(talking: Lead, agent: User, start: datetime, at: datetime) -> Appointment:
    return booking.book(
        talking, start=start, agent=agent, location="Irarrázaval 3400", by=agent, at=at
    )


def sweep(at: datetime) -> int:
    """The sweep and the tasks that it starts."""
    waiting = reminders.due(at=at)
    return sum(reminders.remind(pk, reminders.KINDS[kind], at=at) for pk, kind in waiting)


def queued() -> list[ChatMessage]:
    return list(ChatMessage.objects.filter(purpose="reminder").order_by("id"))


def flags(visit: Appointment) -> tuple[bool, bool]:
    visit.refresh_from_db()
    return visit.reminder_sent_24h, visit.reminder_sent_1h


def test_a_day_and_an_hour_before_the_lead_is_reminded_once_each(
    visit: Appointment, start: datetime
) -> None:
    moments = [start - DAY - MINUTE, start - DAY, start - DAY, start - HOUR, start - HOUR / 2]
    assert [sweep(moment) for moment in moments] == [0, 1, 0, 1, 0]
    assert flags(visit) == (True, True)
    assert [message.idempotency_key for message in queued()] == [
        f"reminder:{visit.pk}:{kind}:{start.astimezone(ZoneInfo('UTC')).isoformat()}"
        for kind in ("24h", "1h")
    ]


def test_it_says_when_where_with_whom_and_gives_the_lead_s_own_link(
    visit: Appointment, start: datetime, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://crm.example.com"
    sweep(start - DAY)
    assert queued()[0].message_text == (
        "Hola, Camila. Te recordamos tu visita a propiedad: jueves 26 de noviembre a las 10:00, "
        "en Irarrázaval 3400, con Ana Pérez.\n"
        "Confirma, cambia la hora o cancela aquí: "
        f"https://crm.example.com/visit/{visit.token}/"
    )


def test_it_leaves_through_the_gate_free_of_sunday_and_of_the_daily_cap(
    visit: Appointment, start: datetime
) -> None:
    sunday = datetime(2026, 11, 29, 10, 0, tzinfo=SANTIAGO)
    Appointment.objects.update(start_time=sunday + DAY, end_time=sunday + DAY + HOUR)
    assert sweep(sunday) == 1
    outbox.deliver(queued()[0].pk, at=sunday)
    assert queued()[0].status == Delivery.SENT


def test_a_lead_who_cannot_be_reached_leaves_the_reason_with_the_message(
    visit: Appointment, talking: Lead, start: datetime
) -> None:
    talking.identities.all().delete()
    assert [sweep(start - DAY), sweep(start - DAY + MINUTE)] == [1, 0]
    outbox.deliver(queued()[0].pk, at=start - DAY)
    assert (queued()[0].status, queued()[0].reason) == (Delivery.BLOCKED, "no_identity")


def test_an_appointment_that_is_gone_reminds_nobody(
    visit: Appointment, agent: User, start: datetime, at: datetime
) -> None:
    due = reminders.due(at=start - DAY)
    booking.cancel(visit, reason="", by=agent, at=at)
    assert (due, reminders.due(at=start - DAY)) == ([(visit.pk, "24h")], [])
    assert reminders.remind(visit.pk, DAY_BEFORE, at=start - DAY) is False
    assert reminders.remind(0, DAY_BEFORE, at=start - DAY) is False


# --- The night ------------------------------------------------------------------------------------

NIGHTS = QuietHours(time(21), time(9), True, True, "CL", SANTIAGO)


@pytest.mark.parametrize(
    ("start", "kind", "expected"),
    [
        ("2026-11-26T11:00", HOUR_BEFORE, "2026-11-26T10:00"),
        ("2026-11-26T10:00", HOUR_BEFORE, "2026-11-26T09:00"),
        ("2026-11-26T09:30", HOUR_BEFORE, "2026-11-25T20:30"),
        ("2026-11-26T09:30", DAY_BEFORE, "2026-11-25T09:30"),
        ("2026-11-26T08:00", DAY_BEFORE, "2026-11-24T20:30"),
        ("2026-11-26T22:30", HOUR_BEFORE, "2026-11-26T20:30"),
        ("2026-11-29T12:00", HOUR_BEFORE, "2026-11-29T11:00"),  # a Sunday
        # The clocks of Santiago go forward at midnight of 2026-09-06, back at that of 2026-04-05.
        ("2026-09-06T11:00", DAY_BEFORE, "2026-09-05T10:00"),
        ("2026-09-06T09:30", HOUR_BEFORE, "2026-09-05T20:30"),
        ("2026-04-05T11:00", DAY_BEFORE, "2026-04-04T12:00"),
        ("2026-04-05T09:30", HOUR_BEFORE, "2026-04-04T20:30"),
    ],
)
def test_a_reminder_that_would_fall_into_the_night_goes_the_evening_before(
    start: str, kind: Kind, expected: str
) -> None:
    at = datetime.fromisoformat(start).replace(tzinfo=SANTIAGO)
    sent = moment(at, kind, NIGHTS).astimezone(SANTIAGO)
    assert sent.replace(tzinfo=None).isoformat(timespec="minutes") == expected


def test_quiet_hours_that_do_not_pass_midnight_are_kept_too() -> None:
    siesta = QuietHours(time(14), time(16), True, True, "CL", SANTIAGO)
    at = datetime(2026, 11, 26, 16, 30, tzinfo=SANTIAGO)
    assert moment(at, HOUR_BEFORE, siesta) == datetime(2026, 11, 26, 13, 30, tzinfo=SANTIAGO)


def test_moved_before_the_booking_it_is_skipped(talking: Lead, agent: User) -> None:
    late = datetime(2026, 11, 25, 22, 0, tzinfo=SANTIAGO)
    start = datetime(2026, 11, 26, 9, 30, tzinfo=SANTIAGO)
    booking.book(talking, start=start, agent=agent, by=agent, at=late)
    assert [sweep(late), sweep(start - HOUR), sweep(start - MINUTE)] == [0, 0, 0]


def test_a_sweep_that_comes_at_night_is_told_so_by_the_gate(
    visit: Appointment, start: datetime
) -> None:
    Appointment.objects.update(start_time=start - HOUR / 2, end_time=start + HOUR)
    late = datetime(2026, 11, 25, 22, 0, tzinfo=SANTIAGO)
    Appointment.objects.update(reminder_sent_24h=True)
    assert sweep(late) == 1
    outbox.deliver(queued()[0].pk, at=late)
    assert (queued()[0].status, queued()[0].reason) == (Delivery.BLOCKED, "quiet_hours")


# --- Moved, late, booked inside -------------------------------------------------------------------


def test_booked_inside_the_window_it_is_skipped(
    talking: Lead, agent: User, start: datetime
) -> None:
    soon = start - 3 * HOUR
    booking.book(talking, start=start, agent=agent, by=agent, at=soon)
    assert [sweep(soon), sweep(start - HOUR)] == [0, 1]
    assert flags(Appointment.objects.get()) == (False, True)


def test_a_rescheduled_visit_is_reminded_anew(
    visit: Appointment, agent: User, start: datetime
) -> None:
    sweep(start - DAY)
    booking.reschedule(visit, start=start + DAY, by=agent, at=start - DAY)
    assert flags(visit) == (False, False)
    assert [sweep(start - DAY), sweep(start)] == [0, 1]
    assert [message.status for message in queued()] == [Delivery.BLOCKED, Delivery.PENDING]
    assert queued()[0].reason == "appointment_changed"


def test_after_a_long_halt_only_the_latest_reminder_goes(
    visit: Appointment, start: datetime
) -> None:
    assert sweep(start - HOUR / 2) == 1
    assert flags(visit) == (False, True)


# --- Twice at once, and killed --------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_queue_one_message(visit: Appointment, start: datetime) -> None:
    results = race(4, lambda _: sweep(start - DAY))
    assert sorted(results) == [0, 0, 0, 1]
    assert len(queued()) == 1
    assert flags(visit) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_between_leaves_neither_a_flag_nor_a_message(
    visit: Appointment, start: datetime
) -> None:
    def killed() -> None:
        with transaction.atomic():
            reminders.remind(visit.pk, DAY_BEFORE, at=start - DAY)
            raise SystemExit

    with pytest.raises(SystemExit):
        killed()
    assert (queued(), flags(visit)) == ([], (False, False))
    assert sweep(start - DAY) == 1


def test_the_sweep_costs_one_query_however_many_are_due(
    visit: Appointment, start: datetime, at: datetime, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        other = LeadFactory(broker=visit.broker)
        AppointmentFactory(
            broker=visit.broker,
            lead=other,
            start_time=start + number * MINUTE,
            agreed_at=at,
        )
    with CaptureQueriesContext(connection) as queries:
        assert len(reminders.due(at=start - DAY + HOUR)) == 6
    assert len(queries) == 1


def test_the_sweep_starts_a_task_for_each(
    visit: Appointment, start: datetime, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as started:
        assert sweep_reminders(at=(start - DAY).isoformat()) == 1
    assert len(started) == 1


# --- Where a person holds the conversation --------------------------------------------------------


def deliver_all(at: datetime) -> None:
    for pk in delivery.due(at=at):
        outbox.deliver(pk, at=at)


@pytest.mark.parametrize("taken_after", [False, True], ids=["before", "between"])
def test_who_holds_the_conversation_is_told_once_of_the_reminder_that_did_not_go(
    visit: Appointment, agent: User, start: datetime, taken_after: bool
) -> None:
    due = start - DAY
    if taken_after:
        sweep(due)
    handoff.take(visit.lead, by=agent, at=due)
    sweep(due)
    deliver_all(due)
    assert [message.status for message in queued()] == [Delivery.BLOCKED]
    assert [reminders.tell_unsent(at=due + MINUTE), reminders.tell_unsent(at=due)] == [1, 0]
    alert = LeadAlert.objects.get()
    assert alerts.recipients(alert) == [agent.email]
    subject = f"Recordatorio no enviado a {visit.lead}: tú llevas la conversación"
    assert notices.subject(alert) == subject


def test_nobody_is_told_of_an_hour_that_is_no_longer_so(
    visit: Appointment, agent: User, start: datetime
) -> None:
    handoff.take(visit.lead, by=agent, at=start - DAY)
    sweep(start - DAY)
    deliver_all(start - DAY)
    booking.reschedule(visit, start=start + HOUR, by=agent, at=start - DAY)
    assert reminders.tell_unsent(at=start - DAY) == 0
    assert reminders.tell_unsent(at=start + 2 * HOUR) == 0


def test_one_click_sends_it_as_the_person_s_own_message_once(
    visit: Appointment, agent: User, agent2: User, client: Client
) -> None:
    now = timezone.now()
    Appointment.objects.update(
        start_time=now + 20 * HOUR, end_time=now + 21 * HOUR, agreed_at=now - 3 * DAY
    )
    handoff.take(visit.lead, by=agent, at=now)
    sweep(now)
    deliver_all(now)
    client.force_login(agent)
    page = reverse("admin:scheduling_appointment_change", args=[visit.pk])
    shown = client.get(page).content.decode()
    assert "bloqueado: una persona lleva la conversación y el asistente calla" in shown
    button = reverse("admin:scheduling_appointment_remind", args=[visit.pk])
    assert button in shown
    client.post(button)
    ana = signed_in(agent)
    assert ana.post(f"/api/v1/appointments/{visit.pk}/remind/").status_code == 200
    sent = ChatMessage.objects.get(purpose="human")
    assert (sent.author, sent.sent_by) == ("user", agent)
    assert sent.message_text == reminders.text(Appointment.objects.get())
    Lead.objects.update(assigned_to=agent2)
    assert ana.post(f"/api/v1/appointments/{visit.pk}/remind/").status_code == 403


def test_a_broker_of_another_language_reminds_in_it(visit: Appointment) -> None:
    visit.lead.broker.language = "en"
    assert "Thursday 26 November at 10:00" in reminders.text(visit)


@pytest.mark.parametrize(
    ("written", "reminded"),
    [
        (
            "Hi, I would like to see the apartment in Ñuñoa",
            "This is a reminder of your property visit",
        ),
        ("Oi, gostaria de ver o apartamento, obrigado", "Lembramos da sua visita ao imóvel"),
        ("Hola, quiero ver el departamento", "Te recordamos tu visita a propiedad"),
    ],
)
def test_a_reminder_is_in_the_language_in_which_the_lead_writes(
    visit: Appointment, written: str, reminded: str
) -> None:
    ChatMessageFactory(lead=visit.lead, broker=visit.broker, direction="in", message_text=written)
    assert reminded in reminders.text(visit)


def test_every_text_in_portuguese_is_one_that_we_send() -> None:
    """What is no longer in the code is no longer in the catalogue."""
    catalogue = (settings.BASE_DIR / "crm/locale/pt/LC_MESSAGES/django.po").read_text()
    code = "".join(
        path.read_text()
        for app in ("scheduling", "leads")
        for path in settings.BASE_DIR.glob(f"{app}/**/*.py")
    )
    missing = [text for text in re.findall(r'msgid "(.+)"', catalogue) if f'"{text}"' not in code]
    assert missing == []
