"""A visitor's first conversation, over HTTP against the running product, to a booked visit."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.flows.stack import Stack, Visitor, wait_for

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, demo: dict[str, str]) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("product"), **demo) as running:
        yield running


def test_a_conversation_ends_with_a_visit_on_an_offered_slot(stack: Stack) -> None:
    visitor = Visitor(stack)
    assert "asistente virtual" in visitor.say("Hola, buenas tardes")
    visitor.say("soy camila rojas, busco depto en ñuñoa hasta 4000 uf")
    visitor.say("mi fono es 9 8123 4567")
    visitor.say("gano un palo doscientos líquidos")
    visitor.say("no estoy en dicom")
    visitor.say("este mes ojalá")
    offered = visitor.say("quiero agendar una visita")
    choices = re.findall(r"(?:^|\n)\s*\d[).]\s*(.+)", offered)
    assert len(choices) >= 2
    booked = visitor.say("la segunda")
    assert choices[1].strip() in booked

    lead = visitor.lead()
    facts = lead["metadata"]
    assert (lead["name"], lead["phone_e164"]) == ("Camila Rojas", "+56981234567")
    assert facts["location"] == ["Ñuñoa"]
    assert facts["income"] == {"amount": 1_200_000, "currency": "CLP"}
    assert facts["budget"] == {"amount": 4000, "currency": "UF"}
    assert facts["dicom"] == "clean"
    assert facts["calificacion"]["outcome"] == "CALIFICADO"
    assert (lead["pipeline_stage"], lead["status"]) == ("agendado", "hot")

    visits = stack.rows("SELECT * FROM appointments WHERE lead_id = %s", lead["id"])
    assert [visit["status"] for visit in visits] == ["scheduled"]
    offers = stack.rows("SELECT start_time FROM slot_offers WHERE lead_id = %s", lead["id"])
    assert visits[0]["start_time"] in {offer["start_time"] for offer in offers}

    receipts = stack.rows(
        "SELECT details FROM activity_log WHERE lead_id = %s AND action_type = 'score_changed' "
        "ORDER BY id DESC LIMIT 1",
        lead["id"],
    )
    receipt = receipts[0]["details"]
    assert round(sum(line["points"] for line in receipt["lines"]), 1) == receipt["total"]
    assert receipt["total"] == lead["lead_score"]

    turns = stack.rows(
        "SELECT trace_id, count(*) AS attempts, bool_or(error <> '') AS failed FROM llm_calls "
        "WHERE lead_id = %s AND call_type = 'turn' GROUP BY trace_id",
        lead["id"],
    )
    assert len(turns) == len(visitor.replies) - 1  # the hour named is booked without a model
    assert not any(turn["failed"] for turn in turns)


def test_the_agent_sees_the_visit_and_the_rival_does_not(stack: Stack) -> None:
    found = stack.get("/api/v1/leads/?search=camila+rojas", **stack.sign_in())[1]["results"]
    lead = next(lead for lead in found if lead["phone"] == "+56981234567")
    assert lead["pipeline_stage"] == "agendado"
    rival = stack.sign_in("admin@rival.test")
    assert stack.get(f"/api/v1/leads/{lead['id']}/", **rival)[0] == 404
    assert stack.get("/api/v1/leads/?search=camila+rojas", **rival)[1]["count"] == 0


def test_fifty_posts_of_one_message_at_once_are_one_row_and_one_reply(stack: Stack) -> None:
    visitor = Visitor(stack)
    body = {"text": "hola a todos", "visitor": visitor.secret, "client_id": "same"}
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: stack.post(visitor.path, body), range(50)))
    assert {status for status, _ in answers} == {200}
    assert len({answer["messages"][0]["id"] for _, answer in answers}) == 1
    visitor.reply()
    stack.wait_for_sweeps("llm.tasks.sweep_turns", "leads.tasks.sweep_messages")
    assert [m for m in visitor.poll() if m["author"] != "lead"] == []


def test_with_redis_killed_the_message_is_kept_and_answered(stack: Stack) -> None:
    visitor = Visitor(stack)
    stack.kill("redis")
    visitor.write("hola, ¿tienen departamentos en Providencia?")
    assert visitor.reply()


def test_everything_is_up_again_after_the_kill(stack: Stack) -> None:
    assert wait_for("a ready product", lambda: stack.get("/health/ready")[0] == 200)
