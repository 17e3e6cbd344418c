"""The lead's page and the conversation lists, as an agent works with them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from brokers.models import Broker, User
from leads import facts, handoff
from leads.enums import Holder, SignalKind
from leads.models import (
    ActivityLog,
    ChannelIdentity,
    ChatMessage,
    Conversation,
    Lead,
    MergeSuggestion,
    StageTransition,
)
from tests.factories import ChatMessageFactory, LeadFactory, MergeSuggestionFactory

pytestmark = pytest.mark.django_db


def page(lead: Lead, name: str = "change") -> str:
    return reverse(f"admin:leads_lead_{name}", args=[lead.pk])


def told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def talking(lead: Lead) -> Lead:
    """The lead with a web chat that they wrote in."""
    Conversation.objects.create(broker=lead.broker, lead=lead)
    ChannelIdentity.objects.create(
        broker=lead.broker, lead=lead, channel="webchat", external_id="visitor"
    )
    return lead


@pytest.fixture
def ana(agent: User, client: Client) -> Client:
    client.force_login(agent)
    return client


# --- Moving, assigning, scoring ---------------------------------------------------------------


def test_moving_a_lead_goes_through_the_pipeline(ana: Client, lead: Lead, agent: User) -> None:
    response = ana.post(page(lead, "move"), {"to": "perfilamiento", "reason": ""})
    assert response.status_code == 302
    transition = StageTransition.objects.get(lead=lead)
    assert (transition.from_stage, transition.to_stage) == ("entrada", "perfilamiento")
    assert transition.by == agent


def test_a_stage_the_graph_does_not_allow_is_not_offered_and_is_refused(
    ana: Client, lead: Lead
) -> None:
    offered = ana.get(page(lead, "move")).context["form"].fields["to"].choices
    assert "ganado" not in dict(offered)
    response = ana.post(page(lead, "move"), {"to": "ganado"})
    assert "to" in response.context["form"].errors
    lead.refresh_from_db()
    assert lead.pipeline_stage == "entrada"


def test_losing_a_lead_needs_a_reason_said_on_the_form(ana: Client, lead: Lead) -> None:
    response = ana.post(page(lead, "move"), {"to": "perdido", "reason": ""})
    assert response.status_code == 409
    assert "Escribe el motivo del cambio de etapa." in response.content.decode()
    assert not StageTransition.objects.exists()


def test_opening_a_button_changes_nothing(ana: Client, talking: Lead) -> None:
    before = Lead.objects.values().get(pk=talking.pk)
    names = ["move", "assign", "rescore", "opt_out", "take", "give_back", "reply"]
    assert {ana.get(page(talking, name)).status_code for name in names} == {200}
    assert Lead.objects.values().get(pk=talking.pk) == before
    assert not ActivityLog.objects.exists()


def test_of_two_who_claim_one_wins(
    client: Client, broker: Broker, agent: User, agent2: User
) -> None:
    free = LeadFactory(broker=broker)
    client.force_login(agent)
    assert client.post(page(free, "claim")).status_code == 302
    client.force_login(agent2)
    assert client.post(page(free, "claim")).status_code == 404
    free.refresh_from_db()
    assert free.assigned_to == agent


def test_an_agent_who_gives_a_lead_away_lands_on_the_list(
    client: Client, admin: User, lead: Lead, agent2: User
) -> None:
    client.force_login(admin)
    assert client.post(page(lead, "assign"), {"to": agent2.pk}).url == page(lead)
    lead.refresh_from_db()
    assert lead.assigned_to == agent2


def test_an_agent_is_offered_no_colleagues_to_assign_to(
    ana: Client, lead: Lead, agent: User, agent2: User
) -> None:
    assert list(ana.get(page(lead, "assign")).context["form"].fields["to"].queryset) == [agent]
    ana.post(page(lead, "assign"), {"to": agent2.pk})
    lead.refresh_from_db()
    assert lead.assigned_to == agent


def test_chosen_leads_are_rescored_together(client: Client, admin: User, lead: Lead) -> None:
    client.force_login(admin)
    data = {"action": "rescore_chosen", "_selected_action": [lead.pk]}
    response = client.post(reverse("admin:leads_lead_changelist"), data)
    assert told(response) == ["Recalculados: 1"]
    lead.refresh_from_db()
    assert lead.lead_score > 0


# --- The conversation -------------------------------------------------------------------------


def test_a_reply_takes_the_microphone_and_is_queued_once(
    ana: Client, talking: Lead, agent: User
) -> None:
    key = str(ana.get(page(talking)).context["reply"]["key"].value())
    for _ in range(2):
        ana.post(page(talking, "reply"), {"text": "Hola, soy Ana", "key": key})
    message = ChatMessage.objects.get(lead=talking)
    assert (message.message_text, message.author, message.sent_by) == (
        "Hola, soy Ana",
        "user",
        agent,
    )
    assert Conversation.objects.get(lead=talking).held_by == agent


def test_a_reply_that_cannot_leave_keeps_the_text_on_the_form(ana: Client, lead: Lead) -> None:
    Conversation.objects.create(broker=lead.broker, lead=lead)
    key = "0b0e4d9e-26a0-4ba4-9d6e-1a1e7c1b9d11"
    response = ana.post(page(lead, "reply"), {"text": "Hola, soy Ana", "key": key})
    assert response.status_code == 409
    assert "Hola, soy Ana" in response.content.decode()
    assert not ChatMessage.objects.exists()


def test_taking_and_giving_back_the_conversation(ana: Client, talking: Lead, agent: User) -> None:
    ana.post(page(talking, "take"))
    assert Conversation.objects.get(lead=talking).held_by == agent
    ana.post(page(talking, "give_back"))
    assert Conversation.objects.get(lead=talking).holder == Holder.ASSISTANT


def test_those_who_wait_for_a_person_come_first(
    client: Client, admin: User, broker: Broker
) -> None:
    now = timezone.now()
    calm, early, late = (LeadFactory(broker=broker) for _ in range(3))
    for each in (calm, early, late):
        Conversation.objects.create(broker=broker, lead=each, last_inbound_at=now)
    handoff.ask_for_person(late, reason="requested", at=now)
    handoff.ask_for_person(early, reason="anger", at=now - timedelta(hours=1))
    client.force_login(admin)
    listed = client.get(reverse("admin:leads_conversation_changelist")).context["cl"].result_list
    assert [row.lead for row in listed] == [early, late, calm]


def test_a_conversation_opens_in_the_inbox(ana: Client, talking: Lead) -> None:
    url = reverse("admin:leads_conversation_change", args=[talking.conversation.pk])
    inbox = reverse("admin:leads_conversation_inbox")
    assert ana.get(url).url == f"{inbox}?abierta={talking.conversation.pk}"


def test_the_page_shows_the_newest_messages_with_author_and_delivery(
    ana: Client, talking: Lead, agent: User
) -> None:
    ChatMessageFactory(broker=talking.broker, lead=talking, message_text="¿Está disponible?")
    ChatMessageFactory(
        broker=talking.broker, lead=talking, message_text="Sí, el jueves",
        direction="out", author="user", sent_by=agent, status="failed", reason="channel_error",
    )  # fmt: skip
    bubbles = ana.get(page(talking)).context["bubbles"]
    assert [bubble.message.message_text for bubble in bubbles] == [
        "Sí, el jueves",
        "¿Está disponible?",
    ]
    assert [bubble.author for bubble in bubbles] == ["Ana Pérez", str(talking)]
    assert [bubble.mark for bubble in bubbles] == ["error", ""]


def test_markup_in_a_message_is_shown_as_text(ana: Client, talking: Lead) -> None:
    ChatMessageFactory(
        broker=talking.broker, lead=talking, message_text="<script>alert(1)</script>"
    )
    html = ana.get(page(talking)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert(1)" not in html


# --- Lists, duplicates, history ---------------------------------------------------------------


def test_the_list_is_searched_by_name_phone_and_email_and_filtered(
    client: Client, admin: User, broker: Broker, agent: User
) -> None:
    ana, pedro = (
        LeadFactory(broker=broker, name="Ana Riquelme", email="ana@example.com", tags=["vip"]),
        LeadFactory(
            broker=broker, name="Pedro Soto", assigned_to=agent, lead_score=60, status="hot"
        ),
    )
    client.force_login(admin)

    def found(**query: str) -> list[Lead]:
        response = client.get(reverse("admin:leads_lead_changelist"), query)
        return list(response.context["cl"].result_list)

    assert found(q="riquelme") == [ana]
    assert found(q="ana@example") == [ana]
    assert found(q=pedro.phone) == [pedro]
    assert found(status__exact="hot") == [pedro]
    assert found(asignado="nadie") == [ana]
    assert found(asignado=str(agent.pk)) == [pedro]
    assert found(puntaje="50-75") == [pedro]
    assert found(tags__icontains="vip") == [ana]


def test_a_suggestion_is_dismissed_once(client: Client, admin: User, broker: Broker) -> None:
    row = MergeSuggestionFactory(broker=broker)
    client.force_login(admin)
    url = reverse("admin:leads_mergesuggestion_dismiss", args=[row.pk])
    assert [client.post(url).status_code for _ in range(2)] == [302, 409]
    assert MergeSuggestion.objects.get().state == "dismissed"


def test_opting_out_is_recorded_with_its_evidence(ana: Client, talking: Lead, agent: User) -> None:
    ana.post(page(talking, "opt_out"), {"evidence": "Lo pidió por teléfono"})
    assert talking.consents.get().evidence == "Lo pidió por teléfono"
    assert talking.signals.get().kind == SignalKind.OPTED_OUT


def test_the_page_costs_the_same_for_a_short_and_a_long_story(
    ana: Client, talking: Lead, agent: User
) -> None:
    facts.record(
        talking, facts.Facts(dicom="clean"), source="person", user=agent, at=timezone.now()
    )
    costs = []
    for messages in (1, 60):
        _tell(talking, agent, messages)
        ana.get(page(talking))
        with CaptureQueriesContext(connection) as captured:
            assert ana.get(page(talking)).status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1] <= 38  # nine are the gate's, on the one channel


def _tell(lead: Lead, agent: User, messages: int) -> None:
    for _ in range(messages):
        ChatMessageFactory(
            broker=lead.broker, lead=lead, direction="out", author="user", sent_by=agent
        )
        ActivityLog.objects.create(
            broker=lead.broker, lead=lead, user=agent, actor="human", action_type="assigned",
            timestamp=timezone.now(),
        )  # fmt: skip


# --- Merging ----------------------------------------------------------------------------------


def test_two_leads_are_compared_united_and_told_apart_again(ana: Client, lead: Lead) -> None:
    lead.name = "Francisca Rojas"
    lead.save()
    other = LeadFactory(broker=lead.broker, assigned_to=lead.assigned_to, name="Camila Soto")
    found = ana.get(page(lead, "merge"), {"q": "Camila Soto"}).content.decode()
    assert f"?other={other.pk}" in found
    html = ana.get(page(lead, "merge"), {"other": other.pk}).content.decode()
    assert f"Unir en {lead}" in html
    united = ana.post(page(lead, "merge"), {"other": other.pk, "keep": lead.pk})
    assert united.url == page(lead)
    other.refresh_from_db()
    assert other.merged_into == lead
    listed = ana.get(reverse("admin:leads_lead_changelist")).content.decode()
    assert "Camila Soto" not in listed
    assert "Deshacer la unión" in ana.get(page(other)).content.decode()
    assert ana.post(page(other, "claim")).status_code == 403
    assert ana.post(page(other, "unmerge")).status_code == 302
    other.refresh_from_db()
    assert other.merged_into is None


def test_a_lead_of_somebody_else_is_no_candidate(ana: Client, lead: Lead, agent2: User) -> None:
    hidden = LeadFactory(broker=lead.broker, assigned_to=agent2)
    assert ana.post(page(lead, "merge"), {"other": hidden.pk}).status_code == 404


def test_chosen_pairs_are_united_at_once(lead: Lead, admin: User, client: Client) -> None:
    client.force_login(admin)
    other = LeadFactory(broker=lead.broker)
    pair = MergeSuggestionFactory(broker=lead.broker, lead=other, other=lead)
    client.post(
        reverse("admin:leads_mergesuggestion_changelist"),
        {"action": "merge_chosen", "_selected_action": [pair.pk]},
    )
    other.refresh_from_db()
    assert other.merged_into == lead
