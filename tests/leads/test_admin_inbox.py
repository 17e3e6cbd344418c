"""The inbox screen, as an admin, an agent and a stranger use it."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from brokers.models import Broker, User
from leads import handoff, reading
from leads.enums import HandoffReason, Holder
from leads.models import Attachment, ChatMessage, Conversation, Lead
from tests.api import signed_in as signed_in_api
from tests.factories import (
    AttachmentFactory,
    ChannelIdentityFactory,
    ChatMessageFactory,
    ConversationFactory,
    LeadFactory,
)

SCREEN = reverse("admin:leads_conversation_inbox")
CHANGES = reverse("admin:leads_conversation_inbox_changes")
KEY = "6f1d2c1e-1f64-4a52-9a5e-0b1f0f6f7a11"


def act(client: Client, name: str, conversation: Conversation, **data: Any) -> Any:
    url = reverse(f"admin:leads_conversation_inbox_{name}", args=[conversation.pk])
    return client.post(url, data, headers={"accept": "application/json"})


def names(response: Any) -> list[str]:
    return re.findall(r'inbox-top"><strong dir="auto">([^<]+)<', response.content.decode())


@pytest.fixture
def signed_in(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


def spoke(broker: Broker, name: str, at: datetime, **other: Any) -> Conversation:
    """A lead who wrote once at that moment on the web chat."""
    lead = LeadFactory(broker=broker, name=name, **other)
    made = ConversationFactory(broker=broker, lead=lead)
    return hear(made, f"hola de {name}", at)


def hear(conversation: Conversation, text: str, at: datetime) -> Conversation:
    lead = conversation.lead
    message = ChatMessageFactory(broker=lead.broker, lead=lead, message_text=text, at=at)
    mine = Conversation.objects.filter(pk=conversation.pk)
    mine.update(last_inbound_id=message.pk, last_inbound_at=at)
    return mine.get()


def test_who_waits_comes_first_then_the_unread_then_the_latest(
    signed_in: Client, broker: Broker, agent: User, at: datetime
) -> None:
    mine = {"assigned_to": agent}
    read = spoke(broker, "Leída", at, **mine)
    reading.mark(read, up_to=read.last_inbound_id, by=agent)
    older = spoke(broker, "Antes", at - timedelta(hours=2), **mine)
    spoke(broker, "Recién", at - timedelta(hours=1), **mine)
    handoff.ask_for_person(
        spoke(broker, "Espera", at - timedelta(days=1), **mine).lead,
        reason=HandoffReason.REQUESTED,
        at=at,
    )
    ConversationFactory(broker=broker, lead=LeadFactory(broker=broker, name="Nunca escribió"))
    assert names(signed_in.get(SCREEN)) == ["Espera", "Recién", "Antes", "Leída"]
    assert names(signed_in.get(SCREEN, {"estado": "no-leidas"})) == ["Espera", "Recién", "Antes"]
    assert names(signed_in.get(SCREEN, {"estado": "esperan"})) == ["Espera"]
    assert names(signed_in.get(SCREEN, {"q": "antes"})) == ["Antes"]
    assert names(signed_in.get(SCREEN, {"q": "leida"})) == ["Leída"]
    assert "1 espera a una persona · 3 sin leer" in signed_in.get(SCREEN).text
    assert names(signed_in.get(SCREEN, {"q": older.lead.phone_e164[-6:]})) == ["Antes"]
    assert names(signed_in.get(SCREEN, {"canal": "telegram"})) == []


def test_two_hundred_who_wait_are_listed_longest_first_with_wait_and_brief_at_the_cost_of_one(
    client: Client, broker: Broker, admin: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = at.replace(hour=18)
    monkeypatch.setattr(timezone, "now", lambda: at)
    client.force_login(admin)
    api, queue = signed_in_api(admin), "/api/v1/conversations/?state=waiting&page_size=100"
    pages = [SCREEN, reverse("admin:index"), reverse("admin:leads_conversation_changelist")]

    def look(count: int) -> tuple[list[int], Any, list[str]]:
        leads = [LeadFactory.build(broker=broker, name=f"Lead {n}") for n in range(count)]
        _wait(Lead.objects.bulk_create(leads), at)
        costs, seen = [], []
        for page in (*pages, queue):
            with CaptureQueriesContext(connection) as caught:
                answer = api.get(page) if page == queue else client.get(page)
            costs.append(len(caught))
            seen.append(answer.content.decode())
        return costs, answer.json(), seen

    first, _, _ = look(1)
    costs, told, seen = look(199)
    assert costs == first
    assert told["count"] == 200
    waits = [each["waiting_minutes"] for each in told["results"]]
    assert (waits[0], sorted(waits, reverse=True)) == (198, waits)
    assert told["results"][0]["brief"] == "Quién y qué.\nPor qué ahora."
    for page in seen[:3]:
        assert "3 h 18 min de oficina" in page
    assert seen[0].count("Quién y qué.<br>Por qué ahora.") == 40


def _wait(leads: list[Lead], at: datetime) -> None:
    """The n-th for n minutes."""
    Conversation.objects.bulk_create(
        Conversation(
            broker=lead.broker, lead=lead, holder="waiting", waiting_reason="requested",
            brief="Quién y qué.\nPor qué ahora.", last_inbound_at=at,
            waiting_since=at - timedelta(minutes=number),
        )
        for number, lead in enumerate(leads)
    )  # fmt: skip


def test_an_agent_reads_their_own_and_the_pool_and_a_stranger_nothing(
    client: Client, broker: Broker, agent: User, agent2: User, rival_admin: User, at: datetime
) -> None:
    theirs = spoke(broker, "De Luis", at, assigned_to=agent2)
    spoke(broker, "Del grupo", at)
    client.force_login(agent)
    assert names(client.get(SCREEN)) == ["Del grupo"]
    assert client.get(SCREEN, {"abierta": theirs.pk}).status_code == 404
    client.force_login(rival_admin)
    assert names(client.get(SCREEN)) == []
    for page in (SCREEN, CHANGES):
        assert client.get(page, {"abierta": theirs.pk}).status_code == 404
        assert client.get(page, {"abierta": "9" * 40}).status_code == 404
    older = reverse("admin:leads_conversation_inbox_older", args=[theirs.pk])
    assert client.get(older, {"antes": "9"}).status_code == 404
    for name in ("answer", "take_it", "give_it_back", "seen", "resend"):
        assert act(client, name, theirs, text="hola", key=KEY).status_code == 404
    assert ChatMessage.objects.filter(direction="out").count() == 0


def test_nothing_new_is_204_and_what_is_new_comes_in_its_parts(
    signed_in: Client, broker: Broker, agent: User, at: datetime
) -> None:
    conversation = spoke(broker, "Camila", at, assigned_to=agent)
    opened = {"abierta": conversation.pk, "caja": "other"}
    first = signed_in.get(CHANGES, opened).json()
    opened["caja"] = "text"
    assert {"inbox-list", "inbox-head", "inbox-messages", "inbox-side", "inbox-reply"} < set(
        first["parts"]
    )
    assert signed_in.get(CHANGES, {**opened, "visto": first["mark"]}).status_code == 204
    hear(conversation, "¿siguen ahí?", at)
    later = signed_in.get(CHANGES, {**opened, "visto": first["mark"]}).json()
    assert "¿siguen ahí?" in later["parts"]["inbox-messages"]
    assert "inbox-reply" not in later["parts"]
    assert later["parts"]["title"] == "(1) Bandeja"


def test_an_answer_takes_the_microphone_reads_and_goes_once(
    signed_in: Client, broker: Broker, agent: User, at: datetime
) -> None:
    conversation = spoke(broker, "Camila", at, assigned_to=agent)
    conversation.lead.identities.create(broker=broker, channel="webchat", external_id="v1")
    for _ in range(2):
        assert act(signed_in, "answer", conversation, text="Hola", key=KEY).status_code == 204
    sent = ChatMessage.objects.get(direction="out")
    assert (sent.message_text, sent.sent_by, sent.author) == ("Hola", agent, "user")
    conversation.refresh_from_db()
    assert (conversation.holder, conversation.held_by) == (Holder.USER, agent)
    assert conversation.read_up_to == conversation.last_inbound_id
    assert act(signed_in, "give_it_back", conversation).status_code == 204
    conversation.refresh_from_db()
    assert conversation.holder == Holder.ASSISTANT


def test_a_refusal_comes_in_words_and_stores_nothing(
    signed_in: Client, broker: Broker, agent: User, at: datetime
) -> None:
    conversation = spoke(broker, "Camila", at, assigned_to=agent)
    blank = act(signed_in, "answer", conversation, text="", key=KEY)
    assert (blank.status_code, bool(blank.json()["error"])) == (400, True)
    unreachable = act(signed_in, "answer", conversation, text="Hola", key=KEY)
    assert unreachable.status_code == 409
    assert "canal" in unreachable.json()["error"]
    assert not ChatMessage.objects.filter(direction="out").exists()


def test_only_who_looks_after_a_lead_reads_for_the_team(
    broker: Broker, agent: User, admin: User, at: datetime
) -> None:
    mine = spoke(broker, "Camila", at, assigned_to=agent)
    last = mine.last_inbound_id
    assert not reading.mark(mine, up_to=last, by=admin)
    assert reading.mark(mine, up_to=last + 99, by=agent)
    mine.refresh_from_db()
    assert mine.read_up_to == last
    assert not reading.mark(mine, up_to=last - 1, by=agent)
    pool = spoke(broker, "Del grupo", at)
    assert reading.mark(pool, up_to=pool.last_inbound_id, by=admin)


def test_the_screen_costs_the_same_for_one_conversation_and_thirty(
    signed_in: Client, broker: Broker, agent: User, at: datetime
) -> None:
    first = spoke(broker, "Camila", at, assigned_to=agent)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert signed_in.get(CHANGES, {"abierta": first.pk}).status_code == 200
        return len(caught)

    before = queries()
    for number in range(30):
        spoke(broker, f"Lead {number}", at, assigned_to=agent)
        hear(first, f"mensaje {number}", at)
    assert queries() == before


def test_the_api_lists_by_the_same_urgency_and_reads_the_same_way(
    broker: Broker, agent: User, admin: User, at: datetime
) -> None:
    mine = spoke(broker, "Camila", at, assigned_to=agent)
    waits = spoke(broker, "Espera", at - timedelta(days=1), assigned_to=agent)
    handoff.ask_for_person(waits.lead, reason=HandoffReason.REQUESTED, at=at)
    path = f"/api/v1/conversations/{mine.pk}/read/"
    seen = {"up_to": mine.last_inbound_id}
    assert signed_in_api(admin).post(path, seen).json()["unread"] is True
    api = signed_in_api(agent)
    assert [each["lead"] for each in api.get("/api/v1/conversations/").json()["results"]] == [
        waits.lead_id,
        mine.lead_id,
    ]
    assert api.post(path, seen).json()["unread"] is False
    unread = api.get("/api/v1/conversations/?unread=true").json()["results"]
    assert [each["lead"] for each in unread] == [waits.lead_id]


def test_a_failed_message_is_sent_again_by_its_button_from_both_screens_and_the_api(
    signed_in: Client, broker: Broker, agent: User, rival_admin: User, at: datetime
) -> None:
    conversation = spoke(broker, "Camila", at, assigned_to=agent)
    lead = conversation.lead
    ChannelIdentityFactory(broker=broker, lead=lead, channel="webchat", external_id="v")
    failed = ChatMessageFactory(
        broker=broker, lead=lead, direction="out", author="assistant", status="failed",
        reason="outcome_unknown", message_text="¿Te acomoda el jueves?",
    )  # fmt: skip
    page = reverse("admin:leads_lead_change", args=[lead.pk])
    screen = f"{SCREEN}?abierta={conversation.pk}"
    for shown in (page, screen):
        assert "Enviar de nuevo" in signed_in.get(shown).content.decode()
    stranger = signed_in_api(rival_admin)
    address = f"/api/v1/leads/{lead.pk}/messages/{failed.pk}/resend/"
    assert stranger.post(address).status_code == 404
    assert act(signed_in, "resend", conversation, message=failed.pk).status_code == 204
    again = ChatMessage.objects.get(author="user")
    assert (again.message_text, again.sent_by) == ("¿Te acomoda el jueves?", agent)
    answer = signed_in_api(agent).post(address)
    assert (answer.status_code, answer.json()["id"]) == (201, again.pk)
    bare = reverse("admin:leads_lead_resend", args=[lead.pk])
    assert signed_in.post(bare, {"message": failed.pk}).status_code == 302
    assert ChatMessage.objects.filter(author="user").count() == 1
    for shown in (page, screen):
        assert "Enviar de nuevo" not in signed_in.get(shown).content.decode()


def test_another_leads_message_is_not_sent_again_from_here(
    signed_in: Client, broker: Broker, agent: User, at: datetime
) -> None:
    mine, other = (spoke(broker, name, at, assigned_to=agent) for name in ("Camila", "Pedro"))
    failed = ChatMessageFactory(
        broker=broker, lead=other.lead, direction="out", author="assistant", status="failed"
    )
    assert act(signed_in, "resend", mine, message=failed.pk).status_code == 400
    address = f"/api/v1/leads/{mine.lead_id}/messages/{failed.pk}/resend/"
    assert signed_in_api(agent).post(address).status_code == 404
    sent = ChatMessageFactory(
        broker=broker, lead=mine.lead, direction="out", author="user", status="sent"
    )
    refused = act(signed_in, "resend", mine, message=sent.pk)
    assert (refused.status_code, refused.json()["error"][:22]) == (409, "Ese mensaje ya salió o")


def test_a_key_with_another_text_is_refused_so_that_the_screen_gives_a_new_one(
    signed_in: Client, broker: Broker, agent: User, at: datetime
) -> None:
    conversation = spoke(broker, "Camila", at, assigned_to=agent)
    conversation.lead.identities.create(broker=broker, channel="webchat", external_id="v1")
    assert act(signed_in, "answer", conversation, text="Hola", key=KEY).status_code == 204
    refused = act(signed_in, "answer", conversation, text="Otra cosa", key=KEY)
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    assert ChatMessage.objects.filter(direction="out").count() == 1


def test_who_answers_a_colleagues_conversation_has_read_it(
    client: Client, broker: Broker, agent: User, admin: User, at: datetime
) -> None:
    conversation = spoke(broker, "Camila", at, assigned_to=agent)
    conversation.lead.identities.create(broker=broker, channel="webchat", external_id="v1")
    client.force_login(admin)
    act(client, "seen", conversation)
    conversation.refresh_from_db()
    assert conversation.read_up_to == 0
    act(client, "answer", conversation, text="Hola", key=KEY)
    conversation.refresh_from_db()
    assert conversation.read_up_to == conversation.last_inbound_id


def test_a_thread_is_read_to_its_beginning_in_pieces_with_its_days(
    signed_in: Client, broker: Broker, agent: User, at: datetime
) -> None:
    conversation = spoke(broker, "Camila", at, assigned_to=agent)
    lead = conversation.lead
    ChatMessageFactory.create_batch(99, broker=broker, lead=lead, at=at)
    newest = ChatMessageFactory(broker=broker, lead=lead, at=at + timedelta(days=1))
    screen = signed_in.get(SCREEN, {"abierta": conversation.pk}).text
    keys = re.findall(r'data-key="m(\d+)"', screen)
    assert (len(keys), int(keys[0])) == (100, newest.pk)
    days = re.findall(r'data-key="d([\d-]+)-\d+"', screen)
    assert days == [f"{newest.at:%Y-%m-%d}"]
    before = re.search(r'data-older="(\d+)"', screen)
    assert before
    assert before[1] == keys[-1]
    older = reverse("admin:leads_conversation_inbox_older", args=[conversation.pk])
    rest = signed_in.get(older, {"antes": before[1]}).text
    assert re.findall(r'data-key="m(\d+)"', rest) == [str(conversation.last_inbound_id)]
    assert (re.findall(r'data-key="d([\d-]+)-', rest), "data-older" in rest) == (
        [f"{at:%Y-%m-%d}"],
        False,
    )
    assert signed_in.get(older, {"antes": "x"}).status_code == 404


def test_a_message_says_when_it_leaves_and_that_it_may_have_arrived(
    signed_in: Client, broker: Broker, agent: User, at: datetime
) -> None:
    conversation = spoke(broker, "Camila", at, assigned_to=agent)
    out = {"broker": broker, "lead": conversation.lead, "direction": "out", "author": "campaign"}
    later = timezone.now() + timedelta(days=1)
    ChatMessageFactory(**out, status="pending", due_at=later)
    ChatMessageFactory(**out, status="failed", reason="outcome_unknown")
    screen = signed_in.get(SCREEN, {"abierta": conversation.pk}).text
    assert f"Sale el {timezone.localtime(later):%d-%m-%Y %H:%M}" in screen
    assert screen.count("Enviar de nuevo, aunque le llegue dos veces") == 1


def test_a_file_that_arrives_after_its_message_renews_the_screen(
    signed_in: Client, broker: Broker, agent: User, at: datetime
) -> None:
    conversation = spoke(broker, "Camila", at, assigned_to=agent)
    message = conversation.lead.messages.get()
    file = AttachmentFactory(broker=broker, message=message, state="pending")
    asked = {"abierta": conversation.pk, "caja": "text"}
    mark = signed_in.get(CHANGES, asked).json()["mark"]
    assert signed_in.get(CHANGES, {**asked, "visto": mark}).status_code == 204
    Attachment.objects.filter(pk=file.pk).update(state="failed", updated_at=timezone.now())
    assert signed_in.get(CHANGES, {**asked, "visto": mark}).status_code == 200
