"""What is sent in place of a reply that may not be."""

from typing import Any

import pytest

from llm.guards.checking import FAULTS, GUARDS, REPAIRED, asks_again, violations
from llm.guards.known import Known, Rule, Violation
from llm.guards.settling import Names, settle
from tests.llm.guards.examples import BOOKED, NOTHING, TURN, turn

NAMES = Names("Sofía", "Andes Propiedades")
OFFERING = Names("Sofía", "Andes", hours=("jueves a las 11:00", "viernes a las 10:00"))
GOOD = "El departamento vale UF 4.250. ¿Te acomoda el jueves a las 11:00?"
BAD: dict[Rule, tuple[str, dict[str, Any]]] = {
    Rule.AMOUNT: ("Vale UF 3.333.", {}),
    Rule.HOUR: ("Te acomoda el sábado a las 12:00?", {}),
    Rule.ADDRESS: ("Queda en Avenida Suecia 2345.", {}),
    Rule.AVAILABILITY: ("Tenemos departamentos en Maipú.", {}),
    Rule.SUBSIDY: ("Con el DS1 te dan UF 555.", {}),
    Rule.LINK: ("Agenda en https://otro.cl/x.", {}),
    Rule.BOOKING: ("Tu visita quedó agendada.", {}),
    Rule.CREDIT: ("Gracias. Tu crédito está aprobado. ¿Cuándo visitamos?", {"owes": True}),
    Rule.ILLEGIBLE: ("Привет, это ссылка.", {}),
    Rule.INTERNALS: ("Voy a llamar a find_slots.", {}),
    Rule.MARKDOWN: ("**Hola**, ¿qué buscas?", {}),
    Rule.LENGTH: ("Esta es una frase bastante larga. " * 8, {}),
    Rule.TOPIC: ("Había una vez un dragón.", {}),
    Rule.ASSISTANT: ("¡Hola! ¿Qué buscas?", {"first_contact": True}),
    Rule.HUMAN: ("Soy una persona real.", {}),
    Rule.LANGUAGE: ("¿En qué comuna o sector te gustaría vivir? También puedo buscar.", {"language": "en"}),
}  # fmt: skip


def settled(text: str, known: Known, names: Names = NAMES) -> str:
    return settle(text, violations(text, known), known, names)


def test_every_rule_has_an_example_here_and_words_for_the_model() -> None:
    assert set(BAD) == set(Rule) == set(FAULTS) | REPAIRED


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("names", [NAMES, OFFERING])
def test_what_is_sent_instead_breaks_no_rule(rule: Rule, names: Names) -> None:
    text, changes = BAD[rule]
    known = turn(**changes)
    assert rule in {each.rule for each in violations(text, known)}
    sent = settled(text, known, names)
    assert sent != text
    assert violations(sent, known) == []


@pytest.mark.parametrize("rule", sorted(set(Rule) - REPAIRED))
@pytest.mark.parametrize("language", ["en", "pt"])
def test_it_is_in_the_leads_language(rule: Rule, language: str) -> None:
    text, changes = BAD[rule]
    known = turn(**{**changes, "language": language})
    replaced = rule not in (Rule.LENGTH, Rule.CREDIT, Rule.LANGUAGE)
    sent = settled(text, known)
    if replaced:
        assert [each for each in violations(sent, known) if each.rule is Rule.LANGUAGE] == []
        assert not sent.startswith("Prefiero no darte")


def test_a_good_reply_breaks_none() -> None:
    assert violations(GOOD, TURN) == []


def test_a_credit_promise_alone_is_taken_out() -> None:
    text, _ = BAD[Rule.CREDIT]
    assert settled(text, turn(owes=True)) == (
        "Gracias. ¿Cuándo visitamos? Sobre el financiamiento no puedo adelantarte una respuesta: "
        "un ejecutivo revisará tu caso."
    )


def test_in_place_of_a_wrong_hour_the_right_ones_are_told() -> None:
    assert settled("¿Te acomoda el sábado a las 12:00?", TURN, OFFERING) == (
        "Estas son las horas que puedo ofrecerte:\n1) jueves a las 11:00\n2) viernes a las 10:00\n"
        "¿Cuál te acomoda más?"
    )
    booked = Names("Sofía", "Andes", visit="jueves 26 de noviembre a las 11:00")
    wrong = "Tu visita quedó agendada para el viernes a las 10:00."
    assert settled(wrong, BOOKED, booked) == "Tu visita es el jueves 26 de noviembre a las 11:00."


def test_a_first_message_is_introduced_whatever_is_sent() -> None:
    sent = settled("Vale UF 3.333.", turn(first_contact=True))
    assert sent.startswith("Hola, soy Sofía, asistente virtual de Andes Propiedades. Prefiero")


def test_the_model_is_told_what_is_wrong_and_with_which_words() -> None:
    message = asks_again(violations("Vale UF 3.333 y queda en Avenida Suecia 2345.", TURN))
    assert "uf 3.333" in message
    assert "Avenida Suecia 2345" in message
    assert "inglés" in asks_again([Violation(Rule.LANGUAGE, "en")])


def test_what_can_be_put_right_without_a_model_is_asked_of_none() -> None:
    assert asks_again(violations("**Hola**, ¿qué buscas?", turn(first_contact=True))) == ""


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_a_guard_says_nothing_of_nothing(guard: Any) -> None:
    assert list(guard("", NOTHING)) == []
