"""Leads, messages, conversations and the pipeline through the API."""

import threading
from typing import Any

import pytest
from django.db import connection

from brokers.models import Broker, User
from leads.models import ActivityLog, ChatMessage, Consent, Conversation, Lead
from tests.api import codes, signed_in
from tests.factories import (
    ChannelIdentityFactory,
    ChatMessageFactory,
    ConversationFactory,
    LeadFactory,
    UserFactory,
)

LEADS, CONVERSATIONS = "/api/v1/leads/", "/api/v1/conversations/"
PHONE = "+56987651234"


def url(lead: Lead, action: str = "") -> str:
    return f"{LEADS}{lead.pk}/{action}"


def listed(client: Any, query: str) -> list[str]:
    return [row["name"] for row in client.get(f"{LEADS}?{query}").json()["results"]]


# --- Entering ----------------------------------------------------------------------------------


def test_a_new_lead_is_created_with_its_conversation_score_and_facts(admin: User) -> None:
    given = {
        "name": "camila rojas",
        "phone": "9 8765 1234",
        "email": "Camila@Example.com",
        "tags": ["web"],
        "metadata": {"budget": {"amount": 3500, "currency": "UF"}, "location": ["ñuñoa"]},
    }
    answer = signed_in(admin).post(LEADS, given)
    made = answer.json()
    assert (answer.status_code, made["outcome"], made["warning"]) == (201, "created", "")
    assert (made["name"], made["phone"], made["phone_e164"], made["email"]) == (
        "Camila Rojas",
        "9 8765 1234",
        PHONE,
        "camila@example.com",
    )
    assert made["metadata"]["location"] == ["Ñuñoa"]
    assert made["metadata"]["provenance"]["budget"]["by"] == "person"
    assert (made["broker"], made["source"], made["tags"]) == (admin.broker_id, "api", ["web"])
    assert made["lead_score"] == made["score_receipt"]["total"] > 0
    assert made["conversation"]["holder"] == "assistant"


def test_the_receipt_tells_its_lines_in_words_and_adds_up(admin: User, lead: Lead) -> None:
    receipt = signed_in(admin).get(url(lead)).json()["score_receipt"]
    labels = {line["rule"]: line["label"] for line in receipt["lines"]}
    assert labels["known_phone"] == "Se conoce: teléfono"
    assert round(sum(line["points"] for line in receipt["lines"]), 1) == receipt["total"]


def test_a_known_phone_answers_the_lead_that_has_it(admin: User) -> None:
    known = LeadFactory(broker=admin.broker, phone=PHONE)
    answer = signed_in(admin).post(LEADS, {"name": "Otro Nombre", "phone": "987651234"})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "matched")
    assert (answer.json()["id"], answer.json()["name"]) == (known.pk, known.name)
    assert Lead.objects.count() == 1


def test_force_new_creates_all_the_same_and_warns(admin: User) -> None:
    LeadFactory(broker=admin.broker, phone=PHONE)
    answer = signed_in(admin).post(LEADS, {"phone": PHONE, "force_new": True})
    made = answer.json()
    assert (answer.status_code, made["outcome"], made["warning"]) == (201, "created", "duplicate")
    assert Lead.objects.count() == 2


def test_a_match_that_is_somebody_elses_tells_only_whose(agent: User, agent2: User) -> None:
    known = LeadFactory(broker=agent.broker, phone=PHONE, assigned_to=agent2)
    answer = signed_in(agent).post(LEADS, {"phone": PHONE})
    assert (answer.status_code, codes(answer)) == (409, [(None, "lead_exists")])
    assert answer.json()["data"] == {"owner": "Luis Soto"}
    assert str(known.name) not in answer.content.decode()


def test_a_phone_known_to_a_rival_is_new_here(admin: User, rival: Broker) -> None:
    LeadFactory(broker=rival, phone=PHONE)
    answer = signed_in(admin).post(LEADS, {"phone": PHONE})
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created")


def test_an_agents_own_entry_is_theirs(agent: User) -> None:
    assert signed_in(agent).post(LEADS, {"name": "Eva Díaz"}).json()["assigned_to"] == agent.pk


def test_the_superadmin_names_the_broker_of_a_new_lead(superadmin: User, broker: Broker) -> None:
    client = signed_in(superadmin)
    unnamed = client.post(LEADS, {"name": "Eva Díaz"})
    assert (unnamed.status_code, codes(unnamed)[0][0]) == (400, "broker")
    named = client.post(LEADS, {"name": "Eva Díaz", "broker": broker.pk})
    assert (named.status_code, named.json()["broker"]) == (201, broker.pk)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "name"),
        ({"name": "", "phone": "", "email": None}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"phone": "9" * 21}, "phone"),
        ({"email": "no"}, "email"),
        ({"name": "Eva", "tags": "web"}, "tags"),
        ({"name": "Eva", "tags": [""]}, "tags.0"),
        ({"name": "Eva", "source": "tv"}, "source"),
        ({"name": "Eva", "timezone": "Marte"}, "timezone"),
        ({"name": "Eva", "treatment_type": "x"}, "treatment_type"),
        ({"name": "Eva", "metadata": []}, "metadata"),
        ({"name": "Eva", "metadata": {"signo": "aries"}}, "metadata.signo"),
        ({"name": "Eva", "metadata": {"budget": 3500}}, "metadata.budget"),
        ({"name": "Eva", "metadata": {"budget": {"amount": -1}}}, "metadata.budget.amount"),
        ({"name": "Eva", "metadata": {"location": ["Narnia"]}}, "metadata.location"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused_by_field_and_leaves_nothing(
    admin: User, given: dict[str, Any], field: str
) -> None:
    answer = signed_in(admin).post(LEADS, given)
    assert (answer.status_code, codes(answer)[0][0]) == (400, field)
    assert Lead.objects.count() == 0


# --- Listing -----------------------------------------------------------------------------------


@pytest.fixture
def some(broker: Broker, agent: User) -> None:
    made = [
        ("Ana", {"status": "hot", "lead_score": 80, "tags": ["web", "vip"], "assigned_to": agent}),
        ("Beto", {"status": "warm", "lead_score": 40, "pipeline_stage": "perfilamiento"}),
        ("Caro", {"status": "cold", "lead_score": 5, "tags": ["web"], "phone": PHONE}),
    ]
    for name, fields in made:
        LeadFactory(broker=broker, name=name, **fields)
    LeadFactory(broker=broker, name="Fusionado", merged_into=Lead.objects.get(name="Ana"))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("ordering=name", ["Ana", "Beto", "Caro"]),
        ("ordering=-lead_score", ["Ana", "Beto", "Caro"]),
        ("status=hot", ["Ana"]),
        ("status=hot,warm&ordering=name", ["Ana", "Beto"]),
        ("pipeline_stage=perfilamiento", ["Beto"]),
        ("assigned_to=none&ordering=name", ["Beto", "Caro"]),
        ("score_min=40&ordering=name", ["Ana", "Beto"]),
        ("score_max=40&ordering=name", ["Beto", "Caro"]),
        ("score_min=10&score_max=50", ["Beto"]),
        ("tags=web&ordering=name", ["Ana", "Caro"]),
        ("tags=web,vip", ["Ana"]),
        ("search=beT", ["Beto"]),
        ("search=987651234", ["Caro"]),
        ("search=nadie", []),
    ],
)
def test_leads_are_found(admin: User, some: None, query: str, names: list[str]) -> None:
    assert listed(signed_in(admin), query) == names


def test_leads_are_found_by_who_has_them(admin: User, agent: User, some: None) -> None:
    assert listed(signed_in(admin), f"assigned_to={agent.pk}") == ["Ana"]


def test_an_agent_sees_theirs_and_the_pool(agent: User, agent2: User, some: None) -> None:
    assert listed(signed_in(agent), "ordering=name") == ["Ana", "Beto", "Caro"]
    assert listed(signed_in(agent2), "ordering=name") == ["Beto", "Caro"]


# --- Actions -----------------------------------------------------------------------------------


def test_moving_goes_by_the_graph(agent: User, lead: Lead) -> None:
    client = signed_in(agent)
    moved = client.post(url(lead, "move/"), {"pipeline_stage": "perfilamiento"})
    assert (moved.status_code, moved.json()["pipeline_stage"]) == (200, "perfilamiento")
    no_edge = client.post(url(lead, "move/"), {"pipeline_stage": "ganado"})
    assert (no_edge.status_code, codes(no_edge)) == (409, [(None, "stage_not_allowed")])
    no_reason = client.post(url(lead, "move/"), {"pipeline_stage": "perdido"})
    assert (no_reason.status_code, codes(no_reason)) == (400, [("reason", "reason_required")])
    unknown = client.post(url(lead, "move/"), {"pipeline_stage": "limbo"})
    assert (unknown.status_code, codes(unknown)) == (400, [("pipeline_stage", "invalid_choice")])


def test_an_admin_assigns_within_the_broker(
    admin: User, agent: User, agent2: User, rival_agent: User, lead: Lead
) -> None:
    client = signed_in(admin)
    given = client.post(url(lead, "assign/"), {"assigned_to": agent2.pk})
    assert (given.status_code, given.json()["assigned_to"]) == (200, agent2.pk)
    foreign = client.post(url(lead, "assign/"), {"assigned_to": rival_agent.pk})
    assert (foreign.status_code, codes(foreign)) == (400, [("assigned_to", "does_not_exist")])
    back = client.post(url(lead, "assign/"), {"assigned_to": None})
    assert back.json()["assigned_to"] is None
    refused = signed_in(agent).post(url(lead, "assign/"), {"assigned_to": agent.pk})
    assert refused.status_code == 403


def test_a_superadmin_assigns_nobody_of_another_broker(
    superadmin: User, rival_agent: User, lead: Lead
) -> None:
    client = signed_in(superadmin)
    for call in (client.post, client.patch):
        where = url(lead, "assign/") if call == client.post else url(lead)
        answer = call(where, {"assigned_to": rival_agent.pk})
        assert (answer.status_code, codes(answer)) == (400, [("assigned_to", "does_not_exist")])


def test_an_agent_hands_no_lead_to_others(agent: User, agent2: User, lead: Lead) -> None:
    client = signed_in(agent)
    assert client.patch(url(lead), {"assigned_to": None}).status_code == 403
    answer = client.patch(url(lead), {"assigned_to": agent2.pk})
    assert (answer.status_code, codes(answer)) == (400, [("assigned_to", "does_not_exist")])


@pytest.mark.django_db(transaction=True)
def test_of_two_claims_at_once_one_wins(broker: Broker) -> None:
    people = UserFactory.create_batch(4, broker=broker)
    lead, answers, start = LeadFactory(broker=broker), [], threading.Barrier(4)

    def go(person: User) -> None:
        client = signed_in(person)
        start.wait()
        answers.append((client.post(url(lead, "claim/")).status_code, person.pk))
        connection.close()

    threads = [threading.Thread(target=go, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [pk for status, pk in answers if status == 200]
    lead.refresh_from_db()
    assert winners == [lead.assigned_to_id]
    assert {status for status, _ in answers} <= {200, 404, 409}


def test_rescoring_answers_the_receipt(agent: User, lead: Lead) -> None:
    receipt = signed_in(agent).post(url(lead, "rescore/")).json()
    lead.refresh_from_db()
    assert (receipt["total"], set(receipt["components"])) == (
        lead.lead_score,
        {"base", "behavior", "engagement"},
    )


@pytest.fixture
def chatting(lead: Lead) -> Lead:
    ConversationFactory(broker=lead.broker, lead=lead)
    ChannelIdentityFactory(broker=lead.broker, lead=lead)
    return lead


def test_writing_takes_the_microphone_and_is_sent_once_per_key(agent: User, chatting: Lead) -> None:
    client, given = signed_in(agent), {"text": "Hola, soy Ana"}
    key = {"Idempotency-Key": "abc"}
    first, second = (client.post(url(chatting, "messages/"), given, headers=key) for _ in "12")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert (first.json()["author"], first.json()["sent_by"]) == ("user", agent.pk)
    held = client.get(url(chatting)).json()["conversation"]
    assert (held["holder"], held["held_by"]) == ("user", agent.pk)
    page = client.get(url(chatting, "messages/")).json()
    assert [row["message_text"] for row in page["results"]] == ["Hola, soy Ana"]


@pytest.mark.parametrize("text", ["", "   ", None, True, ["a"], "x" * 20_001])
def test_what_is_no_message_is_refused(agent: User, chatting: Lead, text: Any) -> None:
    answer = signed_in(agent).post(url(chatting, "messages/"), {"text": text})
    assert (answer.status_code, codes(answer)[0][0]) == (400, "text")
    assert ChatMessage.objects.count() == 0


def test_an_idempotency_key_that_is_too_long_is_refused(agent: User, chatting: Lead) -> None:
    answer = signed_in(agent).post(
        url(chatting, "messages/"), {"text": "Hola"}, headers={"Idempotency-Key": "x" * 101}
    )
    assert (answer.status_code, codes(answer)[0][0]) == (400, "Idempotency-Key")


def test_a_lead_without_a_channel_cannot_be_written_to(agent: User, lead: Lead) -> None:
    answer = signed_in(agent).post(url(lead, "messages/"), {"text": "Hola"})
    assert (answer.status_code, codes(answer)) == (409, [(None, "no_channel")])
    assert not Conversation.objects.filter(holder="user").exists()


def test_the_microphone_is_taken_and_given_back(agent: User, chatting: Lead) -> None:
    client = signed_in(agent)
    assert client.post(url(chatting, "takeover/")).json()["holder"] == "user"
    given = client.post(url(chatting, "release/")).json()
    assert (given["holder"], given["held_by"]) == ("assistant", None)


def test_opting_out_is_kept_and_ends_marketing(agent: User, chatting: Lead) -> None:
    answer = signed_in(agent).post(
        url(chatting, "opt-out/"), {"everything": True, "evidence": "Lo pidió por teléfono"}
    )
    assert answer.status_code == 200
    consent = Consent.objects.get(lead=chatting)
    assert (consent.state, consent.channel, consent.evidence) == (
        "withdrawn",
        "",
        "Lo pidió por teléfono",
    )


def test_the_timeline_tells_messages_and_events_together(agent: User, chatting: Lead) -> None:
    ChatMessageFactory(broker=chatting.broker, lead=chatting)
    signed_in(agent).post(url(chatting, "move/"), {"pipeline_stage": "perfilamiento"})
    story = signed_in(agent).get(url(chatting, "timeline/")).json()
    assert story["count"] == 1 + ActivityLog.objects.filter(lead=chatting).count()
    kinds = {moment["kind"] for moment in story["results"]}
    assert kinds == {"message", "activity"}
    moments = [moment["at"] for moment in story["results"]]
    assert moments == sorted(moments, reverse=True)
    told = [moment["message"]["message_text"] for moment in story["results"] if moment["message"]]
    assert told == ["Hola, busco departamento en Ñuñoa"]


# --- Conversations and metrics -----------------------------------------------------------------


def test_conversations_are_found_by_who_holds_them(
    admin: User, agent: User, broker: Broker, at: Any
) -> None:
    holders = {
        "assistant": {"holder": "assistant"},
        "human": {"holder": "user", "held_by": agent},
        "waiting": {"holder": "waiting", "waiting_since": at, "waiting_reason": "requested"},
    }
    made = {state: ConversationFactory(broker=broker, **held).pk for state, held in holders.items()}
    client = signed_in(admin)
    for state, pk in made.items():
        found = client.get(f"{CONVERSATIONS}?state={state}").json()["results"]
        assert [row["id"] for row in found] == [pk]
    assert codes(client.get(f"{CONVERSATIONS}?state=mudo")) == [("state", "invalid_choice")]


def test_a_conversation_shows_its_latest_message(admin: User, chatting: Lead) -> None:
    for text in ("primero", "último"):
        ChatMessageFactory(broker=chatting.broker, lead=chatting, message_text=text)
    [row] = signed_in(admin).get(CONVERSATIONS).json()["results"]
    assert (row["last_message"], row["lead_name"]) == ("último", chatting.name)


def test_the_metrics_are_of_the_callers_leads(admin: User, agent2: User, lead: Lead) -> None:
    def count(who: User) -> int:
        return signed_in(who).get("/api/v1/pipeline/metrics/").json()["stages"][0]["count"]

    assert (count(admin), count(agent2)) == (1, 0)
