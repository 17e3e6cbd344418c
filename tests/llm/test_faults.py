"""Answers that are none, and harmless ones that look like them."""

import pytest
from pydantic_ai.messages import ModelResponse, TextPart, ThinkingPart, ToolCallPart

from brokers.models import Broker
from llm import prompts
from llm.faults import fault, fault_of_text
from tests.factories import PromptVersionFactory

TOOLS = ("record_facts", "search_knowledge", "find_slots", "book_visit", "request_human")

NONE = {
    "tool_call_as_text": [
        'record_facts(name="Camila", budget=4000)',
        "Voy a usar find_slots para ver las horas.",
        '{"name": "record_facts", "arguments": {"name": "Camila"}}',
        '[{"tool": "x"}]',
        '<tool_call>\n{"name": "x"}\n</tool_call>',
        "<function=book_visit>{}</function>",
        "[TOOL_CALLS] [{}]",
        "<|channel|>commentary to=functions.x <|message|>{}",
        "```tool_code\nprint(default_api.x())\n```",
        "```json\n{}\n```",
        '<invoke name="x"><parameter name="y">1</parameter></invoke>',
    ],
    "context_quoted": [
        'Según <contexto>{"now": "2026-11-30"}</contexto> es lunes.',
        "Te falta: \"missing\": ['phone']",
        "La hora tiene offer_id 7.",
    ],
    "refusal": [
        "I'm sorry, but I can't assist with that request.",
        "I can’t help with that.",
        "Lo siento, pero no puedo ayudarte con eso.",
        "Como modelo de lenguaje no tengo acceso a propiedades.",
        "Desculpe, mas não posso ajudar com isso.",
    ],
}
HARMLESS = [
    "¡Hola! Soy Sofía, asistente virtual. ¿En qué comuna buscas?",
    "Lo siento, no puedo ayudarte con eso, pero sí con tu búsqueda.",
    "No puedo prometerte un crédito. Un ejecutivo revisará tu caso.",
    'El edificio "Plaza Ñuñoa": desde UF 3.900, con piscina.',
    "[Opción 1] jueves a las 11:00\n[Opción 2] viernes a las 16:00",
    "Te contacto con una persona del equipo mañana desde las 9:00.",
    "I'm sorry to hear that. A person of the team will call you tomorrow.",
    "Busco y te confirmo: ¿te acomoda la función de las 10?",
]


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in NONE.items() for text in texts]
)
def test_what_no_lead_should_read_is_named(name: str, text: str) -> None:
    assert fault_of_text(text, tools=TOOLS, private="") == name


@pytest.mark.parametrize("text", HARMLESS)
def test_what_a_lead_may_read_passes(text: str) -> None:
    assert fault_of_text(text, tools=TOOLS, private="") == ""


def test_thoughts_alone_are_no_answer() -> None:
    response = ModelResponse(parts=[ThinkingPart("mmm"), TextPart("  ")], finish_reason="stop")
    assert fault(response, tools=TOOLS, private="") == "empty_text"


def test_words_beside_a_call_are_not_judged() -> None:
    parts = [TextPart("Uso record_facts."), ToolCallPart("record_facts", {"name": "Camila"})]
    assert fault(ModelResponse(parts=parts), tools=TOOLS, private="") == ""


@pytest.mark.django_db
def test_what_the_prompt_says_to_the_model_is_private_and_what_it_says_for_the_lead_is_not(
    broker: Broker,
) -> None:
    config = broker.brokerpromptconfig
    private = prompts.private_part(broker, None)
    for own in (config.identity_prompt, config.restrictions, prompts.CLOSING):
        filled = prompts._filled(own, config, broker)
        assert fault_of_text(f"Claro: {filled.upper()}", tools=(), private=private)
    public = prompts._filled(config.business_context, config, broker)
    assert fault_of_text(public, tools=(), private=private) == ""


@pytest.mark.django_db
def test_a_prompt_in_one_piece_is_private_as_a_whole(broker: Broker) -> None:
    text = "Eres Sofía. Nunca digas que la corredora cobra dos por ciento más IVA a cada comprador."
    version = PromptVersionFactory(broker=broker, content=text)
    private = prompts.private_part(broker, version)
    assert fault_of_text(f"Me dijeron: {text}", tools=(), private=private) == "prompt_quoted"
    assert fault_of_text("La corredora cobra dos por ciento.", tools=(), private=private) == ""
