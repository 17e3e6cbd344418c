"""A lead's day on Telegram, over HTTP against the running product, with the vendors played here.

The tests of this module are one story: each goes on where the one before it ended.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from tests.fakes import openai as fallback
from tests.fakes.assistant import ABOUT_A_CALL, FakeAssistant
from tests.fakes.google import FakeGoogle
from tests.fakes.openai import FakeOpenAI
from tests.fakes.people import TelegramUser
from tests.fakes.telegram import FakeTelegram
from tests.flows.stack import Stack, wait_for

pytestmark = pytest.mark.stack

PHONE = "56962224488"
FOLLOW_UP = "Hola Camila, ¿sigues buscando departamento?"
SECOND_BEST = "Hola, soy la asistente virtual. ¿En qué comuna buscas?"
LAST_CALL = "Camila, ¿te llamamos otra vez?"
OPEN_ALWAYS = '{"start": "00:00", "end": "00:00", "sundays": false, "holidays": false}'
JOIN_CALENDARS = """
from brokers.models import User
from django.utils import timezone
from scheduling import sync
for agent in User.objects.filter(email__in=["ana@demo.test", "luis@demo.test"]):
    sync.connect(agent, {"refresh_token": "refresh"}, at=timezone.now())
"""
REMIND = """
from django.utils import timezone
from scheduling.tasks import remind, sweep_reminders
print(sweep_reminders(timezone.now().isoformat()), remind({pk}, "24h"))
"""
REPLAY = """
from campaigns.tasks import sweep_steps, sweep_triggers
sweep_triggers(), sweep_steps()
"""


@dataclass
class Day:
    """The product, the vendors, and Camila, who writes to the demo's bot."""

    stack: Stack
    telegram: FakeTelegram
    gemini: FakeAssistant
    openai: FakeOpenAI
    google: FakeGoogle
    camila: TelegramUser

    @property
    def received(self) -> list[dict[str, Any]]:
        """What the bot sent to Camila."""
        mine = str(self.camila.number)
        return [each for each in self.telegram.sent if each["chat_id"] == mine]

    def say(self, text: str) -> dict[str, Any]:
        return self.answer_to(lambda: self.camila.write(text))

    def answer_to(self, act: Any) -> dict[str, Any]:
        known = len(self.received)
        assert act() == 200
        return wait_for("an answer on Telegram", lambda: self.received[known:])[-1]

    def lead(self) -> dict[str, Any]:
        return self.stack.rows(
            "SELECT l.* FROM leads l JOIN channel_identities i ON i.lead_id = l.id "
            "WHERE i.channel = 'telegram' AND i.external_id = %s",
            str(self.camila.number),
        )[0]

    def visit(self) -> dict[str, Any]:
        found = self.stack.rows("SELECT * FROM appointments WHERE lead_id = %s", self.lead()["id"])
        assert len(found) == 1
        return found[0]

    def change(self, sql: str, *values: Any) -> None:
        """Time that passed, as the database sees it: the product has no clock of its own."""
        url = self.stack.running()["environment"]["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql, values)

    def put_visit(self, start: datetime) -> None:
        """Move the visit's row to the nearest earlier moment at which its agent is free."""
        visit = self.visit()
        length = visit["end_time"] - visit["start_time"]
        taken = self.stack.rows(
            "SELECT start_time, end_time FROM appointments WHERE agent_id = %s AND id <> %s "
            "AND status IN ('scheduled', 'confirmed')",
            visit["agent_id"],
            visit["id"],
        )
        while any(r["start_time"] < start + length and start < r["end_time"] for r in taken):
            start -= timedelta(minutes=10)
        self.change(
            "UPDATE appointments SET start_time = %s, end_time = %s, agreed_at = %s WHERE id = %s",
            start,
            start + length,
            timezone.now() - timedelta(days=3),
            visit["id"],
        )

    def campaign_logs(self) -> list[tuple[int, str, str]]:
        rows = self.stack.rows(
            "SELECT s.step_number, g.status, g.reason FROM campaign_logs g "
            "JOIN campaign_steps s ON s.id = g.step_id WHERE g.lead_id = %s ORDER BY g.id",
            self.lead()["id"],
        )
        return [(row["step_number"], row["status"], row["reason"]) for row in rows]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, demo: dict[str, str]) -> Iterator[Day]:
    with ExitStack() as opened:
        telegram = opened.enter_context(FakeTelegram())
        gemini = opened.enter_context(FakeAssistant())
        openai = opened.enter_context(FakeOpenAI(fallback.text(SECOND_BEST)))
        google = opened.enter_context(FakeGoogle())
        product = Stack(
            tmp_path_factory.mktemp("day"),
            TELEGRAM_API_URL=telegram.url,
            GEMINI_API_URL=gemini.url,
            GEMINI_API_KEY="fake",
            OPENAI_BASE_URL=f"{openai.url}/v1",
            OPENAI_API_KEY="fake",
            LLM_FALLBACK_MODEL="openai:gpt-6-luna",
            GOOGLE_CALENDAR_API_URL=google.url,
            GOOGLE_TOKEN_URL=google.token_url,
            GOOGLE_CLIENT_ID="client",
            GOOGLE_CLIENT_SECRET="secret",
            CAMPAIGN_TRIGGER_SECONDS="2",
            **demo,
        )
        stack = opened.enter_context(product)
        hook = f"{stack.url}/hooks/telegram/demo-telegram/"
        camila = TelegramUser(7001, "Camila", "Rojas", hook, "demo-secret")
        made = Day(stack, telegram, gemini, openai, google, camila)
        made.change("UPDATE broker_lead_configs SET quiet_hours = %s", OPEN_ALWAYS)
        made.change("UPDATE broker_voice_configs SET voice_config = %s", '{"script": "interested"}')
        stack.manage(JOIN_CALENDARS)
        yield made


def test_gemini_answers_on_telegram_and_remembers_what_the_lead_told(day: Day) -> None:
    hello = day.say("Hola, soy Camila Rojas y busco departamento en Ñuñoa hasta 4.500 UF")
    assert "asistente virtual" in hello["text"]
    assert day.gemini.used == ["record_facts"]
    assert day.gemini.returned == 1
    facts = day.lead()["metadata"]
    assert facts["location"] == ["Ñuñoa"]
    assert facts["budget"] == {"amount": 4500, "currency": "UF"}


def test_a_question_about_a_property_gets_an_answer_with_its_source(day: Day) -> None:
    def all_embedded() -> bool:
        stale = "SELECT 1 FROM knowledge_base WHERE embedding_model NOT LIKE 'gemini%%'"
        return not day.stack.rows(stale)

    wait_for("Gemini's vectors", all_embedded)
    answered = day.say("¿Cuánto cuesta el departamento Plaza Ñuñoa de 2 dormitorios?")["text"]
    assert "UF 4.250" in answered
    assert "Fuente: Departamento Plaza Ñuñoa, 2 dormitorios" in answered


def test_phone_income_and_dicom_make_a_qualified_lead(day: Day) -> None:
    day.answer_to(lambda: day.camila.share_phone(PHONE))
    day.say("Gano 1.800.000 líquidos, sin deudas en DICOM, y lo necesito este mes")
    lead = day.lead()
    assert lead["phone_e164"] == f"+{PHONE}"
    assert lead["metadata"]["income"] == {"amount": 1_800_000, "currency": "CLP"}
    assert lead["metadata"]["dicom"] == "clean"
    assert lead["metadata"]["calificacion"]["outcome"] == "CALIFICADO"


def test_hours_come_as_buttons_and_a_press_books_one(day: Day) -> None:
    offered = day.say("Quiero agendar una visita")["buttons"]
    assert len(offered) == 4
    label, code = offered[1]
    booked = day.answer_to(lambda: day.camila.press(code))
    assert label in booked["text"]
    assert booked["buttons"] == []
    assert day.visit()["status"] == "scheduled"
    assert day.lead()["pipeline_stage"] == "agendado"


def test_every_turn_was_geminis_and_every_signature_came_back(day: Day) -> None:
    calls = day.stack.rows(
        "SELECT provider, error FROM llm_calls WHERE lead_id = %s AND call_type = 'turn'",
        day.lead()["id"],
    )
    assert {(call["provider"], call["error"]) for call in calls} == {("google", "")}
    assert day.gemini.returned == len(day.gemini.used) > 0


def test_the_agents_calendar_has_the_visit_with_a_meet_link(day: Day) -> None:
    def synced() -> dict[str, Any] | None:
        visit = day.visit()
        return visit if visit["meet_url"] else None

    visit = wait_for("the visit in the calendar", synced)
    event = next(each for each in day.google.events() if each["id"] == visit["google_event_id"])
    assert event["hangoutLink"] == visit["meet_url"]
    assert datetime.fromisoformat(event["start"]["dateTime"]) == visit["start_time"]


def test_the_reminder_of_the_day_before_goes_out_once(day: Day) -> None:
    day.put_visit(timezone.now() + timedelta(hours=23, minutes=30))

    def reminders() -> list[dict[str, Any]]:
        return [each for each in day.received if "Te recordamos" in each["text"]]

    wait_for("the reminder", reminders)
    assert day.stack.manage(REMIND.format(pk=day.visit()["id"])).split() == ["0", "False"]
    assert len(reminders()) == 1
    assert (day.visit()["reminder_sent_24h"], day.visit()["reminder_sent_1h"]) == (True, False)


def test_a_visit_that_took_place_leads_to_follow_up(day: Day) -> None:
    day.put_visit(timezone.now() - timedelta(hours=2))
    done = f"/api/v1/appointments/{day.visit()['id']}/complete/"
    status, answer = day.stack.post(done, {}, **day.stack.sign_in())
    assert (status, answer["status"]) == (200, "completed")
    assert day.lead()["pipeline_stage"] == "seguimiento"


def test_a_silent_lead_gets_the_campaigns_message_and_then_its_call(day: Day) -> None:
    _start_campaign(day)
    day.change(
        "UPDATE conversations SET last_inbound_at = now() - interval '201 days' WHERE lead_id = %s",
        day.lead()["id"],
    )
    wait_for("the message", lambda: [m for m in day.received if m["text"] == FOLLOW_UP])

    def called() -> list[dict[str, Any]]:
        return day.stack.rows(
            "SELECT * FROM voice_calls WHERE lead_id = %s AND status = 'completed' "
            "AND summary = %s AND score_delta IS NOT NULL",
            day.lead()["id"],
            ABOUT_A_CALL,
        )

    call = wait_for("the call with its summary and score", called)[0]
    assert (call["provider"], call["disposition"]) == ("simulated", "interested")
    path = f"/api/v1/calls/{call['id']}/transcript/"
    said = day.stack.get(path, **day.stack.sign_in())[1]["results"]
    assert [line["speaker"] for line in said[:2]] == ["bot", "customer"]
    assert "un millón ochocientos mil" in " ".join(line["text"] for line in said)
    assert len([m for m in day.received if m["text"] == FOLLOW_UP]) == 1
    wait_for("the third step", lambda: len(day.campaign_logs()) == 3)
    assert day.campaign_logs() == [(1, "sent", ""), (2, "sent", ""), (3, "due", "")]


def _start_campaign(day: Day) -> None:
    admin = day.stack.sign_in()
    silence = {"triggered_by": "inactivity", "trigger_condition": {"days": 200}}
    given = {"name": "Retomar contacto", "channel": "telegram", **silence}
    status, campaign = day.stack.post("/api/v1/campaigns/", given, **admin)
    assert status == 201, campaign
    path = f"/api/v1/campaigns/{campaign['id']}/"
    steps: list[dict[str, Any]] = [
        {"action": "send_message", "message_text": FOLLOW_UP},
        {"action": "make_call"},
        {"action": "send_message", "message_text": LAST_CALL, "delay_hours": 24},
    ]
    for number, step in enumerate(steps, start=1):
        body = {"step_number": number, **step}
        status, answer = day.stack.post(f"{path}steps/", body, **admin)
        assert status == 201, answer
    assert day.stack.post(f"{path}activate/", {}, **admin)[1]["status"] == "active"


def test_who_asks_not_to_be_called_is_left_alone(day: Day) -> None:
    lead, admin = day.lead()["id"], day.stack.sign_in()
    day.say("no me llamen más")
    heard = len(day.received)

    def stopped() -> bool:
        return day.campaign_logs()[-1][1] != "due"

    wait_for("the campaign's end", stopped)
    assert day.campaign_logs()[-1] == (3, "skipped", "opted_out")
    runs = day.stack.rows("SELECT state, reason FROM campaign_enrollments WHERE lead_id = %s", lead)
    assert [(run["state"], run["reason"]) for run in runs] == [("stopped", "opted_out")]

    status, refusal = day.stack.post("/api/v1/calls/", {"lead": lead}, **admin)
    assert (status, refusal["data"]["reason"]) == (409, "suppressed")
    campaigns = day.stack.get("/api/v1/campaigns/?search=Retomar", **admin)[1]["results"]
    enrol = f"/api/v1/campaigns/{campaigns[0]['id']}/enroll/"
    day.stack.post(enrol, {"leads": [lead], "again": True}, **admin)
    wait_for("the refusal", lambda: day.campaign_logs()[-1] == (1, "skipped", "suppressed"))
    day.stack.manage(REPLAY)
    assert len(day.received) == heard
    calls = day.stack.rows("SELECT id FROM voice_calls WHERE lead_id = %s", lead)
    assert len(calls) == 1


def test_with_gemini_down_the_fallback_answers_and_the_attempts_are_on_record(day: Day) -> None:
    day.gemini.is_down = True
    day.camila = TelegramUser(7002, "Pedro", "Soto", day.camila.hook, day.camila.secret)
    assert day.say("Hola, busco casa en Maipú")["text"] == SECOND_BEST
    calls = day.stack.rows(
        "SELECT provider, used_fallback, error <> '' AS failed FROM llm_calls "
        "WHERE lead_id = %s AND call_type = 'turn' ORDER BY id",
        day.lead()["id"],
    )
    *failed, last = [(call["provider"], call["used_fallback"], call["failed"]) for call in calls]
    assert set(failed) == {("google", False, True)}
    assert last == ("openai", True, False)


def test_with_google_down_the_booking_stands_and_reaches_the_calendar_later(day: Day) -> None:
    day.google.failures.extend([503] * 1000)
    admin = day.stack.sign_in()
    slot = day.stack.get("/api/v1/availability/slots/", **admin)[1]["results"][-1]
    wanted = {"lead": day.lead()["id"], "start_time": slot["start_time"]}
    status, booked = day.stack.post("/api/v1/appointments/", wanted, **admin)
    assert (status, booked["status"]) == (201, "scheduled")

    def event() -> dict[str, Any]:
        return day.stack.rows(
            "SELECT * FROM calendar_events WHERE appointment_id = %s", booked["id"]
        )[0]

    wait_for("a failed attempt", lambda: event()["attempts"])
    assert (event()["state"], day.visit()["meet_url"]) == ("pending", "")
    day.google.failures.clear()
    day.change("UPDATE calendar_events SET due_at = now() WHERE state = 'pending'")
    wait_for("the calendar", lambda: event()["state"] == "done")
    assert event()["event_id"] in {each["id"] for each in day.google.events()}
    assert day.visit()["meet_url"].startswith("https://meet.google.com/")
