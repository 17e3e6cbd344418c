"""What the offline model does next: visits first, one question where unsure, a person in time."""

import re

import pytest

from leads.languages import LANGUAGES, language_of
from llm.offline.phrases import Spanish
from llm.offline.phrases_formal import Formal
from llm.offline.wording import ALL, WORDS, Words
from llm.spanish import asked_in
from tests.llm.test_offline import KNOWN, VISIT, known_but
from tests.llm.world import SLOTS, World

MOVES = {"reschedule_visit", "cancel_visit"}


@pytest.mark.parametrize(
    "text",
    [
        "hola quiero ver el depto de plaza ñuñoa",
        "mañana temprano",
        "el finde puedo",
        "después de la pega se puede?",
        "me lo muestran el jueves?",
        "puedo el viernes en la tarde",
        "agendemos para verlo",
        "Can I see it on Thursday?",
        "posso visitar amanhã?",
    ],
)
def test_who_asks_to_see_it_or_names_a_day_gets_hours_at_once(text: str) -> None:
    world = World()
    answer = world.say(text)
    assert world.called("find_slots") >= 1
    assert asked_in(answer) == "slot"


@pytest.mark.parametrize(
    "text", ["gano 900 lucas y el 5 me pagan", "busco para marzo", "te confirmo mañana"]
)
def test_another_day_than_that_of_a_visit_offers_nothing(text: str) -> None:
    world = World()
    world.say(text)
    assert world.called("find_slots") == 0


@pytest.mark.parametrize(
    ("text", "offer"),
    [
        ("la de las 11", 7),
        ("la segunda", 8),
        ("el viernes entonces", 9),
        ("la última", 9),
        ("cualquiera", 7),
        ("the second one please", 8),
        ("the last one", 9),
        ("Friday works", 9),
    ],
)
def test_an_hour_is_chosen_in_words(text: str, offer: int) -> None:
    world = World(offers=list(SLOTS))
    world.say("quiero ver la casa")
    answer = world.say(text)
    assert world.args_of("book_visit") == {"offer_id": offer}
    assert asked_in(answer) == "name"


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("¿lo podemos correr para el jueves?", "find_slots"),
        ("no voy a poder", "cancel_visit"),
        ("can we move it to Friday?", "find_slots"),
    ],
)
def test_the_visit_that_stands_is_moved_or_cancelled(text: str, tool: str) -> None:
    world = World(known=dict(KNOWN), appointment=VISIT, more_tools=MOVES)
    world.say(text)
    assert world.called(tool) == 1


@pytest.mark.parametrize(
    "text", ["¿era a las 5?", "voy 15 min atrasado", "ahí estaré", "a que hora era la visita"]
)
def test_who_asks_about_the_visit_or_is_on_the_way_is_told_when_it_is(text: str) -> None:
    world = World(known=dict(KNOWN), appointment=VISIT, more_tools=MOVES)
    assert VISIT["label"] in world.say(text)
    assert world.calls == []


@pytest.mark.parametrize(
    "text",
    [
        "me cobraron dos veces",
        "el agente nunca llegó",
        "se llueve el baño",
        "the agent never showed up",
        "o corretor não apareceu",
    ],
)
def test_a_complaint_is_a_persons_at_once_and_no_sale(text: str) -> None:
    world = World()
    answer = world.say(text)
    assert world.args_of("request_human")["reason"] == "complaint"
    assert "?" not in answer


def test_what_may_be_a_cancellation_is_asked_about_before_it_is_one() -> None:
    world = World(known=dict(KNOWN), appointment=VISIT, more_tools=MOVES)
    answer = world.say("complicada la cosa para ir")
    assert answer.count("?") == 1
    assert world.called("cancel_visit") == 0


@pytest.mark.parametrize("text", ["ofrezco servicios de aseo", "están contratando gente?"])
def test_who_wants_work_or_sells_to_us_is_asked_nothing(text: str) -> None:
    assert "?" not in World().say(text)


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            ("Hi, I'm looking for an apartment", "my name is John Smith", "Thanks, that is all"),
        ),
        ("pt", ("Olá, procuro um apartamento", "meu nome é Paulo Souza", "não sei ainda")),
    ],
)
def test_the_whole_reply_is_in_the_language_of_the_lead(
    language: str, texts: tuple[str, ...]
) -> None:
    world = World()
    for text in texts:
        answer = world.say(text)
        assert language_of(answer) == language
        assert "¿" not in answer


def test_every_text_has_its_words_in_every_language() -> None:
    names = {name for name in vars(Spanish) if name.isupper()}
    for language in LANGUAGES[1:]:
        assert {name for name in vars(WORDS[language]) if name.isupper()} == names


@pytest.mark.parametrize("words", ALL)
def test_what_is_asked_is_known_again_when_it_is_answered(words: Words) -> None:
    for name, texts in words.ASK.items():
        for text in (*texts, words.ASK_AGAIN[name]):
            assert asked_in(text) == name


def test_a_fact_that_is_asked_for_again_is_asked_in_other_words() -> None:
    for words in ALL:
        assert not set(words.ASK_AGAIN.values()) & {
            text for texts in words.ASK.values() for text in texts
        }


def test_nobody_is_thanked_twice_for_one_thing() -> None:
    world = World(known=known_but("dicom", "income", "timeline"))
    assert world.say("gano 1.2 palos pero debo 300 lucas en dicom").lower().count("gracias") <= 1


@pytest.mark.parametrize(
    ("text", "formal"),
    [
        ("Buenas tardes, quisiera consultar si usted tiene casas en Maipú", True),
        ("Estimada, muy buenas tardes, busco una casa en Maipú", True),
        ("hola tienes deptos en ñuñoa?", False),
        ("busco casa en maipu", False),
    ],
)
def test_who_writes_usted_is_answered_so(text: str, formal: bool) -> None:
    world = World(known=known_but("dicom", "income", "timeline"))
    answer = world.say(text) + world.say("ya")
    assert ("Buenas, soy Sofía" in answer) is formal
    assert bool(re.search(r"\b(?:tú|te|tu|tienes|quieres)\b", answer)) is not formal


def test_the_formal_words_never_say_tu() -> None:
    said = re.findall(r"[^\W\d_]+", str({name: getattr(Formal, name) for name in vars(Formal)}))
    assert not {"tú", "tu", "te", "ti", "contigo", "quieres", "tienes"} & set(said)


@pytest.mark.parametrize(
    ("text", "kind"), [("voy 15 min atrasado", "late"), ("ahí estaré", "coming")]
)
def test_the_agent_hears_of_who_comes_late_or_will_come(text: str, kind: str) -> None:
    world = World(known=dict(KNOWN), appointment=VISIT, more_tools={*MOVES, "tell_agent"})
    world.say(text)
    assert world.args_of("tell_agent") == {"kind": kind, "words": text}
