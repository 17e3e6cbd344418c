"""The lead's own page: what it shows, what may be done there, and by whom."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from brokers.models import User
from leads.models import ActivityLog, Lead
from scheduling import booking, visit
from scheduling.models import Appointment, SlotOffer
from tests.factories import AppointmentFactory, AvailabilitySlotFactory, LeadFactory
from tests.racing import race

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def noon(days: int) -> datetime:
    local = timezone.localtime() + days * DAY
    return local.replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def office(lead: Lead, agent: User) -> None:
    """Ana receives every day, 9 to 18."""
    for weekday in range(7):
        AvailabilitySlotFactory(
            broker=lead.broker, weekday=weekday, start_time=time(9), end_time=time(18)
        )


@pytest.fixture
def appointment(lead: Lead, agent: User, office: None) -> Appointment:
    return booking.book(
        lead,
        start=noon(3),
        agent=agent,
        location="Irarrázaval 3400, Ñuñoa",
        by=agent,
        at=timezone.now(),
    )


def url(appointment: Appointment) -> str:
    return f"/visit/{appointment.token}/"


def seen(appointment: Appointment) -> str:
    appointment.refresh_from_db()
    return f"{appointment.ics_sequence}-{appointment.status}"


def send(client: Client, appointment: Appointment, do: str, **given: str) -> Any:
    fields = {"do": do, "seen": seen(appointment), **given}
    return client.post(url(appointment), fields)


def status(appointment: Appointment) -> str:
    appointment.refresh_from_db()
    return str(appointment.status)


def test_it_shows_the_visit_in_the_broker_s_zone(client: Client, appointment: Appointment) -> None:
    appointment.broker.timezone = "America/Punta_Arenas"
    appointment.broker.save()
    start = datetime(2027, 6, 9, 16, 0, tzinfo=timezone.get_default_timezone())
    Appointment.objects.update(start_time=start, end_time=start + HOUR)
    response = client.get(url(appointment))
    text = response.content.decode()
    assert response.status_code == 200
    for shown in (
        "Miércoles 9 de junio",
        "de 17:00 a 18:00",
        "Irarrázaval 3400, Ñuñoa",
        "Ana Pérez",
    ):
        assert shown in text
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == (
        "max-age=0, no-cache, no-store, must-revalidate, private",
        "noindex",
    )


def test_the_lead_confirms_and_the_log_says_it_was_the_lead(
    client: Client, appointment: Appointment
) -> None:
    response = send(client, appointment, "confirm")
    assert response.headers["Location"] == f"{url(appointment)}?done=confirm"
    assert status(appointment) == "confirmed"
    assert (
        "tu asistencia quedó confirmada"
        in client.get(response.headers["Location"]).content.decode()
    )
    log = ActivityLog.objects.get(action_type="appointment_confirmed")
    assert (log.actor, log.user) == ("lead", None)


def test_the_lead_cancels_with_a_reason(client: Client, appointment: Appointment) -> None:
    send(client, appointment, "cancel", reason="Me cambiaron\x00 el turno")
    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancellation_reason) == (
        "cancelled",
        "Me cambiaron el turno",
    )
    text = client.get(url(appointment)).content.decode()
    assert "Esta visita está cancelada" in text
    assert "<form" not in text


def test_the_lead_moves_the_visit_to_a_free_hour_and_keeps_the_agent(
    client: Client, appointment: Appointment, agent: User, agent2: User
) -> None:
    AvailabilitySlotFactory(broker=appointment.broker, agent=agent2)
    start = noon(4) + HOUR
    response = send(client, appointment, "reschedule", start=start.isoformat())
    appointment.refresh_from_db()
    assert response.status_code == 302
    assert (appointment.start_time, appointment.agent, appointment.ics_sequence) == (
        start,
        agent,
        1,
    )
    assert "te esperamos el" in client.get(response.headers["Location"]).content.decode()
    assert not SlotOffer.objects.filter(taken=False).exists()


@pytest.mark.parametrize(
    "start", ["", "mañana", "2026-13-40T10:00:00Z", "2030-01-01T10:00:00", "x" * 99]
)
def test_an_hour_that_is_none_of_those_shown_is_refused(
    client: Client, appointment: Appointment, start: str
) -> None:
    response = send(client, appointment, "reschedule", start=start)
    assert (response.status_code, status(appointment)) == (409, "scheduled")
    assert "Esa hora ya no está disponible" in response.content.decode()


def test_an_hour_taken_meanwhile_is_refused_and_others_are_shown(
    client: Client, appointment: Appointment, agent: User
) -> None:
    start = noon(4)
    other = LeadFactory(broker=appointment.broker)
    booking.book(other, start=start, agent=agent, by=agent, at=timezone.now())
    response = send(client, appointment, "reschedule", start=start.isoformat())
    assert (response.status_code, status(appointment)) == (409, "scheduled")
    assert 'name="start"' in response.content.decode()


def test_of_two_tabs_the_older_one_changes_nothing(
    client: Client, appointment: Appointment
) -> None:
    before = seen(appointment)
    send(client, appointment, "reschedule", start=noon(4).isoformat())
    for do in ("confirm", "reschedule", "cancel"):
        response = send(client, appointment, do, seen=before, start=noon(5).isoformat())
        assert response.status_code == 409
        assert "La visita cambió desde que abriste esta página" in response.content.decode()
    assert status(appointment) == "scheduled"


@pytest.mark.parametrize("do", ["confirm", "reschedule", "cancel"])
def test_a_form_sent_twice_is_done_once(client: Client, appointment: Appointment, do: str) -> None:
    fields = {"seen": seen(appointment), "start": noon(4).isoformat()}
    answers = [send(client, appointment, do, **fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    told = ActivityLog.objects.filter(action_type__startswith="appointment_").count()
    assert told == 2  # booked, and this


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_the_same_moment_move_it_once(appointment: Appointment) -> None:
    hours = [noon(4), noon(5)]
    before = seen(appointment)
    answers = race(
        2,
        lambda n: send(
            Client(), appointment, "reschedule", seen=before, start=hours[n].isoformat()
        ),
    )
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    appointment.refresh_from_db()
    assert (appointment.ics_sequence, appointment.start_time in hours) == (1, True)


def test_past_and_running_visits_are_read_only(client: Client, appointment: Appointment) -> None:
    Appointment.objects.update(
        start_time=timezone.now() - HOUR / 2, end_time=timezone.now() + HOUR / 2
    )
    text = client.get(url(appointment)).content.decode()
    assert "La hora de esta visita ya pasó" in text
    assert "<form" not in text
    assert send(client, appointment, "cancel").status_code == 409
    assert status(appointment) == "scheduled"


def test_unknown_and_expired_links_and_closed_brokers_end_in_a_friendly_404(
    client: Client, appointment: Appointment
) -> None:
    gone = AppointmentFactory(
        broker=appointment.broker, start_time=timezone.now() - 40 * DAY, status="completed"
    )
    addresses = ["/visit/no-existe/", url(gone), f"/visit/{'x' * 500}/"]
    appointment.broker.is_active = False
    appointment.broker.save()
    for address in [*addresses, url(appointment)]:
        for response in (client.get(address), client.post(address, {"do": "cancel"})):
            assert response.status_code == 404
            assert "No encontramos esta visita" in response.content.decode()


def test_a_link_opens_its_own_visit_whoever_is_signed_in(
    client: Client, appointment: Appointment, rival_admin: User, rival: Any
) -> None:
    theirs = AppointmentFactory(broker=rival, start_time=noon(3), location="Otra parte")
    client.force_login(rival_admin)
    text = client.get(url(theirs)).content.decode()
    assert ("Otra parte" in text, "Irarrázaval" in text) == (True, False)
    send(client, theirs, "cancel")
    assert (status(theirs), status(appointment)) == ("cancelled", "scheduled")


def test_a_post_from_another_site_is_refused(appointment: Appointment) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(url(appointment), {"do": "cancel", "seen": "0-scheduled"})
    assert (response.status_code, status(appointment)) == (403, "scheduled")


@pytest.mark.parametrize("do", ["", "borrar", "complete"])
def test_only_three_things_can_be_done(client: Client, appointment: Appointment, do: str) -> None:
    assert send(client, appointment, do).status_code == 400
    assert client.put(url(appointment)).status_code == 405


def test_too_many_changes_and_too_many_readings_wait_a_minute(
    client: Client, appointment: Appointment
) -> None:
    for _ in range(visit.CHANGES):
        assert send(client, appointment, "borrar").status_code == 400
    response = send(client, appointment, "cancel")
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert status(appointment) == "scheduled"
    cache.clear()
    answers = [client.get("/visit/no-existe/").status_code for _ in range(visit.READS + 1)]
    assert answers == [404] * visit.READS + [429]


def test_the_meet_link_is_shown_for_meetings_online_only(
    client: Client, appointment: Appointment
) -> None:
    Appointment.objects.update(meet_url="https://meet.google.com/abc")
    assert "meet.google.com" not in client.get(url(appointment)).content.decode()
    Appointment.objects.update(appointment_type="virtual_meeting")
    assert "https://meet.google.com/abc" in client.get(url(appointment)).content.decode()


def test_the_page_costs_the_same_for_few_and_many_free_hours(
    client: Client, appointment: Appointment, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(6):
        assert client.get(url(appointment)).status_code == 200


def test_the_page_speaks_the_broker_s_language_whatever_the_browser_s(
    client: Client, appointment: Appointment
) -> None:
    response = client.get(url(appointment), headers={"Accept-Language": "en"})
    assert response["Content-Language"] == "es"
    appointment.broker.language = "en"
    appointment.broker.save()
    response = client.get(url(appointment))
    weekday = f"{timezone.localtime(appointment.start_time):%A}"
    assert (response["Content-Language"], response.context["day"].split()[0]) == ("en", weekday)
    assert '<html lang="en">' in response.content.decode()
