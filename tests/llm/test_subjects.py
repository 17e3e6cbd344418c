"""What questions ask for: found in other words than the examples', and left alone where it is unclear."""

from collections import Counter
from time import process_time

import pytest

from llm.offline.answering import Answering
from llm.offline.asking import questions_in
from llm.offline.policies import is_policy
from llm.offline.subjects import asked_for, classifier, training
from tests.llm.test_answering import answering

FEWEST, LARGEST = 24, 4 * 1024 * 1024
UNSEEN = {
    "price": ["oye y a cuanto la tienen esa casita", "cuanto piden x el dpto xfa"],
    "bathrooms": ["somos 5 un baño no nos da cuantos tiene"],
    "m2": ["ahi dice 48 m2 son utiles o totales"],
    "floor": ["el de los alerces en que piso esta"],
    "orientation": ["y pa donde da ese depto"],
    "beach": ["a cuanto queda del mar a pie"],
    "parking": ["caben 3 autos ahi"],
    "delivery": ["ta listo pa irse a vivir"],
    "reserve_refund": ["y si el banco me rechaza pierdo la plata de la reserva"],
    "down_payment": ["ola cuanto de pie piden mas o menos"],
    "commission": ["ustedes le cobran comision al q compra"],
    "income_together": ["se puede juntar mi sueldo con el de mi pareja sin casarnos"],
    "evaluation_cost": ["una ultima la evaluacion del credito la cobran"],
    "visit_duration": ["y dura mucho la visita"],
    "office_address": ["donde quedan ustedes"],
}
NOT_SURE = [
    "busco casa con patio y piscina",
    "somos 4 con los niños y el presupuesto es 7500 uf",
    "gracias muy amable",
    "tengo dos perros y un gato",
    "trabajo con boletas hace 3 años",
    "la piscina es temperada",
    "hay aire acondicionado",
    "zxcv qwrt",
    "",
]


@pytest.mark.parametrize(
    ("subject", "text"), [(name, text) for name, texts in UNSEEN.items() for text in texts]
)
def test_a_subject_is_found_in_other_words(subject: str, text: str) -> None:
    assert asked_for(text) == subject


@pytest.mark.parametrize("text", NOT_SURE)
def test_statements_and_finer_points_are_left_alone(text: str) -> None:
    assert asked_for(text) == ""


def test_questions_without_a_mark_are_found_and_two_of_a_sentence_are_two() -> None:
    found = questions_in("el de los robles que calefaccion tiene y caben 2 autos")
    assert [each.guess for each in found] == ["heating", "parking"]


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("holi cuantos baños tiene? somos 5", "AP-112", "2 baños"),
        ("ola cuanto piden de pie normalmente", "", "20 %"),
        ("una duda, ustedes le cobran comision al comprador?", "", "2 %"),
        ("se puede juntar mi renta con la de mi pareja", "", "complementar renta"),
    ],
)
def test_words_around_a_question_do_not_hide_its_answer(
    text: str, code: str, expected: str
) -> None:
    found: Answering = answering(text, code)
    assert expected in found.text


def test_the_file_is_made_from_the_examples_and_the_code_as_they_are() -> None:
    assert classifier.load(classifier.MODEL).hash == training.hash_of(), (
        "run manage.py train_subjects"
    )


def test_every_subject_has_examples_and_every_policy_is_one() -> None:
    counts = Counter(name for each in training.read_examples() for name in each.intents)
    assert min(counts.values()) >= FEWEST
    assert set(counts) == set(classifier.load(classifier.MODEL).intents)
    assert sum(map(is_policy, counts)) > 30


def test_the_file_is_small_and_a_long_message_costs_little() -> None:
    assert classifier.MODEL.stat().st_size < LARGEST
    questions_in("una vez, para que esté leído")
    before = process_time()
    questions_in("y cuanto, e cuanto y " * 400)
    assert process_time() - before < 0.25
