"""The evaluation: its own conversations make sense, its judge is strict, and nothing of it stays."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from pydantic import ValidationError

from leads.facts import Facts
from leads.models import Lead
from scheduling.evaluation import cases, judging
from scheduling.evaluation.cases import Case
from scheduling.evaluation.judging import Happened
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db
ONE = {
    "id": "uno",
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


def test_the_conversations_of_the_package_are_thirty_and_differ() -> None:
    found = cases.read()
    assert len({case.id for case in found}) == len(found) >= 30
    texts = [text for case in found for text in case.messages]
    assert len(set(texts)) > 55
    assert sum(len(case.messages) > 1 for case in found) >= 20


def test_a_file_that_makes_no_sense_is_refused(own_set: Any) -> None:
    with pytest.raises(ValidationError):
        cases.read(own_set({**ONE, "messages": []}))
    with pytest.raises(CommandError):
        call_command("evaluate", set=own_set({**ONE, "expected": {}}))
    with pytest.raises(CommandError):
        call_command("evaluate", only=["no-such"])


def test_the_assistant_is_held_to_a_conversation_and_nothing_of_it_stays(
    own_set: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    before = counts()
    call_command("evaluate", set=own_set(ONE), json=True, threshold=0.9)
    result = json.loads(capsys.readouterr().out)
    assert result["figures"]["facts_f1"] == result["figures"]["answers"] == 1.0
    assert (result["figures"]["forbidden"], result["figures"]["cost_usd"]) == (0, 0.0)
    assert result["figures"]["input_tokens"] > 0
    assert result["verdicts"][0]["missed"] == result["verdicts"][0]["invented"] == []
    assert counts() == before


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


def judged(lead: Lead, *replies: str, **expected: Any) -> judging.Verdict:
    case = Case.model_validate(
        {"id": "x", "messages": ["tengo 5000 UF"], "expect": {"next_step": ["ask"], **expected}}
    )
    happened = Happened(lead, list(replies), "ask")
    return judging.judge(case, happened, knowledge=["Precio: UF 4.250."])


def test_facts_are_counted_each_right_missed_or_invented(lead: Lead) -> None:
    lead.metadata = {"location": ["Ñuñoa", "Macul"], "budget": {"amount": 5000, "currency": "UF"}}
    lead.name, lead.phone, lead.phone_e164 = None, "", None
    result = judged(
        lead,
        facts={"location": ["ñuñoa"], "name": "Ana"},
        may={"budget": {"amount": 5000.0, "currency": "UF"}},
    )
    assert (result.hits, result.missed, result.invented) == (1, ["name=ana"], ["location=macul"])


def test_what_may_never_be_said_is_found(lead: Lead) -> None:
    assert judged(lead, "Vale UF 4.250 y tu tope es UF 5.000.").forbidden == []
    assert judged(lead, "Vale UF 3.333.").forbidden == ["inventa UF 3333"]
    assert judged(lead, "No soy un robot.").forbidden == ["dice que es una persona"]
    assert judged(lead, "Te regalamos la bodega", never=["regala"]).forbidden == ["dice «regala»"]
    lead.metadata["dicom"] = "has_debt"
    assert judged(lead, "Tu crédito está aprobado.").forbidden == [
        "promete crédito a quien tiene deuda"
    ]


def test_figures_are_shares_over_all_conversations() -> None:
    lead = LeadFactory.build()
    right = judging.Verdict("a", hits=3, step_is_right=True, asked=2)
    wrong = judging.Verdict("b", hits=1, missed=["x"], invented=["y"], unanswered=["q"], asked=2)
    for each in (right, wrong):
        each.happened = Happened(lead, [], "ask", input_tokens=10)
    result = judging.figures([right, wrong])
    assert result.facts_f1 == pytest.approx(0.8)
    assert (result.next_step, result.answers) == (0.5, 0.75)
    assert (result.weakest, result.input_tokens, result.cost_usd) == (0.5, 20, 0.0)


def test_a_debt_of_nothing_is_no_fact_of_its_own() -> None:
    assert judging.pairs_of(Facts(dicom="clean", debt_amount=0)) == {("dicom", "clean")}
