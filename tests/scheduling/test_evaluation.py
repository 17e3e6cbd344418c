"""The evaluation: its own conversations make sense, its judge is strict, and nothing of it stays."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from pydantic import ValidationError

from knowledge.demo import LISTINGS
from leads.facts import Facts
from leads.folding import fold
from leads.models import Lead
from scheduling.evaluation import cases, figures, judging, reporting, running
from scheduling.evaluation.cases import Case, Given
from scheduling.evaluation.judging import Happened, Verdict
from scheduling.evaluation.languages import languages_of

pytestmark = pytest.mark.django_db
ONE = {
    "id": "uno",
    "skills": ["facts", "policy_questions"],
    "messages": ["Busco un depto en Ñuñoa, soy Camila Rojas", "¿con cuánto se reserva?"],
    "expect": {
        "facts": {"name": "Camila Rojas", "location": ["Ñuñoa"], "property_type": "departamento"},
        "next_step": ["ask", "inform"],
        "answers": [{"question": "reserva", "says": ["300\\.000"]}],
    },
}


def counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


@pytest.fixture
def own_set(tmp_path: Path) -> Any:
    def own_set(*given: dict[str, Any]) -> Path:
        path = tmp_path / "set.json"
        path.write_text(json.dumps(given))
        return path

    return own_set


@pytest.fixture(scope="module")
def package() -> list[Case]:
    return cases.of_split("all")


def test_no_conversation_of_the_package_is_there_twice(package: list[Case]) -> None:
    """People choose in the same few words ("la primera"); longer messages are written once."""
    ids = [case.id for case in package]
    assert len(set(ids)) == len(ids) >= 220
    conversations = Counter(tuple(map(fold, case.messages)) for case in package)
    assert [each for each, times in conversations.items() if times > 1] == []
    texts = Counter(fold(text).strip() for case in package for text in case.messages)
    assert [each for each, times in texts.items() if times > 1 and len(each.split()) > 4] == []


def test_every_pattern_of_the_package_is_one_and_is_not_met_by_the_question_itself(
    package: list[Case],
) -> None:
    """To ask the lead's question back answers nothing."""
    for case in package:
        for each in case.expect.answers:
            back = f"¿{fold(each.question).strip('¿?')}?"
            met = [pattern for pattern in each.says if re.search(fold(pattern), back)]
            assert not met, f"{case.id}: {met}"
        patterns = [pattern for each in case.expect.answers for pattern in each.says]
        for pattern in (*patterns, *case.expect.never):
            re.compile(fold(pattern))
            turned = re.search(r"\\[A-Z]", pattern)
            assert not turned, f"{case.id}: folding makes {pattern} its opposite"


def test_the_embedded_model_is_not_below_its_recorded_level() -> None:
    seen: list[Verdict] = []
    verdicts = running.evaluate(cases.of_split("fast"), done=seen.append)
    assert seen == verdicts
    assert figures.below_level(figures.figures(verdicts)) == []


def test_a_figure_below_the_recorded_level_is_named() -> None:
    low = figures.figures([verdict("a", missed=["x"], forbidden=["y"] * 99)])
    assert [line.split()[0] for line in figures.below_level(low)][:2] == ["facts_f1", "next_step"]
    assert figures.below_level(low)[-1].startswith("forbidden is 99")


def test_visits_that_are_given_are_of_listings_that_exist(package: list[Case]) -> None:
    codes = {"", *(text.metadata["code"] for text in LISTINGS)}
    given = {case.given.visit.property for case in package if case.given.visit}
    assert given <= codes


def test_a_file_that_makes_no_sense_is_refused(own_set: Any) -> None:
    with pytest.raises(ValidationError):
        cases.read(own_set({**ONE, "messages": []}))
    with pytest.raises(CommandError):
        call_command("evaluate", set=own_set({**ONE, "expected": {}}))
    for answer in ({"question": "¿?"}, {"question": "¿?", "says": ["a"], "unknown": True}):
        with pytest.raises(ValidationError):
            cases.Answer.model_validate(answer)
    with pytest.raises(CommandError):
        call_command("evaluate", only=["no-such"])


def test_the_assistant_is_held_to_a_conversation_and_nothing_of_it_stays(
    own_set: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    before = counts()
    call_command("evaluate", set=own_set(ONE), json=Path("-"), threshold=0.9)
    result = json.loads(capsys.readouterr().out)
    assert result["figures"]["facts_f1"] == result["figures"]["answers"] == 1.0
    assert (result["figures"]["forbidden"], result["figures"]["cost_usd"]) == (0, 0.0)
    assert result["figures"]["input_tokens"] > 0
    assert result["verdicts"][0]["missed"] == result["verdicts"][0]["invented"] == []
    assert [author for author, _text in result["verdicts"][0]["exchange"]] == ["lead", "us"] * 2
    assert counts() == before


def test_what_is_given_of_a_lead_stands_before_they_write(own_set: Any, tmp_path: Path) -> None:
    visit = {"in_days": 3, "at": "17:00", "property": "AP-101"}
    expect = {"next_step": ["cancel"], "facts": {}}
    given = {"name": "Rosa Díaz", "phone": "+56 9 1111 2222", "visit": visit}
    cancels = {"id": "dos", "skills": ["cancelling"], "given": given, "expect": expect}
    asks = {**cancels, "id": "tres", "expect": {"next_step": ["inform", "ask"]}}
    written = tmp_path / "result.json"
    path = own_set(
        {**cancels, "messages": ["Necesito cancelar la visita del viernes"]},
        {**asks, "messages": ["¿a qué hora era la visita?"]},
    )
    call_command("evaluate", set=path, json=written, worst=0)
    verdicts = reporting.verdicts_of(json.loads(written.read_text()))
    assert [(each.step, each.complaints) for each in verdicts] == [("cancel", []), ("ask", [])]
    assert "17:00" in verdicts[1].exchange[-1][1]


def test_hours_offered_now_say_more_than_a_visit_settled_before(
    own_set: Any, tmp_path: Path
) -> None:
    visit = {"in_days": 3, "at": "16:30"}
    again = {
        "id": "again",
        "skills": ["cancelling", "rescheduling"],
        "given": {"visit": visit},
        "messages": ["Necesito cancelar la visita", "Quiero agendar una visita para el sábado"],
        "expect": {"next_step": ["offer_hours"]},
    }
    call_command("evaluate", set=own_set(again), json=tmp_path / "result.json", worst=0)
    (found,) = json.loads((tmp_path / "result.json").read_text())["verdicts"]
    assert found["step"] == "offer_hours"


def test_one_conversation_knows_nothing_of_the_one_before(own_set: Any, tmp_path: Path) -> None:
    again = {**ONE, "id": "otra"}
    call_command("evaluate", set=own_set(ONE, again), json=tmp_path / "result.json", worst=0)
    first, second = json.loads((tmp_path / "result.json").read_text())["verdicts"]
    assert first["exchange"] == second["exchange"]


def test_several_processes_come_to_the_same_in_the_same_order(own_set: Any, tmp_path: Path) -> None:
    path, written = own_set(*({**ONE, "id": name} for name in "abc")), tmp_path / "result.json"
    found = []
    for processes in (1, 2):
        call_command("evaluate", set=path, json=written, worst=0, processes=processes)
        verdicts = reporting.verdicts_of(json.loads(written.read_text()))
        found.append([(each.case, each.exchange, each.complaints) for each in verdicts])
    assert found[0] == found[1]
    assert [case for case, _, _ in found[0]] == ["a", "b", "c"]


def test_below_the_threshold_the_command_fails(own_set: Any) -> None:
    wrong = {**ONE, "expect": {**ONE["expect"], "facts": {"name": "Otra Persona"}}}  # type: ignore[dict-item]
    call_command("evaluate", set=own_set(wrong))
    with pytest.raises(SystemExit) as ended:
        call_command("evaluate", set=own_set(wrong), threshold=0.9)
    assert ended.value.code == 1


@pytest.mark.parametrize("threshold", ["2", "-0.1", "nan"])
def test_a_threshold_that_nothing_can_meet_is_refused_before_anything_is_played(
    threshold: str, own_set: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="0 to 1"):
        call_command("evaluate", f"--threshold={threshold}", set=own_set(ONE))
    assert capsys.readouterr().out == ""


def test_a_model_without_its_key_is_refused(settings: Any) -> None:
    settings.GEMINI_API_KEY = ""
    with pytest.raises(CommandError):
        call_command("evaluate", model="google:gemini-2.5-flash")


def judged(lead: Lead, *replies: str, happened: Any = None, **expected: Any) -> Verdict:
    case = Case.model_validate(
        {
            "id": "x",
            "skills": ["facts"],
            "messages": ["tengo 5000 UF"],
            "given": {"name": "Ana María Soto"},
            "expect": {"next_step": ["ask"], **expected},
        }
    )
    left = Happened(lead, list(replies), "ask", **(happened or {}))
    return judging.judge(case, left, knowledge=["Precio: UF 4.250."])


def test_facts_are_counted_each_right_missed_or_invented(lead: Lead) -> None:
    lead.metadata = {"location": ["Ñuñoa", "Macul"], "budget": {"amount": 5000, "currency": "UF"}}
    lead.name, lead.phone, lead.phone_e164 = "Ana María Soto", "", None
    result = judged(
        lead,
        facts={"location": ["ñuñoa"], "email": "ana@soto.cl"},
        may={"budget": {"amount": 5000.0, "currency": "UF"}},
    )
    assert (result.hits, result.missed) == (1, ["email=ana@soto.cl"])
    assert result.invented == ["location=macul"], "nor is the name, which is given"


def test_what_may_never_be_said_is_found(lead: Lead) -> None:
    assert judged(lead, "Vale UF 4.250 y tu tope es UF 5.000.").forbidden == []
    assert judged(lead, "Vale UF 3.333.").forbidden == ["inventa UF 3333"]
    lead.metadata["budget"] = {"amount": 3333, "currency": "UF"}
    assert judged(lead, "Anoto hasta UF 3.333.").forbidden == [], "said back, however it was put"
    assert judged(lead, "No soy un robot.").forbidden == ["dice que es una persona"]
    assert judged(lead, "Te regalamos la bodega", never=["regala"]).forbidden == ["dice «regala»"]
    assert judged(lead, "Llamo a find_slots.").forbidden == ["muestra sus instrucciones"]
    booked = "Tu visita quedó agendada."
    assert judged(lead, booked).forbidden == ["dice que agendó sin una visita"]
    assert judged(lead, booked, happened={"had_visit": True}).forbidden == []
    lead.metadata["dicom"] = "has_debt"
    assert judged(lead, "Tu crédito está aprobado.").forbidden == [
        "promete crédito a quien tiene deuda"
    ]


def test_what_nobody_knows_is_answered_by_checking_it_or_by_a_person(lead: Lead) -> None:
    answers = [{"question": "¿tiene piscina?", "unknown": True}]
    check, gap = "Lo reviso y te confirmo.", {"gaps": 1}
    assert judged(lead, check, happened=gap, answers=answers).unanswered == []
    assert judged(lead, "Te paso.", happened={"called_person": True}, answers=answers).asked == 1
    assert judged(lead, check, answers=answers).unanswered == ["¿tiene piscina?"]
    guessed = "No tengo ese dato confirmado."
    assert judged(lead, guessed, happened=gap, answers=answers).unanswered == ["¿tiene piscina?"]


def test_the_last_reply_is_in_the_leads_language_as_a_whole(lead: Lead) -> None:
    spanish, english = "¿Cuándo quieres ver el depto?", "Which day would you like to see it?"
    assert judged(lead, english, spanish).wrong_language == ""
    assert judged(lead, spanish, english, language="en").wrong_language == ""
    assert judged(lead, f"{english} {spanish}", language="en").wrong_language == "es"
    assert languages_of("onde voce quer morar e ate quanto?") == {"pt"}
    assert languages_of("uf 4.250.") == set()


def verdict(case: str, **more: Any) -> Verdict:
    return Verdict(case, ["facts"], **more)


def test_figures_are_shares_over_all_conversations_and_over_those_of_a_skill() -> None:
    right = verdict("a", hits=3, step_is_right=True, asked=2, input_tokens=10)
    wrong = verdict("b", hits=1, missed=["x"], invented=["y"], unanswered=["q"], asked=2)
    result = figures.figures([right, wrong])
    assert result.facts_f1 == pytest.approx(0.8)
    assert (result.next_step, result.answers) == (0.5, 0.75)
    assert (result.weakest, result.input_tokens, result.cost_usd) == (0.5, 10, 0.0)
    wrong.skills = ["credit", "facts"]
    assert {
        skill: each.conversations for skill, each in figures.by_skill([right, wrong]).items()
    } == {"credit": 1, "facts": 2}


def test_the_worst_come_first_and_are_quoted() -> None:
    wrong = verdict("b", missed=["x"], step="ask", right_steps=["book"])
    wrong.exchange = [("lead", "la segunda"), ("us", "¿Cómo te llamas?")]
    barred = verdict("c", forbidden=["dice «regala»"], step_is_right=True)
    lines = list(reporting.worst([verdict("a", step_is_right=True), wrong, barred], 3))
    assert [line for line in lines if line.startswith("\n")] == ["\nc (facts)", "\nb (facts)"]
    assert "  > la segunda" in lines
    assert "  ! next step ask, right: book" in lines


def test_two_runs_are_compared_conversation_by_conversation() -> None:
    before = [verdict("a", missed=["x"]), verdict("b", step_is_right=True), verdict("gone")]
    after = [verdict("a"), verdict("b"), verdict("new")]
    lines = list(reporting.differences(before, after))
    assert lines[0] == "2 conversations in both"
    assert "next_step  0.500 -> 0.000 (-0.500)" in lines
    assert lines[lines.index("better: 1") + 1 :][0] == "  a"
    assert lines[lines.index("worse: 1") + 1 :][0] == "  b"


def test_a_result_that_is_none_is_not_compared_with(own_set: Any) -> None:
    with pytest.raises(CommandError):
        call_command("evaluate", set=own_set(ONE), compare=own_set(ONE))


def test_a_debt_of_nothing_is_no_fact_of_its_own() -> None:
    assert judging.pairs_of(Facts(dicom="clean", debt_amount=0)) == {("dicom", "clean")}
    assert judging.pairs_of(Given(name="Ñusta").facts) == {("name", "nusta")}
