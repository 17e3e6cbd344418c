"""Replays: real conversations held again with another text, side by side with what was said."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, BrokerPromptConfig, User
from leads import outbox
from leads.models import ChatMessage, Lead
from llm import tools
from llm.conversation import take_turn
from llm.desk import estimating, replaying, script, versions
from llm.desk.replaying import AtWork, NothingToReplay, TooDear
from llm.models import LLMCall, PromptReplay, ReplayedConversation, ReplayState
from llm.tasks import sweep_replays
from llm.tools import Turn
from tests.factories import LLMCallFactory
from tests.fakes import gemini
from tests.llm.dialects import GEMINI

MINUTE = timedelta(minutes=1)


@pytest.fixture
def config(broker: Broker) -> BrokerPromptConfig:
    config: BrokerPromptConfig = broker.brokerpromptconfig
    return config


@pytest.fixture
def talk(write: Any, at: datetime) -> Any:
    """Two leads who wrote and were answered."""

    def talk(*texts: str, visitor: str = "camila") -> Lead:
        for minute, text in enumerate(texts):
            message = write(text, minute=minute, visitor=visitor)
            moment = at + MINUTE * minute + timedelta(seconds=10)
            take_turn(message.lead.conversation.pk, at=moment)
        return message.lead

    return talk


def asked(config: BrokerPromptConfig, at: datetime, **changes: Any) -> PromptReplay:
    given = {**versions.draft_of(config), **changes}
    return replaying.ask(config, given, count=10, by=None, at=at)


def done(replay: PromptReplay) -> PromptReplay:
    while replaying.work(replay.pk, seconds=60):
        pass
    replay.refresh_from_db()
    return replay


def test_conversations_are_held_again_and_compared_with_what_was_said(
    db: None, config: BrokerPromptConfig, talk: Any, at: datetime, hours: None
) -> None:
    lead = talk("Hola, busco depto en Ñuñoa", "me llamo Camila Rojas")
    talk("quiero hablar con una persona", visitor="luis")
    before = [ChatMessage.objects.count(), Lead.objects.count(), LLMCall.objects.count()]
    replay = done(asked(config, at))
    assert (replay.state, replay.done, replay.total) == (ReplayState.DONE, 2, 2)
    assert [ChatMessage.objects.count(), Lead.objects.count(), LLMCall.objects.count()] == before
    held = replay.conversations.get(lead=lead)
    first, second = held.exchanges
    assert first["texts"] == ["Hola, busco depto en Ñuñoa"]
    assert first["then"]["replies"][0][1] == first["now"]["replies"][0]
    assert any(each.startswith("Anotó datos del lead") for each in second["now"]["deeds"])
    assert any(each.startswith("Datos registrados") for each in second["then"]["deeds"])
    assert held.figures["facts"] == [3, 3]
    assert replay.result["handed_over"] == [1, 1]
    assert (replay.result["conversations"], replay.result["turns"]) == (2, 3)
    assert replay.result["differ"] == 0
    assert replay.result["cost"] == [0, 0]


def test_a_persons_answer_then_stands_beside_the_assistants_now(
    db: None, config: BrokerPromptConfig, write: Any, admin: User, at: datetime
) -> None:
    lead = write("Hola, ¿tienen algo en Ñuñoa?").lead
    outbox.queue(
        lead,
        text="Sí, le escribo en seguida.",
        author="user",
        purpose="human",
        sent_by=admin,
        at=at,
    )
    replay = done(asked(config, at))
    (exchange,) = replay.conversations.get().exchanges
    assert (
        exchange["then"]["replies"] == [["Persona", "Sí, le escribo en seguida."]]
        or (exchange["then"]["replies"][0][0])
    )
    assert exchange["differs"]


def test_of_a_long_conversation_the_beginning_is_held_again(
    db: None, write: Any, at: datetime
) -> None:
    for minute in range(script.MOST_MESSAGES + 2):
        lead = write(f"mensaje {minute}", minute=minute).lead
    told = script.of(lead)
    assert told is not None
    assert (len(told.bursts), len(told.bursts[0].texts), told.is_cut) == (1, 20, True)


def test_one_replay_at_a_time_and_none_of_nothing(
    db: None, config: BrokerPromptConfig, talk: Any, at: datetime
) -> None:
    with pytest.raises(NothingToReplay):
        asked(config, at)
    talk("Hola")
    first = asked(config, at)
    with pytest.raises(AtWork):
        asked(config, at)
    replaying.stop(first, at=at)
    assert not replaying.work(first.pk, seconds=60)
    assert asked(config, at).state == ReplayState.PENDING


def test_what_a_killed_worker_left_is_gone_on_with(
    db: None, config: BrokerPromptConfig, talk: Any, at: datetime
) -> None:
    for visitor in ("camila", "luis", "rosa"):
        talk("Hola", visitor=visitor)
    replay = asked(config, at)
    assert replaying.work(replay.pk, seconds=-1)  # its time was over before the first one
    replay.refresh_from_db()
    late = at + replaying.LEASE + MINUTE
    PromptReplay.objects.filter(pk=replay.pk).update(lease_until=at + replaying.LEASE)
    assert replaying.due(at=at) == []
    assert sweep_replays(late.isoformat()) == 1
    PromptReplay.objects.filter(pk=replay.pk).update(lease_until=None, state="running")
    assert done(replay).conversations.count() == 3
    assert ReplayedConversation.objects.values("lead").distinct().count() == 3


def test_one_that_kills_its_worker_again_and_again_is_given_up(
    db: None, config: BrokerPromptConfig, talk: Any, at: datetime
) -> None:
    talk("Hola")
    replay = asked(config, at)
    PromptReplay.objects.filter(pk=replay.pk).update(attempts=replaying.MAX_ATTEMPTS)
    assert not replaying.work(replay.pk, seconds=60)
    replay.refresh_from_db()
    assert (replay.state, replay.error) == (ReplayState.FAILED, "gave_up")


def test_a_conversation_that_cannot_be_held_leaves_the_others(
    db: None,
    config: BrokerPromptConfig,
    talk: Any,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for visitor in ("camila", "luis", "rosa"):
        talk(f"Hola, soy {visitor.title()} Soto", visitor=visitor)

    def fails(turn: Turn) -> dict[str, Any]:
        if "Luis" in turn.question:
            raise ValueError(turn.question)
        return {}

    monkeypatch.setitem(tools._providers, "odd", fails)
    replay = done(asked(config, at))
    assert (replay.state, replay.error, replay.done) == (ReplayState.DONE, "some_failed", 3)
    assert replay.conversations.count() == replay.result["conversations"] == 2
    assert "ValueError" in caplog.text
    assert "Luis" not in caplog.text


def test_a_draft_that_becomes_a_version_keeps_its_replays(
    db: None, config: BrokerPromptConfig, talk: Any, at: datetime, admin: User
) -> None:
    talk("Hola")
    given = {**versions.draft_of(config), "restrictions": "No hables de política."}
    replay = replaying.ask(config, given, count=10, by=admin, at=at)
    assert replay.version is None
    version = versions.save(config, given, notes="x", by=admin)
    assert list(version.replays.all()) == [replay]


def test_peoples_words_go_after_three_months_and_the_totals_stay(
    db: None, config: BrokerPromptConfig, talk: Any, at: datetime
) -> None:
    talk("Hola")
    replay = done(asked(config, at))
    made = replay.conversations.get().created_at
    assert replaying.forget(at=made + replaying.KEPT - MINUTE) == 0
    assert replaying.forget(at=made + replaying.KEPT + MINUTE) == 1
    replay.refresh_from_db()
    assert replay.result["conversations"] == 1


def test_the_cost_is_told_before_by_what_turns_took_and_the_first_models_price(
    db: None, config: BrokerPromptConfig, talk: Any, settings: Any, at: datetime
) -> None:
    lead = talk("Hola", "busco en Ñuñoa")
    assert estimating.of(config, [lead.pk], at=at).cost_usd == 0
    settings.GEMINI_API_KEY, settings.LLM_MODEL = "key", "google:gemini-2.5-flash"
    used = {"provider": "google", "model": "gemini-2.5-flash", "input_tokens": 1_000_000}
    LLMCallFactory(broker=config.broker, created_at=at, **used)
    told = estimating.of(config, [lead.pk], at=at)
    assert (told.turns, round(float(told.cost_usd or 0), 2)) == (2, 0.60)
    config.monthly_llm_budget_usd = 0.5
    config.save()
    with pytest.raises(TooDear):
        asked(config, at)
    settings.LLM_MODEL = "google:model-of-tomorrow"
    assert estimating.of(config, [lead.pk], at=at).cost_usd is None


def test_the_pages_tell_the_cost_start_it_show_it_and_stop_it(
    db: None, config: BrokerPromptConfig, talk: Any, admin: User, client: Client
) -> None:
    client.force_login(admin)
    talk("Hola, busco en Ñuñoa")
    start = reverse("admin:llm_promptversion_replay")
    assert "sin costo" in client.get(start).content.decode()
    page = client.post(start, {"count": "10"}).url
    replay = PromptReplay.objects.get()
    assert client.post(start, {"count": "10"}).status_code == 200
    assert PromptReplay.objects.count() == 1
    progress = reverse("admin:llm_promptreplay_progress", args=[replay.pk])
    assert client.get(progress).json() == {"state": "pending", "percent": 0, "told": "0 / 1"}
    done(replay)
    shown = client.get(page).content.decode()
    assert "Hola, busco en Ñuñoa" in shown
    assert "Antes" in shown
    stop = reverse("admin:llm_promptreplay_stop", args=[replay.pk])
    assert client.post(stop).status_code == 302
    replay.refresh_from_db()
    assert replay.state == ReplayState.DONE


@pytest.mark.django_db(transaction=True)
def test_a_replay_ends_where_the_months_budget_does(
    settings: Any, config: BrokerPromptConfig, talk: Any, at: datetime
) -> None:
    for visitor in ("camila", "luis"):
        talk("Hola", visitor=visitor)
    with GEMINI.serve(gemini.text("Soy asistente virtual. ¿Qué buscas?")) as server:
        settings.LLM_MODEL = GEMINI.point(settings, server)
        replay = asked(config, at)
        assert replaying.work(replay.pk, seconds=0.0001)
        held = replay.conversations.count()
        BrokerPromptConfig.objects.filter(pk=config.pk).update(monthly_llm_budget_usd=0)
        replay = done(replay)
    assert (replay.state, replay.error) == (ReplayState.STOPPED, "over_budget")
    assert replay.result["conversations"] == replay.conversations.count() == held
    spent = LLMCall.objects.exclude(provider="offline")
    assert [call.call_type for call in spent] == ["trial"] * len(server.asked)
