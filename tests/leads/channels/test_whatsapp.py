"""What leaves through WhatsApp's Cloud API."""

from datetime import timedelta

import pytest

from leads.channels import whatsapp_templates
from leads.models import ChannelIdentity, ChatMessage, Conversation
from tests.channels import send
from tests.factories import MessageTemplateFactory
from tests.fakes import meta as answers
from tests.leads.channels.test_telegram import SLOTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def silent(camila, at):
    """Camila, who wrote two days ago: only a template may reach her."""
    Conversation.objects.filter(lead=camila).update(last_inbound_at=at - timedelta(days=2))
    return camila


@pytest.fixture
def reminder(camila):
    return MessageTemplateFactory(
        broker=camila.broker,
        content="Hola {{name}}, tu visita es {{when}}.",
        whatsapp_name="recordatorio_visita",
        whatsapp_language="es_CL",
        approval="approved",
    )


def test_a_text_goes_to_the_number_with_our_own_id_to_be_told_back(meta, camila, at):
    message = send(camila, "whatsapp", "hola", at)
    assert meta.requests == [
        (
            "/v23.0/106540352242922/messages",
            {
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": "56987654321",
                "type": "text",
                "text": {"body": "hola"},
                "biz_opaque_callback_data": str(message.pk),
            },
        )
    ]
    assert message.channel_message_id == "wamid.1"


def test_a_business_scoped_id_is_a_recipient_and_not_a_number(meta, camila, at):
    ChannelIdentity.objects.filter(channel="whatsapp").update(external_id="CL.1349")
    send(camila, "whatsapp", "hola", at)
    assert (meta.sent[0].get("to"), meta.sent[0]["recipient"]) == (None, "CL.1349")


def test_offered_slots_are_a_list_to_choose_from(meta, camila, at):
    choices = [*SLOTS, {"label": "Otro día", "value": "other"}]
    message = send(camila, "whatsapp", "¿Cuál?", at, metadata={"choices": choices})
    listed = meta.sent[0]["interactive"]
    assert (listed["type"], listed["body"]["text"]) == ("list", "¿Cuál?")
    assert listed["action"]["sections"][0]["rows"] == [
        {
            "id": f"{message.pk}:0",
            "title": "Opción 1",
            "description": "jueves 26 de noviembre a las 11:00",
        },
        {
            "id": f"{message.pk}:1",
            "title": "Opción 2",
            "description": "viernes 27 de noviembre a las 16:00",
        },
        {"id": f"{message.pk}:2", "title": "Otro día"},
    ]


def test_a_text_too_long_for_a_list_comes_before_it(meta, camila, at):
    long = "palabra " * 200
    message = send(camila, "whatsapp", long, at, metadata={"choices": SLOTS})
    assert [each["type"] for each in meta.sent] == ["text", "interactive"]
    told_back = [each["biz_opaque_callback_data"] for each in meta.sent]
    assert told_back == [f"{message.pk}:1", str(message.pk)]


def test_outside_the_window_nothing_goes_without_a_template(meta, silent, at):
    message = send(silent, "whatsapp", "hola", at, purpose="human", author="user")
    assert (message.status, message.reason, meta.sent) == ("blocked", "whatsapp_window_closed", [])


def test_outside_the_window_an_approved_template_takes_the_texts_place(meta, silent, reminder, at):
    carried = whatsapp_templates.metadata(reminder, {"name": "Camila", "when": "mañana", "x": "y"})
    message = send(silent, "whatsapp", "texto", at, purpose="reminder", metadata=carried)
    assert (message.status, meta.sent[0]["type"]) == ("sent", "template")
    assert meta.sent[0]["template"] == {
        "name": "recordatorio_visita",
        "language": {"code": "es_CL"},
        "components": [
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "parameter_name": "name", "text": "Camila"},
                    {"type": "text", "parameter_name": "when", "text": "mañana"},
                ],
            }
        ],
    }


def test_inside_the_window_the_text_itself_goes(meta, camila, reminder, at):
    carried = whatsapp_templates.metadata(reminder, {"name": "Camila"})
    send(camila, "whatsapp", "texto", at, purpose="reminder", metadata=carried)
    assert meta.sent[0]["text"] == {"body": "texto"}


@pytest.mark.parametrize("approval", ["pending", "rejected", "none"])
def test_a_template_that_is_not_approved_opens_nothing(meta, silent, reminder, at, approval):
    reminder.approval = approval
    reminder.save()
    carried = whatsapp_templates.metadata(reminder, {"name": "Camila"})
    message = send(silent, "whatsapp", "texto", at, purpose="reminder", metadata=carried)
    assert (message.reason, meta.sent) == ("whatsapp_window_closed", [])


def test_another_brokers_template_opens_nothing(meta, silent, reminder, rival, at):
    reminder.broker = rival
    reminder.save()
    carried = whatsapp_templates.metadata(reminder, {})
    message = send(silent, "whatsapp", "texto", at, purpose="reminder", metadata=carried)
    assert message.reason == "whatsapp_window_closed"


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (answers.EXPIRED_TOKEN, "failed", "bad_credentials"),
        (answers.WINDOW_CLOSED, "failed", "whatsapp_window_closed"),
        (answers.DOWN, "pending", "vendor_error"),
        (answers.failure(400, 131056), "pending", "rate_limited"),
        (answers.failure(400, 132001), "failed", "template_rejected"),
        (answers.failure(400, 999999), "failed", "rejected"),
        (answers.failure(401, 999999), "failed", "bad_credentials"),
        (answers.failure(503, 999999), "pending", "vendor_error"),
        ((200, {"messages": []}), "failed", "outcome_unknown"),
        ((200, {}), "failed", "outcome_unknown"),
    ],
)
def test_what_whatsapp_answers_has_a_meaning(meta, camila, at, answer, status, reason):
    meta.next = [answer]
    message = send(camila, "whatsapp", "hola", at)
    assert (message.status, message.reason) == (status, reason)


def test_the_token_goes_in_a_header_and_not_to_the_logs(meta, camila, at, caplog):
    meta.next = [answers.EXPIRED_TOKEN]
    send(camila, "whatsapp", "mi texto", at)
    logged = [word for word in ("clave-de-meta", "56987654321", "mi texto") if word in caplog.text]
    assert logged == []
    assert ChatMessage.objects.get().reason == "bad_credentials"
