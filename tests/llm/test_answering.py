import re
from datetime import datetime

import pytest

from knowledge import listings
from knowledge.demo import GUIDES, LISTINGS
from knowledge.fields import fields_of
from knowledge.models import KnowledgeEntry
from leads.folding import clean, fold
from llm.offline.answering import Answering
from llm.offline.asking import questions_in
from llm.offline.context import Context
from llm.offline.home import Home
from llm.offline.turn import Said, Turn
from tests.llm.answer_cases import (
    ABOUT_A_PROPERTY,
    IN_OTHER_LANGUAGES,
    NO_QUESTIONS,
    OF_POLICIES,
    OPEN,
)

NOW = datetime.fromisoformat("2026-12-01T10:00:00-03:00")
GUIDE_HITS = tuple(
    {"title": each.title, "text": each.content, "source_type": str(each.source_type)}
    for each in GUIDES
)
FIRST_WORDS = {
    "es": "Hola, busco un depto",
    "en": "Hello, I am looking for an apartment",
    "pt": "Olá, estou procurando um apartamento",
}


def home_of(code: str) -> Home:
    text = next(each for each in LISTINGS if each.metadata["code"] == code)
    entry = KnowledgeEntry(title=text.title, content=text.content, metadata=text.metadata)
    entry.listing = listings.read(text.title, text.content, text.metadata).as_stored()
    return Home(int(code[-3:]), text.title, text.content, fields_of(entry))


def answering(message: str, code: str = "", language: str = "es") -> Answering:
    """With everything that the brokerage knows, and nothing to look up."""
    discussed = (home_of(code),) if code else ()
    context = Context(NOW, "Sofía", "Andes", raw_knowledge=GUIDE_HITS, discussed=discussed)
    history = (Said(by_assistant=False, text=FIRST_WORDS[language]),)
    return Answering(context, Turn(message, NOW, history))


def check(found: Answering, expected: str) -> None:
    text = fold(clean(found.text))
    if expected is OPEN:
        assert found.open
        assert all(each.is_partial for each in found.answers if each.text or each.home), text
        assert not re.match(r"(?:si|no)\b", text), text
    else:
        assert re.search(expected, text), text


@pytest.mark.parametrize(("message", "code", "expected"), ABOUT_A_PROPERTY)
def test_a_property_is_answered_about_from_its_own_data(
    message: str, code: str, expected: str
) -> None:
    check(answering(message, code), expected)


@pytest.mark.parametrize(("message", "expected"), OF_POLICIES)
def test_a_policy_is_answered_by_a_passage_of_its_subject(message: str, expected: str) -> None:
    check(answering(message), expected)


@pytest.mark.parametrize(("message", "code", "language", "expected"), IN_OTHER_LANGUAGES)
def test_the_answer_is_in_the_leads_language(
    message: str, code: str, language: str, expected: str
) -> None:
    found = answering(message, code, language)
    assert found.language == language
    check(found, expected)


@pytest.mark.parametrize("message", NO_QUESTIONS)
def test_what_asks_nothing_is_not_answered(message: str) -> None:
    assert answering(message).text == ""


@pytest.mark.parametrize(
    ("message", "count"),
    [
        ("cuánto vale y cuántos baños tiene?", 2),
        ("Cobran comisión? y el pie en cuántas cuotas?", 2),
        ("¿tiene bodega? ¿y terraza?", 2),
        ("busco algo con terraza y patio", 0),
    ],
)
def test_each_question_of_a_message_is_found(message: str, count: int) -> None:
    assert len(questions_in(message)) == count
