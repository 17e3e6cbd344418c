"""A lead's day on Telegram, over HTTP against the running product, with the vendors played here.

The tests of this module are one story: each goes on where the one before it ended.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from tests.conftest import SANTIAGO
from tests.fakes.assistant import ABOUT_A_CALL
from tests.fakes.vendors import on_whatsapp
from tests.flows.day import Day, Writer, a_day
from tests.flows.desk import Desk
from tests.flows.stack import wait_for

pytestmark = pytest.mark.stack

BEAT = settings.CELERY_BEAT_SCHEDULE

PHONE = "56962224488"
IRIS = "56962224499"
FOLLOW_UP = "Hola Camila, ¿sigues buscando departamento?"
LAST_CALL = "Camila, ¿te llamamos otra vez?"
NEWS_OF_THE_CALL = 5.0  # when she wants to buy; her income and DICOM were known
REMIND = """
from django.utils import timezone
from scheduling.tasks import remind, sweep_reminders
print(sweep_reminders(timezone.now().isoformat()), remind({pk}, "24h"))
"""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, demo: dict[str, str]) -> Iterator[Day]:
    with a_day(tmp_path_factory.mktemp("day"), demo) as made:
        yield made


@pytest.fixture(scope="module")
def desk(day: Day) -> Desk:
    return Desk(day.stack)


@pytest.fixture(scope="module")
def camila(day: Day) -> Writer:
    return day.writer(7001, "Camila Rojas")


def put_visit(camila: Writer, start: datetime) -> None:
    """Move the visit's row to the nearest earlier moment at which its agent is free."""
    visit = camila.visit()
    length = visit["end_time"] - visit["start_time"]
    taken = camila.stack.rows(
        "SELECT start_time, end_time FROM appointments WHERE agent_id = %s AND id <> %s "
        "AND status IN ('scheduled', 'confirmed')",
        visit["agent_id"],
        visit["id"],
    )
    while any(r["start_time"] < start + length and start < r["end_time"] for r in taken):
        start -= timedelta(minutes=10)
    camila.stack.change(
        "UPDATE appointments SET start_time = %s, end_time = %s, agreed_at = %s WHERE id = %s",
        start,
        start + length,
        timezone.now() - timedelta(days=3),
        visit["id"],
    )


def test_gemini_answers_on_telegram_and_remembers_what_the_lead_told(
    day: Day, camila: Writer
) -> None:
    hello = camila.say("Hola, soy Camila Rojas y busco departamento en Ñuñoa hasta 4.500 UF")
    assert "asistente virtual" in hello["text"]
    assert day.vendors.gemini.used == ["record_facts"]
    assert day.vendors.gemini.returned == 1
    facts = camila.lead()["metadata"]
    assert facts["location"] == ["Ñuñoa"]
    assert facts["budget"] == {"amount": 4500, "currency": "UF"}


def test_a_question_about_a_property_gets_an_answer_with_its_source(
    day: Day, camila: Writer
) -> None:
    def all_embedded() -> bool:
        stale = "SELECT 1 FROM knowledge_base WHERE embedding_model NOT LIKE 'gemini%%'"
        return not day.stack.rows(stale)

    wait_for("Gemini's vectors", all_embedded)
    answered = camila.say("¿Cuánto cuesta el departamento Plaza Ñuñoa de 2 dormitorios?")["text"]
    assert "UF 4.250" in answered
    assert "Fuente: Departamento Plaza Ñuñoa, 2 dormitorios" in answered


def test_phone_income_and_dicom_make_a_qualified_lead(day: Day, camila: Writer) -> None:
    camila.answer_to(lambda: camila.user.share_phone(PHONE))
    camila.say("Gano 1.800.000 líquidos, sin deudas en DICOM")
    lead = camila.lead()
    assert lead["phone_e164"] == f"+{PHONE}"
    assert lead["metadata"]["income"] == {"amount": 1_800_000, "currency": "CLP"}
    assert lead["metadata"]["dicom"] == "clean"
    assert lead["metadata"]["calificacion"]["outcome"] == "CALIFICADO"


def test_hours_come_as_buttons_and_a_press_books_one(day: Day, camila: Writer) -> None:
    offered = camila.say("Quiero agendar una visita")["buttons"]
    assert len(offered) == 4
    label, code = offered[1]
    booked = camila.answer_to(lambda: camila.user.press(code))
    assert label in booked["text"]
    assert booked["buttons"] == []
    assert camila.visit()["status"] == "scheduled"
    assert camila.lead()["pipeline_stage"] == "agendado"


def test_every_turn_was_geminis_and_every_signature_came_back(day: Day, camila: Writer) -> None:
    assert {(call["provider"], call["error"]) for call in camila.turns()} == {("google", "")}
    assert day.vendors.gemini.returned == len(day.vendors.gemini.used) > 0


def test_the_agents_calendar_has_the_visit_with_a_meet_link(day: Day, camila: Writer) -> None:
    def synced() -> dict[str, Any] | None:
        visit = camila.visit()
        return visit if visit["meet_url"] else None

    visit = wait_for("the visit in the calendar", synced)
    event = next(
        each for each in day.vendors.google.events() if each["id"] == visit["google_event_id"]
    )
    assert event["hangoutLink"] == visit["meet_url"]
    assert datetime.fromisoformat(event["start"]["dateTime"]) == visit["start_time"]


def test_the_reminder_of_the_day_before_goes_out_once(day: Day, camila: Writer) -> None:
    put_visit(camila, timezone.now() + timedelta(hours=23, minutes=30))

    def reminders() -> list[dict[str, Any]]:
        return [each for each in camila.received if "Te recordamos" in each["text"]]

    wait_for("the reminder", reminders)
    assert day.stack.manage(REMIND.format(pk=camila.visit()["id"])).split() == ["0", "False"]
    assert len(reminders()) == 1
    assert (camila.visit()["reminder_sent_24h"], camila.visit()["reminder_sent_1h"]) == (
        True,
        False,
    )


def test_a_visit_that_took_place_leads_to_follow_up(day: Day, camila: Writer) -> None:
    put_visit(camila, timezone.now() - timedelta(hours=2))
    done = f"/api/v1/appointments/{camila.visit()['id']}/complete/"
    status, answer = day.stack.post(done, {}, **day.admin)
    assert (status, answer["status"]) == (200, "completed")
    assert camila.lead()["pipeline_stage"] == "seguimiento"


def test_a_silent_lead_gets_the_campaigns_message_and_then_its_call(
    day: Day, camila: Writer
) -> None:
    steps: list[dict[str, Any]] = [
        {"action": "send_message", "message_text": FOLLOW_UP},
        {"action": "make_call"},
        {"action": "send_message", "message_text": LAST_CALL, "delay_hours": 24},
    ]
    silence = {"triggered_by": "inactivity", "trigger_condition": {"days": 200}}
    day.start_campaign(steps, name="Retomar contacto", **silence)
    day.stack.change(
        "UPDATE conversations SET last_inbound_at = now() - interval '201 days' WHERE lead_id = %s",
        camila.lead()["id"],
    )
    wait_for("the message", lambda: [m for m in camila.received if m["text"] == FOLLOW_UP])

    def called() -> list[dict[str, Any]]:
        return day.stack.rows(
            "SELECT * FROM voice_calls WHERE lead_id = %s AND status = 'completed' "
            "AND summary = %s AND score_delta IS NOT NULL",
            camila.lead()["id"],
            ABOUT_A_CALL,
        )

    call = wait_for("the call with its summary and score", called)[0]
    assert (call["provider"], call["disposition"]) == ("simulated", "interested")
    assert call["score_delta"] == NEWS_OF_THE_CALL
    path = f"/api/v1/calls/{call['id']}/transcript/"
    said = day.stack.get(path, **day.admin)[1]["results"]
    assert [line["speaker"] for line in said[:2]] == ["bot", "customer"]
    assert "un millón ochocientos mil" in " ".join(line["text"] for line in said)
    assert len([m for m in camila.received if m["text"] == FOLLOW_UP]) == 1
    wait_for("the third step", lambda: len(camila.steps()) == 3)
    assert camila.steps() == [(1, "sent", ""), (2, "sent", ""), (3, "due", "")]


def test_who_asks_not_to_be_called_is_left_alone(day: Day, camila: Writer) -> None:
    lead, admin = camila.lead()["id"], day.admin
    camila.say("no me llamen más")
    heard = len(camila.received)

    def stopped() -> bool:
        return camila.steps()[-1][1] != "due"

    wait_for("the campaign's end", stopped)
    assert camila.steps()[-1] == (3, "skipped", "opted_out")
    runs = day.stack.rows("SELECT state, reason FROM campaign_enrollments WHERE lead_id = %s", lead)
    assert [(run["state"], run["reason"]) for run in runs] == [("stopped", "opted_out")]

    status, refusal = day.stack.post("/api/v1/calls/", {"lead": lead}, **admin)
    assert (status, refusal["data"]["reason"]) == (409, "suppressed")
    campaigns = day.stack.get("/api/v1/campaigns/?search=Retomar", **admin)[1]["results"]
    enrol = f"/api/v1/campaigns/{campaigns[0]['id']}/enroll/"
    day.stack.post(enrol, {"leads": [lead], "again": True}, **admin)
    wait_for("the refusal", lambda: camila.steps()[-1] == (1, "skipped", "suppressed"))
    day.stack.wait_for_sweeps("campaigns.tasks.sweep_triggers", "campaigns.tasks.sweep_steps")
    assert len(camila.received) == heard
    calls = day.stack.rows("SELECT id FROM voice_calls WHERE lead_id = %s", lead)
    assert len(calls) == 1


def test_on_whatsapp_the_reply_arrives_and_what_became_of_it_only_moves_forward(day: Day) -> None:
    iris = on_whatsapp(day.stack.url, IRIS, "Iris Paz")
    assert iris.write("Hola, busco casa en Maipú") == 200
    sent = wait_for("a reply on WhatsApp", lambda: day.vendors.meta.sent)[0]
    assert sent["to"] == IRIS

    def reply() -> dict[str, Any]:
        return day.stack.rows(
            "SELECT m.* FROM chat_messages m JOIN leads l ON l.id = m.lead_id "
            "WHERE m.direction = 'out' AND l.phone_e164 = %s",
            f"+{IRIS}",
        )[0]

    wait_for("Meta's number of it", lambda: reply()["channel_message_id"])
    seen = [reply()["status"]]
    for status in ("delivered", "read", "delivered", "sent"):
        assert iris.receipt(reply()["channel_message_id"], status) == 200
        seen.append(reply()["status"])
    assert seen == ["sent", "delivered", "read", "read", "read"]
    assert reply()["message_text"] == sent["text"]["body"]


# --- What the broker's admin reads of it in the evening --------------------------------------------


def test_the_home_page_tells_of_the_call_the_campaign_and_the_spend(day: Day, desk: Desk) -> None:
    asked = day.stack.rows(
        "SELECT count(*) AS calls, sum(estimated_cost_usd) AS spent FROM llm_calls c JOIN brokers b ON b.id = c.broker_id "
        "WHERE b.slug = 'demo' AND date_trunc('month', c.created_at AT TIME ZONE b.timezone) "
        "= date_trunc('month', now() AT TIME ZONE b.timezone)"
    )
    spent = f"US$ {asked[0]['spent']:.2f}".replace(".", ",")
    home = desk.read("/admin/")
    assert f"Gasto en modelos este mes {spent} {asked[0]['calls']} consultas" in home
    assert "Camila Rojas interesado" in home
    assert "Retomar contacto 0 en curso · 2 pasos hechos" in home


def test_the_leads_page_tells_the_whole_story(camila: Writer, desk: Desk) -> None:
    lead = camila.lead()
    page = desk.read(f"/admin/leads/lead/{lead['id']}/change/")
    points = f"{lead['lead_score']:g}".replace(".", ",")
    head = f"Camila Rojas Telegram · {lead['created_at'].astimezone(SANTIAGO):%d-%m-%Y}"
    story = (
        f"Seguimiento Tibio Calificado {points} puntaje",
        "no me llamen más Camila Rojas",
        f"{FOLLOW_UP} Campaña",
        "Fuente: Departamento Plaza Ñuñoa, 2 dormitorios.",
        "Renta líquida $1.800.000 lo dijo el lead",
        "DICOM sin deudas en DICOM lo dijo el lead",
        "Pidió no ser contactado −30",
        "visita a propiedad realizada",
        "detenida: El lead pidió no ser contactado",
        "Agendado → Seguimiento",
        f"Cambio de puntaje: {points_before(lead)} → {points}",
    )
    assert head in page
    assert [told for told in story if told not in page] == []


def points_before(lead: dict[str, Any]) -> str:
    """What she had before she asked to be left alone."""
    return f"{lead['lead_score'] + 30:g}".replace(".", ",")


def test_the_campaigns_log_says_what_was_sent_and_why_the_rest_was_not(desk: Desk) -> None:
    page = desk.read("/admin/campaigns/campaignlog/?q=Camila")
    assert "Camila Rojas Retomar contacto 1. enviar mensaje realizado –" in page
    assert "Camila Rojas Retomar contacto 2. llamar realizado –" in page
    for number in (3, 1):
        skipped = f"{number}. enviar mensaje omitido El lead pidió no ser contactado"
        assert f"Camila Rojas Retomar contacto {skipped}" in page


def test_the_calls_page_has_summary_transcript_points_and_cost(
    day: Day, camila: Writer, desk: Desk
) -> None:
    call = day.stack.rows("SELECT * FROM voice_calls WHERE lead_id = %s", camila.lead()["id"])[0]
    page = desk.read(f"/admin/voice/voicecall/{call['id']}/change/")
    assert f"US$ {call['cost_usd']}".replace(".", ",") in page
    assert f"completada interesado Seguimiento {' '.join(ABOUT_A_CALL.split())} +5,0" in page
    assert "Gano un millón ochocientos mil pesos líquidos. Cliente · 15,3 s" in page


def test_the_costs_page_has_every_attempt_with_its_price(
    day: Day, camila: Writer, desk: Desk
) -> None:
    page = desk.read("/admin/llm/llmcall/?q=Camila+Rojas")
    known = day.stack.rows("SELECT * FROM llm_calls WHERE lead_id = %s", camila.lead()["id"])
    assert f"{len(known)} llamadas a modelos" in page
    turns = page.count("conversación google:gemini-3.8-flash Camila Rojas 900 → 40 0,00082")
    assert turns == len(camila.turns())
    assert page.count("análisis de llamada google:gemini-3.8-flash Camila Rojas") == 1


def test_the_sweeps_page_shows_every_sweeps_last_run_and_none_that_lags(day: Day) -> None:
    page = Desk(day.stack, "root@demo.test").read("/admin/crm/periodicrun/")
    ran = day.stack.rows("SELECT task FROM periodic_runs WHERE finished_at IS NOT NULL")
    frequent = [entry["task"] for entry in BEAT.values() if not hasattr(entry["schedule"], "hour")]
    assert {run["task"] for run in ran} >= set(frequent)
    assert [task for task in frequent if task not in page] == []
    told = (page.count("al día"), page.count("atrasado"), page.count("falló"))
    assert told == (len(ran), 0, 0)
