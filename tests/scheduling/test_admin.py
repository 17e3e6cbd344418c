"""Appointments in Admin go through the doors of the diary."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brokers.models import Broker, User
from leads.models import Lead, StageTransition
from scheduling.models import Appointment, AvailabilitySlot, CalendarConnection
from tests.crm.admin_walk import sent
from tests.factories import (
    AppointmentFactory,
    CalendarConnectionFactory,
    CalendarEventFactory,
    LeadFactory,
)

pytestmark = pytest.mark.django_db


def url(page: str, *args: Any) -> str:
    return reverse(f"admin:scheduling_appointment_{page}", args=args)


def soon(days: int = 2) -> datetime:
    tomorrow = timezone.localtime() + timedelta(days=days)
    return tomorrow.replace(hour=11, minute=0, second=0, microsecond=0)


def at_time(start: datetime) -> dict[str, str]:
    return {"start_time_0": f"{start:%d-%m-%Y}", "start_time_1": f"{start:%H:%M}"}


def asked(lead: Lead, agent: User, **fields: Any) -> dict[str, Any]:
    return {
        "lead": lead.pk,
        "agent": agent.pk,
        "appointment_type": "property_visit",
        "duration_minutes": "60",
        "location": "Irarrázaval 3400",
        **at_time(soon()),
        **fields,
    }


@pytest.fixture
def ana(agent: User, client: Client) -> Client:
    client.force_login(agent)
    return client


@pytest.fixture
def visit(lead: Lead, agent: User) -> Appointment:
    return AppointmentFactory(broker=lead.broker, lead=lead, agent=agent, start_time=soon())


def test_adding_one_books_it_and_moves_the_lead(ana: Client, lead: Lead, agent: User) -> None:
    assert ana.post(url("add"), asked(lead, agent)).status_code == 302
    booked = Appointment.objects.get()
    assert (booked.agent, booked.start_time, booked.location) == (agent, soon(), "Irarrázaval 3400")
    lead.refresh_from_db()
    assert lead.pipeline_stage == "agendado"
    assert StageTransition.objects.get().to_stage == "agendado"


def test_a_taken_time_is_said_on_the_form_with_its_input_kept(
    ana: Client, broker: Broker, lead: Lead, agent: User, visit: Appointment
) -> None:
    other = LeadFactory(broker=broker, assigned_to=agent)
    response = ana.post(url("add"), asked(other, agent))
    form = response.context["adminform"].form
    assert form.non_field_errors() == ["Esa hora ya no está disponible. Elige otra."]
    assert form["location"].value() == "Irarrázaval 3400"
    assert Appointment.objects.count() == 1


def test_status_and_time_change_by_buttons_only(ana: Client, visit: Appointment) -> None:
    page = url("change", visit.pk)
    editable = sent(ana.get(page).context["adminform"].form)
    assert list(editable) == ["notes"]
    ana.post(page, {"notes": "Llevar llaves", "status": "cancelled", **at_time(soon(9))})
    visit.refresh_from_db()
    assert (visit.notes, visit.status, visit.start_time) == ("Llevar llaves", "scheduled", soon())


@pytest.mark.parametrize(
    ("button", "data", "status"),
    [
        ("confirm", {}, "confirmed"),
        ("complete", {}, "completed"),
        ("no_show", {}, "no_show"),
        ("cancel", {"reason": "Se enfermó"}, "cancelled"),
    ],
)
def test_each_button_calls_its_door(
    ana: Client, visit: Appointment, button: str, data: dict[str, str], status: str
) -> None:
    assert ana.post(url(button, visit.pk), data).url == url("change", visit.pk)
    visit.refresh_from_db()
    assert visit.status == status


def test_a_cancellation_needs_a_reason(ana: Client, visit: Appointment) -> None:
    response = ana.post(url("cancel", visit.pk), {"reason": ""})
    assert "reason" in response.context["form"].errors
    visit.refresh_from_db()
    assert visit.status == "scheduled"


def test_rescheduling_keeps_the_length(ana: Client, visit: Appointment) -> None:
    later = soon(3)
    data = {"start_0": f"{later:%d-%m-%Y}", "start_1": f"{later:%H:%M}"}
    assert ana.post(url("reschedule", visit.pk), data).status_code == 302
    visit.refresh_from_db()
    assert (visit.start_time, visit.end_time) == (later, later + timedelta(hours=1))


def test_what_is_over_offers_no_buttons_and_refuses_them(ana: Client, visit: Appointment) -> None:
    ana.post(url("complete", visit.pk))
    assert ana.get(url("change", visit.pk)).context["actions_detail"] == []
    assert ana.post(url("cancel", visit.pk), {"reason": "tarde"}).status_code == 409


def test_an_admin_reassigns_to_the_team_only(
    client: Client, admin: User, agent2: User, rival_agent: User, visit: Appointment
) -> None:
    client.force_login(admin)
    client.post(url("reassign", visit.pk), {"to": rival_agent.pk})
    visit.refresh_from_db()
    assert visit.agent_id != rival_agent.pk
    client.post(url("reassign", visit.pk), {"to": agent2.pk})
    visit.refresh_from_db()
    assert visit.agent == agent2


def test_the_list_filters_by_day(client: Client, admin: User, broker: Broker, agent: User) -> None:
    today = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    now, later = (
        AppointmentFactory(broker=broker, agent=agent, start_time=today + timedelta(days=days))
        for days in (0, 3)
    )
    client.force_login(admin)

    def found(when: str) -> list[Appointment]:
        response = client.get(url("changelist"), {"cuando": when})
        return list(response.context["cl"].result_list)

    assert found("hoy") == [now]
    assert found("semana") == [later, now]


def test_an_agents_windows_are_their_own(ana: Client, agent: User, agent2: User) -> None:
    add = reverse("admin:scheduling_availabilityslot_add")
    data = {
        "weekday": "1", "start_time": "09:00", "end_time": "18:00", "step_minutes": "60",
        "appointment_type": "", "valid_from": "", "valid_until": "", "agent": agent2.pk,
    }  # fmt: skip
    assert ana.post(add, data).status_code == 302
    assert AvailabilitySlot.objects.get().agent == agent


def test_a_window_that_ends_before_it_starts_is_refused_in_words(ana: Client) -> None:
    add = reverse("admin:scheduling_availabilityslot_add")
    data = {"weekday": "1", "start_time": "18:00", "end_time": "09:00", "step_minutes": "60"}
    response = ana.post(add, data)
    assert response.context["adminform"].form.non_field_errors() == [
        "El horario debe terminar después de empezar."
    ]


# --- Calendars ------------------------------------------------------------------------------------

CALENDARS = "admin:scheduling_calendarconnection"


def test_an_agent_finds_their_feed_and_nobody_else_reads_it(
    ana: Client, agent: User, admin: User, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://crm.example.com"
    page = ana.get(reverse(f"{CALENDARS}_mine"), follow=True)
    feed = f"https://crm.example.com/cal/{CalendarConnection.objects.get().feed_token}.ics"
    assert feed in page.content.decode()
    ana.force_login(admin)
    own = CalendarConnection.objects.get()
    assert feed not in ana.get(reverse(f"{CALENDARS}_change", args=[own.pk])).content.decode()


def test_a_feed_gets_another_address(ana: Client, agent: User) -> None:
    own = CalendarConnectionFactory(broker=agent.broker, user=agent)
    ana.post(reverse(f"{CALENDARS}_renew_feed", args=[own.pk]))
    assert CalendarConnection.objects.get().feed_token != own.feed_token


def test_google_is_offered_only_where_it_is_set_up(ana: Client, settings: Any) -> None:
    settings.GOOGLE_CLIENT_ID = ""
    listed = reverse(f"{CALENDARS}_changelist")
    assert "Unir mi Google Calendar" not in ana.get(listed).content.decode()
    settings.GOOGLE_CLIENT_ID = settings.GOOGLE_CLIENT_SECRET = "client"
    assert "Unir mi Google Calendar" in ana.get(listed).content.decode()
    assert ana.get(reverse(f"{CALENDARS}_join")).url == reverse("google-start")


def test_a_superadmin_has_no_calendar(superadmin: User, client: Client) -> None:
    client.force_login(superadmin)
    assert "Mi calendario</" not in client.get(reverse(f"{CALENDARS}_changelist")).content.decode()


def test_disconnecting_forgets_the_access(ana: Client, agent: User) -> None:
    own = CalendarConnectionFactory(
        broker=agent.broker, user=agent, credentials={"refresh_token": "refresh"}
    )
    ana.post(reverse(f"{CALENDARS}_disconnect", args=[own.pk]))
    own.refresh_from_db()
    assert (own.state, own.credentials) == ("disconnected", {})


def test_an_event_that_gave_up_is_retried(ana: Client, agent: User) -> None:
    own = CalendarConnectionFactory(broker=agent.broker, user=agent)
    event = CalendarEventFactory(broker=agent.broker, connection=own, state="failed")
    ana.post(reverse("admin:scheduling_calendarevent_retry", args=[event.pk]))
    event.refresh_from_db()
    assert event.state == "pending"
    again = ana.post(reverse("admin:scheduling_calendarevent_retry", args=[event.pk]))
    assert again.status_code == 409
