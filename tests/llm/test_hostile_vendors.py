"""Whatever a vendor answers, in its own dialect: the lead gets an answer, and the rows say what happened."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from leads.models import Lead
from llm import gateway, vendors
from llm.models import LLMCall
from tests.fakes.server import Late, Scripted, Told
from tests.llm.dialects import CHAT, DIALECTS, GEMINI, Dialect

pytestmark = pytest.mark.django_db

GREETING = "Hola, soy Sofía, asistente virtual. ¿Qué buscas?"
SECOND_BEST = "Hola, soy Sofía, asistente virtual del segundo proveedor."
CAMILA = ("record_facts", {"name": "Camila Rojas"})
WRONG = ("record_facts", {"bedrooms": "muchos"})
QUOTED = (
    "No inventes propiedades, precios ni horas. No prometas aprobación, preaprobación ni crédito. "
    "No pidas RUT, claves ni datos bancarios."
)

Row = tuple[str, str, bool]
Story = Callable[..., tuple[Scripted, Scripted]]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "_pause", lambda _: 0.01)


@pytest.fixture(params=DIALECTS)
def first(request: Any) -> Dialect:
    return DIALECTS[request.param]


@pytest.fixture
def second(first: Dialect) -> Dialect:
    return GEMINI if first is not GEMINI else CHAT


@pytest.fixture
def story(first: Dialect, second: Dialect, settings: Any) -> Iterator[Story]:
    """The first vendor with these answers, and behind it a second that has a good one."""
    opened: list[Scripted] = []

    def story(*answers: Any, then: tuple[Any, ...] = ()) -> tuple[Scripted, Scripted]:
        one = first.serve(*answers).__enter__()
        two = second.serve(*(then or (second.fake.text(SECOND_BEST),))).__enter__()
        opened.extend((one, two))
        settings.LLM_MODEL = first.point(settings, one)
        settings.LLM_FALLBACK_MODEL = second.point(settings, two)
        for each in (first, second):
            vendors.model(each.spec)  # its library is imported once a process, for seconds
        return one, two

    yield story
    for server in opened:
        server.__exit__(None, None, None)


def rows() -> list[Row]:
    calls = LLMCall.objects.filter(call_type="turn").order_by("id")
    return [(call.provider, call.error, call.used_fallback) for call in calls]


def test_plain_text_is_the_reply_and_its_tokens_are_recorded(story, first, answer) -> None:
    story(first.fake.text(GREETING, cached_tokens=600))
    assert answer("hola")[1] == GREETING
    assert rows() == [(first.vendor, "", False)]
    call = LLMCall.objects.get()
    assert (call.cached_tokens, call.input_tokens > 600, call.output_tokens > 0) == (
        600, True, True,
    )  # fmt: skip
    assert call.estimated_cost_usd > 0


def test_a_tool_is_called_and_its_result_goes_back(story, first, answer) -> None:
    server, _ = story(first.fake.calls(CAMILA), first.fake.text(GREETING))
    assert answer("soy Camila Rojas")[1] == GREETING
    assert Lead.objects.get().name == "Camila Rojas"
    assert "qualification" in str(server.asked[1])
    assert rows() == [(first.vendor, "", False)] * 2


def test_parallel_calls_are_all_carried_out(story, first, answer) -> None:
    budget = ("record_facts", {"budget": {"amount": 4000, "currency": "UF"}})
    story(first.fake.calls(CAMILA, budget, words="Anoto."), first.fake.text(GREETING))
    answer("soy Camila Rojas, hasta 4000 UF")
    lead = Lead.objects.get()
    assert (lead.name, lead.metadata["budget"]["amount"]) == ("Camila Rojas", 4000)


def test_arguments_that_one_correction_helps_stay_with_the_vendor(story, first, answer) -> None:
    _, other = story(
        first.fake.calls(WRONG), first.fake.calls(CAMILA), first.fake.text(GREETING)
    )  # fmt: skip
    assert answer("soy Camila Rojas")[1] == GREETING
    assert Lead.objects.get().name == "Camila Rojas"
    assert other.asked == []


def test_arguments_that_stay_wrong_go_to_the_next(story, first, second, answer) -> None:
    story(first.fake.calls(WRONG), first.fake.calls(WRONG))
    assert answer("quiero muchos dormitorios")[1] == SECOND_BEST
    assert rows() == [
        (first.vendor, "", False),
        (first.vendor, "wrong_arguments", False),
        (second.vendor, "", True),
    ]


def test_calls_that_nobody_can_read_go_to_the_next(story, first, second, answer) -> None:
    story(first.fake.malformed())
    assert answer("hola")[1] == SECOND_BEST
    assert rows()[-1] == (second.vendor, "", True)
    assert rows()[-2][1] in ("malformed_call", "wrong_arguments")


ANSWERS = {
    "empty": (lambda fake: fake.empty(), "empty_text"),
    "filtered": (lambda fake: fake.filtered(), "content_filter|refusal"),
    "refused": (lambda fake: fake.refused(), "content_filter|refusal"),
    "cut": (lambda fake: fake.cut("Hola, soy Sofía, asist"), "cut_at_limit"),
    "refused in words": (
        lambda fake: fake.text("I'm sorry, but I can't assist with that."), "refusal",
    ),
    "call as text": (
        lambda fake: fake.text('record_facts({"name": "Camila"})'), "tool_call_as_text",
    ),
    "call in tags": (
        lambda fake: fake.text('<tool_call>{"name": "x"}</tool_call>'), "tool_call_as_text",
    ),
    "context": (lambda fake: fake.text('<contexto>{"zone": "America'), "context_quoted"),
    "prompt": (lambda fake: fake.text(f"Mis reglas: {QUOTED}"), "prompt_quoted"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_that_is_none_is_billed_named_and_replaced_by_the_next_models(
    story, first, second, answer, kind
) -> None:
    make, names = ANSWERS[kind]
    story(make(first.fake))
    assert answer("hola")[1] == SECOND_BEST
    (vendor, error, fell), last = rows()
    assert (vendor, fell, last) == (first.vendor, False, (second.vendor, "", True))
    assert error.split()[0] in names.split("|")
    spent = LLMCall.objects.earliest("id")
    assert spent.estimated_cost_usd > 0
    assert spent.input_tokens > 0


@pytest.mark.parametrize("status", [500, 503, 529])
def test_a_failing_vendor_is_asked_three_times(story, first, second, answer, status) -> None:
    server, _ = story(first.fake.failure(status))
    assert answer("hola")[1] == SECOND_BEST
    assert len(server.asked) == gateway.ATTEMPTS
    assert [error.split()[-1] for _, error, _ in rows()[:-1]] == [str(status)] * 3
    assert rows()[-1] == (second.vendor, "", True)


@pytest.mark.parametrize("status", [400, 401])
def test_a_vendor_that_declines_the_request_is_not_asked_again(
    story, first, second, answer, status
) -> None:
    server, _ = story(first.fake.failure(status))
    assert answer("hola")[1] == SECOND_BEST
    assert len(server.asked) == 1


def test_a_vendor_is_asked_again_when_it_said_to(story, first, answer) -> None:
    server, other = story(first.fake.failure(429, retry_after=1), first.fake.text(GREETING))
    started = time.monotonic()
    assert answer("hola")[1] == GREETING
    assert time.monotonic() - started >= 1
    assert (len(server.asked), other.asked) == (2, [])


def test_a_wait_that_does_not_fit_is_not_waited_for(story, first, second, answer) -> None:
    server, _ = story(first.fake.failure(429, retry_after=60))
    assert answer("hola")[1] == SECOND_BEST
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "rubbish",
    [
        Told(200, b"<html>maintenance</html>", content_type="text/html"),
        Told(200, b'{"un'),
        Told(200, b"{}"),
        Told(200, b"[]"),
        Told(204),
    ],
    ids=["html", "half", "nothing", "list", "no content"],
)
def test_bodies_that_are_no_answer_go_to_the_next(story, first, second, answer, rubbish) -> None:
    story(rubbish, rubbish, rubbish, first.fake.text("nunca"))
    assert answer("hola")[1] == SECOND_BEST
    assert rows()[0][1]
    assert rows()[-1] == (second.vendor, "", True)


def test_a_vendor_that_failed_is_not_asked_in_later_rounds_of_the_turn(
    story, first, second, answer
) -> None:
    one, two = story(
        first.fake.empty(),
        first.fake.text("nunca"),
        then=(second.fake.calls(CAMILA), second.fake.text(SECOND_BEST)),
    )
    assert answer("soy Camila Rojas")[1] == SECOND_BEST
    assert Lead.objects.get().name == "Camila Rojas"
    assert (len(one.asked), len(two.asked)) == (1, 2)


def test_one_that_fails_after_its_tools_ran_hands_the_rest_to_the_next(
    story, first, second, answer
) -> None:
    _, two = story(first.fake.calls(CAMILA), first.fake.failure(400))
    assert answer("soy Camila Rojas")[1] == SECOND_BEST
    assert Lead.objects.get().name == "Camila Rojas"
    assert "qualification" in str(two.asked[0])


def test_the_next_turn_asks_the_first_again(story, first, answer) -> None:
    server, _ = story(first.fake.empty(), first.fake.text(GREETING))
    answer("hola")
    assert answer("¿estás?", minute=1)[1] == GREETING
    assert len(server.asked) == 2


def test_with_every_vendor_answering_rubbish_the_rules_answer(story, first, second, answer) -> None:
    story(first.fake.empty(), then=(second.fake.cut("Ho"),))
    assert "asistente virtual" in answer("hola")[1]
    assert [row[0] for row in rows()] == [first.vendor, second.vendor, "offline"]
    assert rows()[-1][2] is True


def seconds(call: LLMCall, since: float) -> float:
    return call.created_at.timestamp() - since


def test_the_story_of_a_turn_whose_first_vendor_hangs_fails_and_answers_rubbish(
    story, first, second, answer, settings
) -> None:
    """In less than the usual seconds: 18 a turn, the second vendor asked before 8 are over."""
    settings.LLM_TURN_SECONDS, settings.LLM_REQUEST_TIMEOUT_SECONDS = 18.0, 4.0
    story(Late(19), first.fake.failure(503), first.fake.text('{"name": "record_facts"}'))
    started = time.time()
    assert answer("hola")[1] == SECOND_BEST
    assert time.time() - started < 18
    hung, failed, rubbish, answered = LLMCall.objects.order_by("id")
    assert len({call.trace_id for call in (hung, failed, rubbish, answered)}) == 1
    assert (hung.error, hung.attempt, hung.used_fallback) == ("TimeoutError", 1, False)
    assert hung.latency_ms > 3900
    assert (failed.error.split()[-1], failed.attempt) == ("503", 2)
    assert (rubbish.error, rubbish.attempt) == ("tool_call_as_text", 3)
    assert (answered.provider, answered.error) == (second.vendor, "")
    assert (answered.attempt, answered.used_fallback) == (1, True)
    assert seconds(answered, started) < 8


@pytest.mark.parametrize("first", [GEMINI], ids=["gemini"])
def test_where_all_hang_each_is_asked_in_its_share_and_the_rules_answer_in_time(
    story, first, second, answer, settings
) -> None:
    settings.LLM_TURN_SECONDS, settings.LLM_REQUEST_TIMEOUT_SECONDS = 12.0, 4.0
    story(Late(13), then=(Late(13),))
    started = time.time()
    assert "asistente virtual" in answer("hola")[1]
    assert time.time() - started < 14
    calls = list(LLMCall.objects.order_by("id"))
    assert (calls[0].provider, calls[-1].provider) == (first.vendor, "offline")
    assert seconds(next(c for c in calls if c.provider == second.vendor), started) < 12 * 20 / 45
    assert {call.error for call in calls[:-1]} == {"TimeoutError"}
