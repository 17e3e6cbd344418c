"""No text takes long to be understood: every reader's time grows with the text and no faster."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice

import pytest
from django.core.exceptions import ValidationError
from rest_framework.exceptions import APIException

from crm.errors import DomainError
from knowledge.splitting import Unreadable
from leads.folding import LONGEST, clean, excerpt, fold
from llm.spanish import asked_in, understand
from tests.hostile import readers
from tests.hostile.near import near_matches

# Seconds of CPU; twice what is promised, for a processor that others use too.
SHORT, LONG = 2 * 0.05, 2 * 1.0
REFUSALS = (ValidationError, APIException, DomainError, Unreadable, ValueError)
MOST_TOKENS = 60
# Four times the text may take four times as long, not sixteen times; with room for what else the
# processor does, which is most of the time of a reader that is done in a blink.
WHOLE, GROWTH, NOISE = 100_000, 8, 0.03
TOKENS = (
    *("1 ", "$", "uf ", "no ", ",", "(", "[", "{{", "a", "a ", "\n", " ", "9", "1.", "de ", "si "),
    *("¿", "?", ". ", "\n\n", "á", "ñ ", "a@a.", "- ", "la ", "\t", "=", "'", "12/", "a-b", "y "),
    *("1 2 3 4 5 6 7 8 9 ", "el lunes ", "mil ", "en ", "the ", "soy ", "casa ", "por favor "),
    *("e\u0301", "\U0001f600", "\u200b", "\ufdfa", "\ud800", "\x00", "[[](", "9 1234 5678 "),
    *("puedo con ", "si tengo ", "persona ", "cual que ", "monto ", "mi mama ", "lo pienso "),
)
ASKED = (None, "income", "name", "timeline", "slot", "location", "dicom")
FOUND = readers.readers()


def name_of(reader: readers.Reader) -> str:
    return f"{reader.__module__}.{reader.__name__}"


def tokens_of(reader: readers.Reader) -> list[str]:
    """Those that hurt anybody, and near matches of the patterns of the reader's own module."""
    module = next(each for each in readers.modules() if each.__name__ == reader.__module__)
    near = (text for source in readers.patterns(module) for text in near_matches(source))
    return list(dict.fromkeys([*TOKENS, *islice(near, MOST_TOKENS)]))


def words(length: int) -> str:
    """No word twice: nothing is remembered from the one before."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    made = (f"{a}{b}{c}santiag " for a in "cksbvpmñ" for b in letters for c in letters)
    return "".join(islice(made, length // 11 + 1))[:length]


def seconds(work: Callable[[], object], allowed: float) -> float:
    """The CPU that it takes; tried again where it seems too long, as another may have had it."""
    return min(islice(_tries(work, allowed), 3))


def _tries(work: Callable[[], object], allowed: float) -> Iterator[float]:
    spent = allowed + 1
    while spent > allowed:
        gc.collect(0)
        started = time.process_time()
        with suppress(*REFUSALS):
            work()
        spent = time.process_time() - started
        yield spent


def of_length(token: str, length: int) -> str:
    return (token * (length // len(token) + 1))[:length]


def test_readers_are_found() -> None:
    found = {name_of(reader) for reader in FOUND}
    assert {
        *("leads.money.find_amounts", "llm.spanish.reading.understand", "leads.optout.asked"),
        *("llm.guards.credit.promised_credit", "leads.search.terms", "knowledge.splitting.split"),
        *("leads.phones.find_phone", "leads.storable.text", "llm.offline.asking.questions_in"),
    } <= found


@pytest.mark.parametrize("reader", FOUND, ids=name_of)
def test_no_text_takes_a_reader_long(reader: readers.Reader) -> None:
    texts = {token: of_length(token, LONGEST) for token in tokens_of(reader)}
    texts["words"] = words(LONGEST)
    spent = {
        token: seconds(partial(readers.read, reader, text), SHORT) for token, text in texts.items()
    }
    assert {token: took for token, took in spent.items() if took > SHORT} == {}
    worst = sorted(spent, key=lambda token: -spent[token])[:1]
    for token in worst:
        quarter, whole = long_text(token, WHOLE // 4), long_text(token, WHOLE)
        part = seconds(partial(readers.read, reader, quarter), LONG)
        allowed = min(LONG, GROWTH * part + NOISE)
        assert seconds(partial(readers.read, reader, whole), allowed) <= allowed, token


def long_text(token: str, length: int) -> str:
    return words(length) if token == "words" else of_length(token, length)


@pytest.mark.parametrize("asked", ASKED)
def test_no_message_takes_long_to_understand_whatever_was_asked(asked: str | None) -> None:
    for token in TOKENS:
        text = of_length(token, LONGEST)
        spent = seconds(lambda text=text: understand(text, now=readers.NOW, asked=asked), SHORT)
        assert spent <= SHORT, token


def test_one_long_sentence_of_an_agent_takes_no_time() -> None:
    sentence = "que cual opcion de horario de visita con la persona del equipo " * 60
    assert seconds(lambda: asked_in(sentence), SHORT) <= SHORT


def test_of_a_long_text_the_beginning_and_the_end_are_read() -> None:
    told = understand(
        f"busco depto en Ñuñoa. {'bla ' * 5000} gano 1.200.000 líquidos", now=readers.NOW
    ).facts
    assert (told.location, told.income.amount) == (("Ñuñoa",), 1_200_000)
    assert len(excerpt("x" * 99_999)) == LONGEST


@pytest.mark.parametrize(
    "text", ["ñandú Ñuñoa", "áéíóú ÜÏ", "e\u0301", "😀 “¿qué?”", "\ufdfa", "İ"]
)
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(clean(text))) == len(clean(text))
    assert fold("Ñuñoa, ¿cuánto?") == "nunoa, ¿cuanto?"
