"""The intents' model: what it is sure of, when it abstains, and that it is its examples' own."""

from collections import Counter
from time import process_time

import pytest

from leads.intents import classifier, guess, training
from leads.intents.features import BUCKETS, places, sentences

FEWEST, LARGEST, SLOWEST_MS = 2_500, 2 * 1024 * 1024, 1.0
UNSEEN = {
    "opt_out": ["ya no me manden mas cosas porfa", "sáquenme de su lista de contactos"],
    "wants_cancel": ["voy a tener que cancelar la visita del jueves", "no voy a poder ir mañana"],
    "wants_reschedule": ["se puede cambiar la hora para el lunes?"],
    "complaint": ["me cobraron dos veces los gastos", "el corredor nunca llegó a la visita"],
    "wants_human": ["prefiero que me atienda una persona de verdad"],
    "running_late": ["voy como 20 minutos atrasada"],
    "wants_to_sell": ["tengo un depto en venta y busco corredor"],
    "facts": ["busco depto de 2 dormitorios en macul", "gano 950 lucas liquidas"],
}


@pytest.mark.parametrize(
    ("intent", "text"), [(intent, text) for intent, texts in UNSEEN.items() for text in texts]
)
def test_is_sure_of_what_the_examples_show(intent: str, text: str) -> None:
    scores = {name: score for name, score in guess(text).scores.items() if name != "needs_person"}
    assert max(scores, key=lambda name: scores[name]) == intent


@pytest.mark.parametrize("text", ["", "zxcv qwrt", "...", "лорем"])
def test_abstains_where_no_example_is_like_it(text: str) -> None:
    assert not guess(text).sure


def test_a_sentence_among_others_is_found() -> None:
    long = "Hola, busco una casa en Colina. Gano dos millones. " * 2 + "No me escriban más."
    assert "opt_out" in guess(long).possible


def test_the_file_is_made_from_the_examples_and_the_code_as_they_are() -> None:
    assert classifier.load().hash == training.hash_of(), "run manage.py train_intents"


def test_the_same_examples_give_the_same_bytes() -> None:
    few = [each for each in training.read_examples() if each.intents & {"thanks", "greeting"}]
    assert training.train(few)[0] == training.train(few)[0]


def test_there_are_enough_examples_of_every_intent() -> None:
    examples = training.read_examples()
    counts = Counter(intent for each in examples for intent in each.intents)
    assert len(examples) >= FEWEST
    assert min(counts.values()) >= 20
    assert set(counts) == set(classifier.load().intents)


def test_the_file_is_small() -> None:
    assert classifier.MODEL.stat().st_size < LARGEST


def test_places_lie_in_the_table_once_each() -> None:
    found = places(sentences("Holaaaa, ¿cuánto vale?")[0])
    assert found == sorted(set(found))
    assert set(found) <= set(range(BUCKETS))


def test_a_message_costs_less_than_a_millisecond() -> None:
    texts = [each.text for each in training.read_examples()[:500]]
    guess("una vez, para que esté leído")
    before = process_time()
    for text in texts:
        guess(f"{text} ")
    assert (process_time() - before) / len(texts) * 1_000 < SLOWEST_MS
