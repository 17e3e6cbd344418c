"""Turns about money, as a lead has them: what the tools find is what the reply says."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from pydantic_ai.messages import (
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from brokers.models import Broker
from crm.demo import Context
from knowledge import demo
from knowledge.models import Figure, KnowledgeGap
from leads.models import Lead
from llm.offline import OfflineModel
from tests.llm.conftest import Answer

pytestmark = pytest.mark.django_db


# What banks usually ask for, of the whole installation: the least, and the most where it has one.
USUAL = {
    "down_payment": (20, None),
    "rate": ("4.14", 5),
    "term": (20, 30),
    "dividend_share": (25, None),
    "debt_share": (40, None),
}


@pytest.fixture(autouse=True)
def known(broker: Broker, rival: Broker, at: datetime) -> None:
    demo.seed(Context(at=at, broker=broker, rival=rival))
    Figure.objects.bulk_create(
        Figure(kind=kind, low=low, high=high, source="Práctica habitual", as_of=at.date())
        for kind, (low, high) in USUAL.items()
    )


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("¿a cuánto está la UF hoy?", "La UF está en $39.700"),
        ("how much is the UF today?", "The UF is at $39.700"),
        ("quanto é a UF hoje?", "A UF está em $39.700"),
        ("en pesos cuánto sale el depto de gran avenida?", "equivale a unos $125.055.000"),
    ],
)
def test_the_uf_is_told_with_its_source(answer: Answer, question: str, words: str) -> None:
    _outcome, text = answer(question)
    assert words in text
    assert "Valor de la demostración" in text


def test_without_a_value_of_the_uf_it_is_noted_and_checked(answer: Answer, broker: Broker) -> None:
    Figure.objects.filter(broker=broker, kind="uf").delete()
    _outcome, text = answer("¿a cuánto está la UF hoy?")
    assert "lo reviso" in text or "lo averiguo" in text or "lo consulto" in text
    assert KnowledgeGap.objects.filter(broker=broker).exists()


def test_a_dividend_is_an_orientation_by_dated_figures(answer: Answer) -> None:
    _outcome, text = answer("¿cuánto quedaría el dividendo del depto de gran avenida?")
    assert "el dividendo de Departamento Gran Avenida" in text
    assert "Es solo una orientación" in text


def test_nobody_with_a_debt_is_told_what_they_could_pay(answer: Answer, broker: Broker) -> None:
    answer("hola, soy Eva Paz")
    lead = Lead.objects.get(broker=broker)
    lead.metadata = {**lead.metadata, "dicom": "has_debt", "debt_amount": 3_000_000}
    lead.save(update_fields=["metadata"])
    _outcome, text = answer("¿cuánto quedaría el dividendo del depto de gran avenida?", minute=3)
    assert "el dividendo de" not in text


def _request(*messages: Any, tools: tuple[str, ...]) -> Any:
    parameters = ModelRequestParameters(
        function_tools=[
            ToolDefinition(name=name, parameters_json_schema={"type": "object"}) for name in tools
        ]
    )
    made = asyncio.run(OfflineModel().request(list(messages), None, parameters))
    return made.parts[0]


def test_where_the_rules_fail_a_person_is_called_and_the_lead_is_told() -> None:
    """A tool's answer that lacks what the words need: any such fault ends with somebody."""
    asked = ModelRequest(parts=[UserPromptPart("¿a cuánto está la UF hoy?")])
    called = ModelResponse(parts=[ToolCallPart("uf_value", {}, tool_call_id="a")])
    odd = ModelRequest(parts=[ToolReturnPart("uf_value", {"known": True}, tool_call_id="a")])
    tools = ("uf_value", "request_human")
    call = _request(asked, called, odd, tools=tools)
    assert (call.tool_name, call.args) == ("request_human", {"reason": "other"})
    person = ModelResponse(
        parts=[ToolCallPart("request_human", {"reason": "other"}, tool_call_id="b")]
    )
    noted = ModelRequest(parts=[ToolReturnPart("request_human", {"noted": True}, tool_call_id="b")])
    last = _request(asked, called, odd, person, noted, tools=tools)
    assert isinstance(last, TextPart)
    assert "una persona del equipo" in last.content
