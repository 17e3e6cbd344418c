"""The test chat: real turns with a draft, of which nothing is sent, booked or stored."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, BrokerPromptConfig, User
from crm import rehearsal
from knowledge.models import KnowledgeGap
from leads import words
from leads.models import Lead
from llm import prompts
from llm.desk import chat, sandbox, situations, telling
from llm.desk.chat import Chat, Outdated, TooLong
from llm.models import LLMCall, PromptVersion
from llm.tools import tools
from scheduling.models import Appointment, AvailabilitySlot
from tests.fakes import gemini
from tests.llm.dialects import GEMINI

TRY = "admin:llm_promptversion_try"


def rows() -> dict[str, int]:
    models = [model for model in apps.get_models() if model._meta.managed]
    return {model._meta.label: model._base_manager.count() for model in models}


def test_a_visit_is_found_chosen_and_booked_over_several_turns_and_nothing_of_it_stays(
    db: None, hours: None, version: PromptVersion, at: datetime
) -> None:
    before = rows()
    said, so_far = chat.say(version, Chat("known"), "¿Puedo visitar uno esta semana?", at=at)
    assert [each.name for each in said.deeds] == ["find_slots"]
    assert said.turn is not None
    second = said.turn.choices[1]["label"]
    later = at + timedelta(minutes=2)
    said, so_far = chat.say(version, so_far, "la 2", at=later)
    (booked,) = (each.answer for each in said.deeds if each.name == "book_visit")
    assert (booked["booked"], booked["label"]) == (True, second)
    assert rows() == before
    later += timedelta(minutes=2)
    said, so_far = chat.say(version, so_far, "¿a qué hora era mi visita?", at=later)
    assert second in " ".join(said.replies)
    assert len(so_far.exchanges) == 3
    assert rows() == before


@pytest.mark.parametrize("key", sorted(situations.situations()))
def test_every_lead_that_may_be_chosen_writes_and_is_answered(
    db: None, hours: None, version: PromptVersion, at: datetime, key: str
) -> None:
    said, _ = chat.say(version, Chat(key), "Hola, ¿cómo sigue lo mío?", at=at)
    assert said.replies
    assert said.turn is not None
    context = said.turn.context
    assert (context["appointment"] is not None) == (key == "visit")
    assert ("dicom" in context["known"]) == (key != "new")
    assert Lead.objects.count() == Appointment.objects.count() == 0


def test_what_is_tried_is_the_text_on_the_page(broker: Broker, db: None, at: datetime) -> None:
    text = "Eres Elena."
    version = PromptVersion(broker=broker, content=text)
    said, _ = chat.say(version, Chat(), "hola", at=at)
    assert said.turn is not None
    assert (said.turn.prompt, said.cost_usd) == (text, Decimal(0))


def test_a_chat_of_another_broker_an_old_or_a_forged_one_is_not_gone_on_with(
    broker: Broker, rival: Broker
) -> None:
    signed = Chat("known").sign(broker.pk)
    assert chat.read(signed, broker.pk, "new") == Chat("known")
    assert chat.read("", broker.pk, "nobody") == Chat("new")
    for wrong, owner in ((signed, rival.pk), (signed + "x", broker.pk), ("x", broker.pk)):
        with pytest.raises(Outdated):
            chat.read(wrong, owner, "new")


def test_a_chat_has_an_end(version: PromptVersion, db: None, at: datetime) -> None:
    long = Chat("new", (chat.Exchange("hola", "hola", at.isoformat()),) * chat.MOST_TURNS)
    with pytest.raises(TooLong):
        chat.say(version, long, "hola", at=at)


def test_the_screen_tries_the_texts_that_it_shows_and_tells_in_words_what_was_done(
    db: None, client: Client, admin: User, hours: None
) -> None:
    client.force_login(admin)
    given = {**prompts.draft(admin.broker.brokerpromptconfig), "situation_handlers": ""}
    sent = {**given, "restrictions": "No hables de política.", "situation": "new"}
    first = client.post(reverse(TRY), {**sent, "text": "Soy Camila, busco en Ñuñoa"}).json()
    assert "No hables de política." in first["html"]
    assert "Anotó datos del lead" in first["html"]
    for machine in ("record_facts", "agent_name", "missing", "booking_enabled", "{&#x27;"):
        behind = first["html"].partition("Qué instrucciones recibió")[0]
        assert machine not in behind
    second = client.post(reverse(TRY), {**sent, "text": "¿y hoy?", "chat": first["chat"]})
    assert second.status_code == 200
    assert client.post(reverse(TRY), {**sent, "text": " "}).status_code == 400
    assert client.post(reverse(TRY), {**sent, "text": "a", "chat": "x"}).status_code == 400
    assert client.get(reverse(TRY)).status_code == 404
    assert BrokerPromptConfig.objects.get(broker=admin.broker).restrictions != sent["restrictions"]
    assert not PromptVersion.objects.exists()


def test_agents_try_nothing(db: None, client: Client, agent: User) -> None:
    client.force_login(agent)
    assert client.post(reverse(TRY), {"text": "hola"}).status_code == 403


def test_every_tool_and_everything_that_a_turn_is_told_has_words(
    db: None, hours: None, version: PromptVersion, at: datetime
) -> None:
    assert {tool.name for tool in tools()} <= telling.TOOLS.keys()
    said, _ = chat.say(version, Chat("visit"), "¿Aceptan mascotas?", at=at)
    assert said.turn is not None
    named = telling.LABELS.keys() | telling.UNTOLD | words.FACTS.keys()
    assert said.turn.context.keys() <= named
    arguments = {name for tool in tools() for name in tool.arguments.model_fields}
    assert arguments <= named


# --- With a vendor: money is spent, whatever is undone -------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_what_a_vendor_was_paid_stays_as_a_trial_and_names_no_lead(
    settings, broker: Broker, at: datetime
) -> None:
    version = PromptVersion(broker=broker, content="Eres Sofía.")
    with GEMINI.serve(gemini.text("Soy Sofía, asistente virtual. ¿Qué buscas?")) as server:
        settings.LLM_MODEL = GEMINI.point(settings, server)
        said, so_far = chat.say(version, Chat(), "hola", at=at)
        asked = len(server.asked)
        again, _ = chat.say(version, so_far, "en Ñuñoa", at=at)
        assert len(server.asked) == asked + 1  # the first message was not asked again
    calls = list(LLMCall.objects.filter(broker=broker))
    assert {(call.call_type, call.lead, call.message) for call in calls} == {("trial", None, None)}
    assert said.cost_usd == calls[-1].estimated_cost_usd
    assert said.models == ["google:gemini-3.8-flash"]
    assert again.replies
    assert not Lead.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_is_over_budget_is_told_so(settings, broker: Broker, at: datetime) -> None:
    BrokerPromptConfig.objects.filter(broker=broker).update(monthly_llm_budget_usd=0)
    version = PromptVersion(broker=broker, content="Eres Sofía.")
    with GEMINI.serve(gemini.text("Hola")) as server:
        settings.LLM_MODEL = GEMINI.point(settings, server)
        said, _ = chat.say(version, Chat(), "hola", at=at)
        assert (server.asked, said.is_over_budget) == ([], True)
    assert not LLMCall.objects.exists()


@transaction.atomic
def locked_at_once(model: type[Model]) -> int:
    """As whoever changes such a row locks it; raises where somebody else has one."""
    rows = model._default_manager.select_for_update(of=("self",), no_key=True, nowait=True)
    return len(rows.order_by("pk"))


@pytest.mark.django_db(transaction=True)
def test_a_trial_holds_nothing_that_real_leads_wait_for(
    broker: Broker, agent: User, at: datetime
) -> None:
    """While its model thinks, the brokerage books, takes on leads and pays for answers."""
    for weekday in range(7):
        AvailabilitySlot.objects.create(
            broker=broker, agent=agent, weekday=weekday, start_time="09:00", end_time="18:00"
        )
    version = PromptVersion(broker=broker, content="Eres Sofía.")
    visit = situations.situations()["visit"]
    with sandbox.opened(version, situation=visit, at=at) as held:
        held.write(["Hola, ¿puedo verlo mañana?", "¿aceptan iguanas en el edificio?"], at=at)
        for model in (Broker, User, BrokerPromptConfig):
            assert rehearsal.apart(lambda model=model: locked_at_once(model))
        assert rehearsal.apart(lambda: Lead.objects.count()) == 0
        assert not KnowledgeGap.objects.exists()  # a row of its own would keep real ones waiting
    assert Lead.objects.count() == 0
