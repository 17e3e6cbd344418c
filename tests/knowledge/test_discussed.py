from datetime import datetime

import pytest

from knowledge import discussed
from leads.enums import Author, Direction
from leads.models import ChatMessage, Lead
from llm.tools import Turn
from tests.factories import ChatMessageFactory, ConversationFactory, KnowledgeEntryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_knowledge")]

LEAD, US = Direction.IN, Direction.OUT
LIST = (
    "Tengo estas:\n1) Departamento Los Leones, 2 dormitorios: UF 5.690"
    "\n2) Departamento Pedro de Valdivia, 3 dormitorios: UF 7.400"
)


def turn_of(lead: Lead, at: datetime, *said: tuple[Direction, str]) -> Turn:
    """The last of what was said is the question of the turn."""
    rows: list[ChatMessage] = [
        ChatMessageFactory(
            lead=lead,
            broker=lead.broker,
            direction=direction,
            author=Author.LEAD if direction == LEAD else Author.ASSISTANT,
            message_text=text,
        )
        for direction, text in said
    ]
    conversation = ConversationFactory(lead=lead, broker=lead.broker)
    return Turn(lead, lead.broker, conversation, rows[-1], said[-1][1], at, version=1)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([(LEAD, "cuánto cuesta el AP-103?")], "AP-103"),
        (
            [
                (LEAD, "vi el de Los Leones"),
                (US, "¿Qué te gustaría saber?"),
                (LEAD, "tiene bodega?"),
            ],
            "AP-104",
        ),
        (
            [(LEAD, "qué tienen?"), (US, "El de Gran Avenida está en UF 3.150."), (LEAD, "ese!")],
            "AP-109",
        ),
        ([(LEAD, "qué hay?"), (US, LIST), (LEAD, "la segunda tiene bodega?")], "AP-103"),
        ([(LEAD, "qué hay?"), (US, LIST), (LEAD, "el más barato")], "AP-104"),
        ([(LEAD, "qué hay?"), (US, LIST), (LEAD, "el de 3")], "AP-103"),
        (
            [
                (LEAD, "qué hay?"),
                (US, LIST),
                (LEAD, "cuánto mide Los Leones?"),
                (US, "Los Leones: 64 m²."),
                (LEAD, "y el otro?"),
            ],
            "AP-103",
        ),
        ([(LEAD, "la casa de Maipú tiene patio?")], "AP-108"),
        ([(LEAD, "el de Los Leones"), (US, "Sí."), (LEAD, "y la casa de Maipú?")], "AP-108"),
        # Several, or none.
        ([(LEAD, "qué hay?"), (US, LIST), (LEAD, "tienen bodega?")], None),
        ([(LEAD, "hola"), (US, "¡Hola!"), (LEAD, "cobran comisión?")], None),
        ([(LEAD, "vi el de Los Leones"), (US, "Dime."), (LEAD, "y en Calama tienen algo?")], None),
    ],
)
def test_the_property_under_discussion(
    lead: Lead, at: datetime, said: list[tuple[Direction, str]], code: str | None
) -> None:
    found = discussed.of(turn_of(lead, at, *said))
    assert (found and found.metadata["code"]) == code


def test_what_fits_the_leads_facts_alone_is_under_discussion(lead: Lead, at: datetime) -> None:
    lead.metadata = {"location": ["Ñuñoa"], "property_type": "departamento", "bedrooms": 2}
    found = discussed.of(turn_of(lead, at, (LEAD, "¿y los gastos comunes?")))
    assert found is not None
    assert found.metadata["code"] == "AP-101"


def test_a_property_of_a_large_stock_is_found_by_its_name(lead: Lead, at: datetime) -> None:
    KnowledgeEntryFactory.create_batch(
        discussed._STOCK + 1, broker=lead.broker, source_type="property", title="Casa sin nombre"
    )
    found = discussed.of(turn_of(lead, at, (LEAD, "tiene piscina el de los leones?")))
    assert found is not None
    assert found.metadata["code"] == "AP-104"
