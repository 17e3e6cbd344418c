"""Conversations in the API: a mobile client does with them what the screen does."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from brokers.models import Broker, User
from leads import delivery, handoff, outbox
from leads.enums import Delivery
from leads.models import ChatMessage, Conversation, Lead
from tests.api import codes, signed_in
from tests.channels import private_files
from tests.factories import ChatMessageFactory, ConversationFactory, LeadFactory

__all__ = ["private_files"]
PATH = "/api/v1/conversations/"


@pytest.fixture
def client(agent: User) -> APIClient:
    return signed_in(agent)


def at_path(conversation: Conversation, rest: str = "") -> str:
    return f"{PATH}{conversation.pk}/{rest}"


def ids(answer: Any) -> list[int]:
    return [row["id"] for row in answer.json()["results"]]


def test_a_thread_is_read_backwards_and_caught_up_with_while_it_grows(
    client: APIClient, chatting: Lead, conversation: Conversation
) -> None:
    made = [ChatMessageFactory(broker=chatting.broker, lead=chatting).pk for _ in range(5)]
    thread = at_path(conversation, "messages/")
    assert ids(client.get(thread, {"page_size": 2})) == made[:2:-1]
    made.append(ChatMessageFactory(broker=chatting.broker, lead=chatting).pk)
    assert ids(client.get(thread, {"page_size": 2, "before": made[3]})) == [made[2], made[1]]
    assert ids(client.get(thread, {"after": made[4]})) == [made[5]]
    for wrong in ({"before": "x"}, {"after": -1}, {"changed_since": "ayer"}):
        assert codes(client.get(thread, wrong))[0][0] == next(iter(wrong))


def test_delivery_marks_that_changed_are_asked_for_by_moment(
    client: APIClient, chatting: Lead, conversation: Conversation, agent: User, at: datetime
) -> None:
    sent = outbox.send_by_person(chatting, by=agent, text="Hola", at=at)
    outbox.send_by_person(chatting, by=agent, text="¿Sigues ahí?", at=at)
    outbox.deliver(sent.pk, at=at)
    later = at + timedelta(days=30)
    delivery.progress(sent, to=Delivery.READ, at=later)
    asked = {"changed_since": (later - timedelta(seconds=1)).isoformat()}
    rows = client.get(at_path(conversation, "messages/"), asked).json()["results"]
    assert [(row["id"], row["status"]) for row in rows] == [(sent.pk, "read")]


def test_a_reply_is_sent_once_by_the_clients_own_id_which_comes_back(
    client: APIClient, chatting: Lead, conversation: Conversation
) -> None:
    body = {"text": "Hola, soy Ana", "client_id": "m-1"}
    first, second = (client.post(at_path(conversation, "messages/"), body) for _ in "12")
    assert (first.status_code, first.json()) == (201, second.json())
    assert first.json()["client_id"] == "m-1"
    row = client.get(at_path(conversation)).json()
    assert (row["holder"], row["last_message"], row["last_message_author"]) == (
        "user",
        "Hola, soy Ana",
        "user",
    )


def test_one_key_for_two_texts_or_two_leads_loses_no_message(
    client: APIClient, broker: Broker, chatting: Lead, conversation: Conversation
) -> None:
    key = {"Idempotency-Key": "k"}
    thread = at_path(conversation, "messages/")
    assert client.post(thread, {"text": "uno"}, headers=key).status_code == 201
    other = ConversationFactory(broker=broker, lead=LeadFactory(broker=broker))
    for path, text in ((thread, "dos"), (at_path(other, "messages/"), "uno")):
        refused = client.post(path, {"text": text}, headers=key)
        assert (refused.status_code, codes(refused)) == (409, [(None, "idempotency_key_reused")])
    other.refresh_from_db()
    assert other.holder == "assistant"
    assert ChatMessage.objects.filter(direction="out").count() == 1


def test_a_repeated_key_answers_also_where_the_gate_would_refuse_by_now(
    client: APIClient, chatting: Lead, conversation: Conversation
) -> None:
    body = {"text": "Hola", "client_id": "m-1"}
    first = client.post(at_path(conversation, "messages/"), body).json()
    client.post(at_path(conversation, "release/"))
    chatting.identities.all().delete()
    assert client.post(at_path(conversation, "messages/"), body).json()["id"] == first["id"]
    assert client.get(at_path(conversation)).json()["holder"] == "assistant"


def test_a_conversation_is_taken_given_back_and_its_failed_message_sent_again(
    client: APIClient, chatting: Lead, conversation: Conversation
) -> None:
    assert client.post(at_path(conversation, "takeover/")).json()["holder"] == "user"
    assert client.post(at_path(conversation, "release/")).json()["holder"] == "assistant"
    failed = ChatMessageFactory(
        broker=chatting.broker, lead=chatting, direction="out", author="assistant", status="failed"
    )
    again = [client.post(at_path(conversation, f"messages/{failed.pk}/resend/")) for _ in "12"]
    assert [answer.status_code for answer in again] == [201, 201]
    assert again[0].json()["id"] == again[1].json()["id"] != failed.pk


def test_a_closed_window_offers_templates_with_what_they_miss(
    client: APIClient, conversation: Conversation
) -> None:
    picker = client.get(at_path(conversation, "templates/")).json()
    assert picker == {"needed": False, "templates": []}


def test_a_file_goes_up_and_its_bytes_come_down(
    client: APIClient, conversation: Conversation, private_files: Any
) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(
        channel="whatsapp", last_inbound_at=timezone.now()
    )
    file = SimpleUploadedFile("plano.pdf", b"%PDF-1.4\n%%EOF\n")
    sent = client.post(at_path(conversation, "messages/"), {"file": file}, format="multipart")
    assert sent.status_code == 201, sent.json()
    (kept,) = sent.json()["files"]
    down = client.get(kept["url"])
    assert b"".join(down.streaming_content) == b"%PDF-1.4\n%%EOF\n"
    for content, status in ((b"%PDF-1.4\n%%EOF\n", 201), (b"%PDF-1.7 another\n%%EOF\n", 409)):
        body = {"file": SimpleUploadedFile("plano.pdf", content), "client_id": "f-1"}
        again = client.post(at_path(conversation, "messages/"), body, format="multipart")
        assert again.status_code == status


def test_badges_and_filters_ask_the_same_questions(
    client: APIClient, broker: Broker, agent: User, agent2: User, at: datetime
) -> None:
    def spoke(name: str, **other: Any) -> Conversation:
        lead = LeadFactory(broker=broker, name=name, assigned_to=other.pop("assigned_to", None))
        return ConversationFactory(broker=broker, lead=lead, last_inbound_at=at, **other)

    mine = spoke("José Ñuñez", assigned_to=agent, last_inbound_id=5)
    pool = spoke("Del grupo", last_inbound_id=5, read_up_to=5)
    handoff.ask_for_person(pool.lead, reason="requested", at=at)
    spoke("De Luis", assigned_to=agent2, last_inbound_id=5)
    out = {"broker": broker, "direction": "out", "author": "assistant"}
    lost = ChatMessageFactory(**out, lead=pool.lead, status="failed")
    ChatMessageFactory(**out, lead=mine.lead, status="blocked")  # the gate's word, nobody's loss
    assert client.get(f"{PATH}counts/").json() == {
        "needs_person": 1, "unread": 1, "mine": 1, "waiting": 1, "assistant": 1, "human": 0,
    }  # fmt: skip
    questions: dict[str, tuple[dict[str, Any], list[int]]] = {
        "needs_person": ({"needs_person": True}, [pool.pk]),
        "unread": ({"unread": True}, [mine.pk]),
        "mine": ({"mine": True}, [mine.pk]),
        "not mine": ({"mine": False}, [pool.pk]),
        "waiting": ({"state": "waiting"}, [pool.pk]),
        "undelivered": ({"undelivered": True}, [pool.pk]),
        "accents": ({"search": "jose nunez"}, [mine.pk]),
        "all": ({}, [pool.pk, mine.pk]),
    }
    found = {name: ids(client.get(PATH, query)) for name, (query, _) in questions.items()}
    assert found == {name: expected for name, (_, expected) in questions.items()}
    ChatMessageFactory(
        **out, lead=pool.lead, status="pending", idempotency_key=f"{outbox.RESENT}{lost.pk}"
    )
    assert ids(client.get(PATH, {"undelivered": True})) == []


def test_a_stranger_and_a_colleague_reach_nothing_of_it(
    chatting: Lead, conversation: Conversation, rival_admin: User, agent: User, agent2: User
) -> None:
    Lead.objects.filter(pk=chatting.pk).update(assigned_to=agent2)
    for who in (rival_admin, agent):
        client = signed_in(who)
        answers = [
            client.get(at_path(conversation, each)) for each in ("", "messages/", "templates/")
        ]
        for verb in ("takeover/", "release/", "read/", "messages/", "messages/1/resend/"):
            body = {"text": "Hola", "up_to": 1}
            answers.append(client.post(at_path(conversation, verb), body))
        assert {answer.status_code for answer in answers} == {404}
    assert not ChatMessage.objects.exists()


def test_a_thread_and_the_badges_cost_the_same_however_much_there_is(
    client: APIClient,
    broker: Broker,
    chatting: Lead,
    conversation: Conversation,
    django_assert_max_num_queries: Any,
) -> None:
    costs = []
    for _ in range(2):
        ChatMessageFactory.create_batch(20, broker=broker, lead=chatting)
        ConversationFactory(broker=broker, lead=LeadFactory(broker=broker))
        for path in (at_path(conversation, "messages/"), f"{PATH}counts/", PATH):
            with django_assert_max_num_queries(6) as caught:
                assert client.get(path).status_code == 200
            costs.append(len(caught))
    assert costs[:3] == costs[3:]
