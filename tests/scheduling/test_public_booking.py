"""The public booking page: a stranger books a free hour, and learns and changes nothing else."""

import re
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from brokers.models import Broker, User
from leads.models import ActivityLog, Consent, Lead
from leads.stages import Stage
from scheduling import booking, public_booking
from scheduling.models import Appointment, SlotOffer
from tests.factories import AvailabilitySlotFactory, LeadFactory, UserFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
PAGE = "/book/andes/"
CAMILA = {"name": "camila rojas", "phone": "9 8765 4321", "message": "El de Ñuñoa", "consent": "on"}


def noon(days: int) -> datetime:
    local = timezone.localtime() + timedelta(days=days)
    return local.replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def office(broker: Broker, agent: User) -> Broker:
    """Ana receives every day, 9 to 18, for visits."""
    for weekday in range(7):
        AvailabilitySlotFactory(
            broker=broker,
            weekday=weekday,
            start_time=time(9),
            end_time=time(18),
            appointment_type="property_visit",
        )
    return broker


def fields(start: datetime | str, **given: str) -> dict[str, str]:
    when = start if isinstance(start, str) else start.isoformat()
    return {**CAMILA, "start": when, "page_key": "a" * 24, **given}


def link_in(answer: Any) -> str | None:
    found = re.search(r'href="(/visit/[^"]+)"', answer.content.decode())
    return found and found[1]


def test_it_shows_the_free_hours_of_the_broker_s_zone(client: Client, office: Broker) -> None:
    answer = client.get(f"{PAGE}?utm_source=ig")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Horas libres, en la hora de Santiago" in text
    assert text.count('type="radio"') > 50
    assert 'name="utm_source" value="ig"' in text
    assert "X-Frame-Options" not in answer  # it may stand on the brokerage's own site


def test_without_hours_it_says_what_to_do(client: Client, broker: Broker) -> None:
    assert "No hay horas publicadas" in client.get(PAGE).content.decode()


def test_a_stranger_books_and_gets_the_link_of_the_visit(
    client: Client, office: Broker, agent: User
) -> None:
    start = noon(3)
    answer = client.post(PAGE, fields(start))
    visit = Appointment.objects.get()
    assert answer.status_code == 200
    assert "Listo, te esperamos el" in answer.content.decode()
    assert link_in(answer) == f"/visit/{visit.token}/"
    assert (visit.start_time, visit.agent, visit.status) == (start, agent, "scheduled")
    lead = visit.lead
    assert (lead.name, lead.phone_e164, lead.notes) == (
        "Camila Rojas",
        "+56987654321",
        "El de Ñuñoa",
    )
    assert (lead.pipeline_stage, lead.assigned_to) == (Stage.SCHEDULED, agent)
    assert Consent.objects.get().purpose == "marketing"
    assert ActivityLog.objects.get(action_type="appointment_booked").actor == "lead"
    assert not SlotOffer.objects.filter(taken=False).exists()


def test_the_same_page_twice_is_one_visit_and_shows_the_link_again(
    client: Client, office: Broker
) -> None:
    answers = [client.post(PAGE, fields(noon(3))) for _ in range(2)]
    assert Appointment.objects.count() == Lead.objects.count() == 1
    assert link_in(answers[0]) == link_in(answers[1]) is not None


@pytest.mark.parametrize("page_key", ["", "b" * 24, "../../etc", "x" * 5000])
def test_who_types_the_same_name_and_phone_sees_and_moves_no_visit(
    client: Client, office: Broker, page_key: str
) -> None:
    client.post(PAGE, fields(noon(3)))
    again = client.post(PAGE, fields(noon(3), page_key=page_key))
    assert (again.status_code, link_in(again)) == (200, None)
    other_hour = client.post(PAGE, fields(noon(4), page_key=page_key))
    assert (other_hour.status_code, link_in(other_hour)) == (409, None)
    assert "Ya tienes una hora agendada" in other_hour.content.decode()
    assert Appointment.objects.get().start_time == noon(3)


def test_a_known_lead_with_that_phone_is_neither_shown_nor_changed(
    client: Client, office: Broker, lead: Lead
) -> None:
    Lead.objects.filter(pk=lead.pk).update(phone="+56987654321", phone_e164="+56987654321")
    client.post(PAGE, fields(noon(3)))
    visit = Appointment.objects.get()
    assert visit.lead != lead
    lead.refresh_from_db()
    assert lead.pipeline_stage != Stage.SCHEDULED


@pytest.mark.parametrize(
    "start",
    ["", "mañana", "2026-13-40T10:00:00Z", "2030-01-01T10:00:00", "9999-12-31T23:59:59-12:00"],
)
def test_an_hour_that_is_none_of_those_shown_leaves_nothing(
    client: Client, office: Broker, start: str
) -> None:
    answer = client.post(PAGE, fields(start))
    assert answer.status_code == (400 if not start else 409)
    assert ("Elige una hora" if not start else "ya no está disponible") in answer.content.decode()
    assert not Lead.objects.exists()


def test_what_was_typed_is_there_again_when_the_hour_was_taken(
    client: Client, office: Broker, agent: User
) -> None:
    other = LeadFactory(broker=office)
    booking.book(other, start=noon(3), agent=agent, by=agent, at=timezone.now())
    answer = client.post(PAGE, fields(noon(3)))
    assert answer.status_code == 409
    assert 'value="camila rojas"' in answer.content.decode()
    assert Lead.objects.get() == other


def test_robots_are_thanked_and_nothing_happens(client: Client, office: Broker) -> None:
    answer = client.post(PAGE, fields(noon(3), website="http://spam"))
    assert (answer.status_code, link_in(answer)) == (200, None)
    assert not Lead.objects.exists()


def test_an_agent_s_own_link_books_that_agent_and_a_stranger_s_id_nobody(
    client: Client, office: Broker, rival_agent: User
) -> None:
    luis = UserFactory(broker=office, name="Luis Soto")
    text = client.get(f"{PAGE}?agent={luis.pk}").content.decode()
    assert "con Luis Soto" in text
    client.post(PAGE, fields(noon(3), agent=str(luis.pk)))
    assert Appointment.objects.get().agent == luis
    assert rival_agent.name not in client.get(f"{PAGE}?agent={rival_agent.pk}").content.decode()
    for junk in ("0", "9" * 30, "-1", "٣", "1;2"):
        assert client.get(PAGE, {"agent": junk}).status_code == 200


def test_only_kinds_with_hours_are_offered(client: Client, office: Broker, agent: User) -> None:
    AvailabilitySlotFactory(broker=office, appointment_type="phone_call")
    text = client.get(f"{PAGE}?type=phone_call").content.decode()
    assert "Llamada telefónica" in text
    assert "Reunión en oficina" not in text
    assert 'name="type" value="property_visit"' in client.get(f"{PAGE}?type=x").content.decode()


def test_it_speaks_the_broker_s_language(client: Client, office: Broker) -> None:
    Broker.objects.filter(pk=office.pk).update(language="en")
    answer = client.get(PAGE)
    assert answer["Content-Language"] == "en"
    assert "Choose your time" in answer.content.decode()


def test_an_unknown_or_closed_brokerage_is_404(client: Client, office: Broker) -> None:
    assert client.get("/book/nobody/").status_code == 404
    Broker.objects.update(is_active=False)
    assert client.get(PAGE).status_code == 404


def test_too_many_are_told_to_wait(
    client: Client, office: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_booking, "BOOKINGS", 1)
    client.post(PAGE, fields(noon(3)))
    answer = client.post(PAGE, fields(noon(3)))
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert "Espera un momento" in answer.content.decode()


def test_with_the_cache_away_the_visit_stands(client: Client, office: Broker) -> None:
    away = {"BACKEND": "crm.caching.CountingCache", "LOCATION": "redis://127.0.0.1:1/0"}
    with override_settings(CACHES={"default": away}):
        answer = client.post(PAGE, fields(noon(3)))
    assert link_in(answer) is not None


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_want_one_hour_one_gets_it_and_the_others_leave_nothing(office: Broker) -> None:
    start = noon(3)

    def book(number: int) -> int:
        given = fields(start, name=f"Persona {number}", phone=f"9 8765 43{number:02}")
        return Client().post(PAGE, given, REMOTE_ADDR=f"10.0.0.{number}").status_code

    assert sorted(race(10, book)) == [200] + [409] * 9
    assert Appointment.objects.count() == Lead.objects.count() == 1
