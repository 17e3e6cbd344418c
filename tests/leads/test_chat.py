"""The public web chat: its page, what visitors post, and what they poll."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from leads import handoff, outbox
from leads.models import ChatMessage, Lead
from tests.factories import BrokerFactory

pytestmark = pytest.mark.django_db


def post(client: Client, slug: str = "andes", **body):
    return client.post(f"/chat/{slug}/messages/", json.dumps(body), content_type="application/json")


def poll(client: Client, visitor: str, after: int = 0, slug: str = "andes"):
    return client.get(f"/chat/{slug}/messages/", {"visitor": visitor, "after": after}).json()


def test_the_page_greets_in_the_brokers_name(client, broker):
    page = client.get("/chat/andes/")
    assert page.status_code == 200
    assert "Andes Propiedades" in page.text
    assert "asistente virtual" in page.text


def test_a_closed_or_unknown_broker_has_no_chat(client, broker):
    broker.is_active = False
    broker.save()
    assert client.get("/chat/andes/").status_code == 404
    assert client.get("/chat/nobody/").status_code == 404
    assert post(client, text="hola").status_code == 404


def test_a_first_message_makes_a_visitor_a_lead_and_a_message(client, broker):
    answer = post(client, text=" hola ", client_id="a1").json()
    assert [(m["author"], m["text"]) for m in answer["messages"]] == [("lead", "hola")]
    lead = Lead.objects.get()
    assert (lead.source, lead.phone, lead.broker) == ("webchat", "", broker)
    assert poll(client, answer["visitor"])["messages"] == answer["messages"]


def test_the_same_client_id_twice_is_one_message(client, broker):
    first = post(client, text="hola", client_id="a1").json()
    again = post(client, text="hola", client_id="a1", visitor=first["visitor"]).json()
    assert again == first
    assert ChatMessage.objects.count() == 1


def test_a_visitor_that_we_did_not_issue_is_replaced(client, broker):
    answer = post(client, text="hola", visitor="made-up").json()
    assert answer["visitor"] != "made-up"
    assert poll(client, "made-up")["visitor"] != "made-up"


def test_a_visitor_of_another_broker_is_a_stranger_here(client, broker):
    BrokerFactory(slug="otra")
    visitor = post(client, text="hola", client_id="a1").json()["visitor"]
    answer = poll(client, visitor, slug="otra")
    assert (answer["messages"], answer["visitor"] == visitor) == ([], False)


def test_a_visitor_sees_nothing_of_another(client, broker):
    post(client, text="mi renta es 1.200.000")
    stranger = poll(client, "")
    assert stranger["messages"] == []


def test_the_visitors_secret_is_not_stored(client, broker):
    visitor = post(client, text="hola", client_id="a1").json()["visitor"]
    message = ChatMessage.objects.get()
    secret = visitor.partition(":")[0]
    assert secret not in f"{message.channel_user_id} {message.channel_message_id}"
    assert not Lead.objects.get().identities.filter(external_id__contains=secret).exists()


def test_a_reply_on_its_way_is_not_overtaken_by_a_later_message(client, broker):
    answer = post(client, text="hola", client_id="a1").json()
    lead = Lead.objects.get()
    reply = outbox.queue(
        lead, text="¡Hola!", author="assistant", purpose="reply", at=timezone.now()
    )
    post(client, text="¿hola?", client_id="a2", visitor=answer["visitor"])
    first = answer["messages"][0]["id"]
    assert poll(client, answer["visitor"], first)["messages"] == []
    ChatMessage.objects.filter(pk=reply.pk).update(status="sent")
    texts = [m["text"] for m in poll(client, answer["visitor"], first)["messages"]]
    assert texts == ["¡Hola!", "¿hola?"]


def test_what_is_to_leave_tomorrow_holds_nobody_up(client, broker):
    visitor = post(client, text="hola", client_id="a1").json()["visitor"]
    tomorrow = timezone.now() + timedelta(days=1)
    outbox.queue(
        Lead.objects.get(), text="Oferta", author="campaign", purpose="marketing",
        at=timezone.now(), due_at=tomorrow,
    )  # fmt: skip
    post(client, text="¿hola?", client_id="a2", visitor=visitor)
    assert [m["text"] for m in poll(client, visitor)["messages"]] == ["hola", "¿hola?"]


def test_half_a_surrogate_pair_does_no_harm(client, broker):
    body = json.dumps({"text": "ho\ud800la", "client_id": "a\udfff", "visitor": "\ud800"})
    answer = client.post("/chat/andes/messages/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["messages"][0]["text"]) == (200, "hola")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ("{", "parse_error", None),
        ("[]", "parse_error", None),
        ("{}", "blank", "text"),
        ('{"text": "  "}', "blank", "text"),
        ('{"text": 5}', "invalid", "text"),
        ('{"text": "a", "visitor": []}', "invalid", "visitor"),
        (json.dumps({"text": "a" * 4001}), "max_length", "text"),
        (json.dumps({"text": "a", "client_id": "c" * 101}), "max_length", "client_id"),
        (json.dumps({"text": "a" * 2_000_000}), "too_large", None),
        (b'{"text": "\xff"}', "parse_error", None),
    ],
)
def test_bad_input_says_what_to_do_and_stores_nothing(client, broker, body, code, field):
    answer = client.post("/chat/andes/messages/", body, content_type="application/json")
    error = answer.json()["errors"][0]
    status = 413 if code == "too_large" else 400
    assert (answer.status_code, error["code"], error["attr"]) == (status, code, field)
    assert Lead.objects.count() == 0


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "99999999999999999999", "١"])
def test_a_bad_after_is_refused(client, broker, after):
    answer = client.get("/chat/andes/messages/", {"after": after})
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "after")


def test_nul_bytes_do_no_harm(client, broker):
    assert post(client, text="ho\x00la").json()["messages"][0]["text"] == "hola"


def test_too_many_messages_are_told_to_wait(client, broker):
    config = broker.brokerchatconfig
    config.rate_limits = {"visitor_per_minute": 2}
    config.save()
    visitor = post(client, text="1").json()["visitor"]
    post(client, text="2", visitor=visitor)
    refused = post(client, text="3", visitor=visitor)
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert ChatMessage.objects.count() == 2


def test_an_inbound_message_takes_at_most_seven_statements(
    client, broker, django_assert_max_num_queries
):
    visitor = post(client, text="hola", client_id="a1").json()["visitor"]
    with django_assert_max_num_queries(7):
        post(client, text="busco casa", client_id="a2", visitor=visitor)


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_of_one_message_at_once_are_one_row(broker):
    visitor = poll(Client(), "")["visitor"]

    def send(_: int) -> int:
        try:
            return post(Client(), text="hola", client_id="same", visitor=visitor).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(send, range(50))) == {200}
    assert (Lead.objects.count(), ChatMessage.objects.filter(direction="in").count()) == (1, 1)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://testserver", 200),
        ("https://crm.example.com", 200),
        ("https://evil.cl", 403),
        ("https://testserver.evil.cl", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
def test_only_the_chats_own_page_posts_from_a_browser(client, broker, settings, origin, status):
    settings.PUBLIC_URL = "https://crm.example.com"
    headers = {} if origin is None else {"origin": origin}
    body = json.dumps({"text": "hola"})
    answer = client.post(
        "/chat/andes/messages/", body, content_type="application/json", headers=headers
    )
    assert answer.status_code == status
    assert Lead.objects.count() == (status == 200)
    assert "Access-Control-Allow-Origin" not in answer


def test_a_limit_says_which_and_until_when(client, broker):
    config = broker.brokerchatconfig
    for limit, wait, word in (
        ({"visitor_per_minute": 0}, "60", "minuto"),
        ({"address_per_minute": 0}, "60", "minuto"),
        ({"address_per_day": 0}, "3600", "hoy"),
    ):
        config.rate_limits = limit
        config.save()
        answer = post(client, text="hola")
        assert (answer.status_code, answer["Retry-After"]) == (429, wait)
        assert word in answer.json()["errors"][0]["detail"]
    assert not ChatMessage.objects.exists()


def test_an_answer_says_who_will_reply(client, broker):
    answer = post(client, text="hola").json()
    assert answer["holder"] == "assistant"
    handoff.ask_for_person(Lead.objects.get(), reason="requested", at=timezone.now())
    assert post(client, text="¿y?", visitor=answer["visitor"]).json()["holder"] == "waiting"


def test_polls_without_end_are_told_to_wait_and_an_open_chat_is_not(client, broker):
    visitor = post(client, text="hola").json()["visitor"]
    config = broker.brokerchatconfig
    for limit in ({"visitor_polls_per_minute": 0}, {"address_polls_per_minute": 0}):
        config.rate_limits = limit
        config.save()
        answer = client.get("/chat/andes/messages/", {"visitor": visitor})
        assert answer.status_code == 429
        assert 1 <= int(answer["Retry-After"]) <= 60
    config.rate_limits = {}
    config.save()
    asked = {client.get("/chat/andes/messages/").status_code for _ in range(60)}
    assert asked == {200}
