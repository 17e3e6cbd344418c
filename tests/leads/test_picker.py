"""Writing to a lead outside WhatsApp's 24 hours: a person chooses an approved template."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from leads import outbox
from leads.models import ChatMessage, Conversation
from tests.api import codes, signed_in
from tests.channels import camila, connected, meta, telegram
from tests.factories import MessageTemplateFactory

__all__ = ["camila", "connected", "meta", "telegram"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def silent(camila):
    Conversation.objects.filter(lead=camila).update(
        channel="whatsapp", last_inbound_at=timezone.now() - timedelta(days=2)
    )
    camila.refresh_from_db()
    return camila


@pytest.fixture
def visit(silent):
    return MessageTemplateFactory(
        broker=silent.broker,
        name="Visita",
        content="Hola {{first_name}}, ¿vienes el {{dia}}? Saludos.",
        whatsapp_name="visita",
        whatsapp_language="es_CL",
        approval="approved",
    )


def url(lead, what="messages"):
    return f"/api/v1/leads/{lead.pk}/{what}/"


def test_a_free_text_is_refused_with_what_to_do(agent, silent, visit):
    answer = signed_in(agent).post(url(silent), {"text": "Hola"})
    assert (answer.status_code, answer.json()["data"]["reason"]) == (409, "whatsapp_window_closed")
    assert "plantilla aprobada" in answer.json()["errors"][0]["detail"]
    assert ChatMessage.objects.count() == 0
    assert Conversation.objects.get().holder == "assistant"


def test_the_picker_shows_each_template_as_the_lead_would_read_it(agent, silent, visit, rival):
    for fields in ({"approval": "pending"}, {"broker": rival}, {"whatsapp_body": "Otro texto"}):
        usual = {"broker": silent.broker, "whatsapp_name": "x", "approval": "approved"}
        MessageTemplateFactory(**{**usual, **fields})
    assert signed_in(agent).get(url(silent, "templates")).json() == {
        "needed": True,
        "templates": [
            {
                "template": visit.pk,
                "name": "Visita",
                "text": "Hola Camila, ¿vienes el [dia]? Saludos.",
                "missing": ["dia"],
            }
        ],
    }


def test_a_chosen_template_is_filled_and_sent_and_takes_the_microphone(agent, meta, silent, visit):
    given = {"template": visit.pk, "variables": {"dia": "jueves"}}
    answer = signed_in(agent).post(url(silent), given, format="json")
    assert (answer.status_code, answer.json()["message_text"]) == (
        201, "Hola Camila, ¿vienes el jueves? Saludos.",
    )  # fmt: skip
    outbox.deliver(answer.json()["id"], at=timezone.now())
    sent = meta.sent[0]["template"]
    assert [each["text"] for each in sent["components"][0]["parameters"]] == ["Camila", "jueves"]
    assert Conversation.objects.get().held_by == agent


def test_a_value_that_nobody_knows_is_asked_for(agent, silent, visit):
    answer = signed_in(agent).post(url(silent), {"template": visit.pk})
    assert (answer.status_code, codes(answer)) == (400, [("variables", "template_value_missing")])


@pytest.mark.parametrize("change", [{"approval": "paused"}, {"whatsapp_body": "Otro {{1}} texto."}])
def test_a_template_without_approval_opens_nothing(agent, silent, visit, change):
    for name, value in change.items():
        setattr(visit, name, value)
    visit.save()
    given = {"template": visit.pk, "variables": {"dia": "jueves"}}
    answer = signed_in(agent).post(url(silent), given, format="json")
    assert (answer.status_code, answer.json()["data"]["reason"]) == (409, "whatsapp_window_closed")


def test_another_brokers_template_does_not_exist(agent, silent, rival, visit):
    visit.broker = rival
    visit.save()
    answer = signed_in(agent).post(url(silent), {"template": visit.pk})
    assert (answer.status_code, codes(answer)) == (400, [("template", "does_not_exist")])


def test_a_template_paused_between_choosing_and_sending_is_not_sent(agent, meta, silent, visit):
    given = {"template": visit.pk, "variables": {"dia": "jueves"}}
    message = signed_in(agent).post(url(silent), given, format="json").json()
    visit.approval = "paused"
    visit.save()
    outbox.deliver(message["id"], at=timezone.now())
    row = ChatMessage.objects.get(pk=message["id"])
    assert (row.status, row.reason, meta.sent) == ("blocked", "whatsapp_window_closed", [])


def test_the_leads_page_offers_the_templates_and_asks_for_what_is_missing(
    agent, client, meta, silent, visit
):
    client.force_login(agent)
    page = client.get(f"/admin/leads/lead/{silent.pk}/change/").text
    assert 'Hola Camila, ¿vienes el <mark data-value="dia">[dia]</mark>? Saludos.' in page
    assert 'name="text"' not in page
    reply = f"/admin/leads/lead/{silent.pk}/reply/"
    key = "6f1c8a52-4c0f-4f0e-9d7a-0c1c5f1f2a11"
    asked = client.post(reply, {"template": visit.pk, "key": key})
    assert (ChatMessage.objects.count(), 'name="value_dia"' in asked.text) == (0, True)
    done = client.post(reply, {"template": visit.pk, "key": key, "value_dia": "viernes"})
    assert done.status_code == 302
    assert ChatMessage.objects.get().message_text == "Hola Camila, ¿vienes el viernes? Saludos."
    typed = client.post(reply, {"text": "Hola", "key": key})
    assert "plantilla aprobada" in typed.text


def test_the_inbox_asks_for_what_is_missing_right_in_the_reply_box(
    agent, client, meta, silent, visit
):
    client.force_login(agent)
    conversation = silent.conversation.pk
    box = client.get(f"/admin/leads/conversation/bandeja/?abierta={conversation}").text
    assert 'Hola Camila, ¿vienes el <mark data-value="dia">[dia]</mark>? Saludos.' in box
    [field] = re.findall(r'<input name="value_\w+"[^>]*>', box)
    assert ('data-value="dia"' in field, "required" in field, "disabled" in field) == (True,) * 3
    assert "leads/picker.js" in box

    def answer(**given):
        key = {"template": visit.pk, "key": "6f1c8a52-4c0f-4f0e-9d7a-0c1c5f1f2a11"}
        url = f"/admin/leads/conversation/{conversation}/responder/"
        return client.post(url, {**key, **given}, headers={"accept": "application/json"})

    refused = answer(value_dia="  ")
    assert (refused.status_code, refused.json()["error"]) == (400, "Falta: dia")
    assert ChatMessage.objects.count() == 0
    assert answer(value_dia="viernes", value_first_name="Doña Camila").status_code == 204
    assert answer(value_dia="viernes").status_code == 204
    assert (
        ChatMessage.objects.get().message_text == "Hola Doña Camila, ¿vienes el viernes? Saludos."
    )


def test_a_value_is_shown_and_sent_as_text_whatever_it_holds(agent, client, silent, visit):
    silent.name = "<b>Camila</b> {{broker}}"
    silent.save()
    client.force_login(agent)
    page = client.get(f"/admin/leads/lead/{silent.pk}/change/").text
    assert "Hola &lt;b&gt;Camila&lt;/b&gt;, ¿vienes" in page


def test_the_page_says_so_when_there_is_no_template(agent, client, silent):
    client.force_login(agent)
    page = client.get(f"/admin/leads/lead/{silent.pk}/change/").text
    assert "No hay plantillas aprobadas" in page


def test_what_could_not_be_delivered_says_why_and_what_to_do(agent, client, meta, camila, at):
    meta.next = [(400, {"error": {"code": 131026}})]
    message = outbox.queue(
        camila, text="hola", channel="whatsapp", author="assistant", purpose="reply", at=at
    )
    outbox.deliver(message.pk, at=at)
    client.force_login(agent)
    page = client.get(f"/admin/leads/lead/{camila.pk}/change/").text
    assert "Llama al lead o escríbele por otro canal" in page


def test_admins_keep_templates_in_step_from_the_list(admin, agent, client, meta, visit):
    client.force_login(admin)
    listed = client.get("/admin/leads/messagetemplate/").text
    assert ("Sincronizar con Meta" in listed, "aprobada" in listed) == (True, True)
    door = client.get("/admin/leads/messagetemplate/sync/").headers["Location"]
    assert client.get(door).status_code == 200
    assert meta.asked == []
    done = client.post(door, follow=True)
    assert "En Meta: 0. Nuevas: 0." in done.text
    visit.approval = "rejected"
    visit.save()
    submit = f"/admin/leads/messagetemplate/{visit.pk}/submit/"
    assert "Está en revisión en Meta" in client.post(submit, follow=True).text
    again = client.post(submit)
    assert (again.status_code, "Ya está en revisión" in again.text) == (409, True)
    client.force_login(agent)
    assert "Sincronizar con Meta" not in client.get("/admin/leads/messagetemplate/").text
    assert client.post(submit).status_code == 403
