"""What leaves through WhatsApp's Cloud API."""

from datetime import timedelta

import pytest

from brokers.models import BrokerChatConfig
from leads import delivery, outbox, reasons
from leads.channels import whatsapp_errors, whatsapp_templates
from leads.models import ChannelIdentity, ChatMessage, Conversation
from tests import payloads
from tests.channels import post_whatsapp, send
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


def test_up_to_three_short_answers_are_buttons_and_a_press_comes_back_as_its_label(
    meta, camila, at, client
):
    choices = [{"label": label, "value": label} for label in ("Sí", "No", "Otro día")]
    message = send(camila, "whatsapp", "¿Vienes?", at, metadata={"choices": choices})
    asked = meta.sent[0]["interactive"]
    assert (message.status, asked["type"], asked["body"]["text"]) == ("sent", "button", "¿Vienes?")
    buttons = [each["reply"] for each in asked["action"]["buttons"]]
    assert buttons[1] == {"id": f"{message.pk}:1", "title": "No"}
    payload = payloads.load("whatsapp/list_reply")
    pressed = payload["entry"][0]["changes"][0]["value"]["messages"][0]
    pressed["interactive"] = {"type": "button_reply", "button_reply": buttons[2]}
    post_whatsapp(client, payload)
    assert ChatMessage.objects.latest("pk").message_text == "Otro día"


@pytest.mark.parametrize(
    "labels",
    [
        ["Sí", "No", "Quizás", "Otro día"],
        ["Igual", "Igual"],
        ["Departamento en Ñuñoa ya", "No"],
        [f"jueves {number} de noviembre a las 11:00 en la oficina" for number in range(1, 13)],
    ],
)
def test_what_does_not_fit_on_buttons_is_a_list_within_metas_limits(meta, camila, at, labels):
    choices = [{"label": label, "value": label} for label in labels]
    message = send(camila, "whatsapp", "¿Cuál?", at, metadata={"choices": choices})
    asked = meta.sent[0]["interactive"]
    rows = asked["action"]["sections"][0]["rows"]
    assert (message.status, asked["type"], len(rows)) == ("sent", "list", min(len(labels), 10))


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
        (answers.failure(400, 132001), "failed", "template_missing"),
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


@pytest.mark.parametrize(
    ("code", "reason", "wait"),
    [
        (131056, "rate_limited", 5),
        (130429, "rate_limited", 5),
        (80007, "rate_limited", 900),
        (4, "rate_limited", 900),
        (2, "vendor_error", 5),
        (133004, "vendor_error", 60),
        (131057, "vendor_error", 300),
        (131050, "marketing_stopped_by_lead", None),
        (131047, "whatsapp_window_closed", None),
        (131021, "own_number", None),
        (131030, "number_not_allowed_yet", None),
        (131037, "display_name_pending", None),
        (131062, "needs_phone_number", None),
        (133010, "number_not_registered", None),
        (33, "number_not_registered", None),
        (0, "bad_credentials", None),
        (10, "bad_credentials", None),
        (200, "bad_credentials", None),
        (299, "bad_credentials", None),
        (1, "rejected", None),
        (100, "rejected", None),
        (131051, "rejected", None),
        (135000, "rejected", None),
        (131052, "media_not_available", None),
        (131049, "limited_by_whatsapp", None),
        (130472, "limited_by_whatsapp", None),
        (131026, "not_on_whatsapp", None),
        (131048, "number_limited_for_spam", None),
        (131031, "account_restricted", None),
        (368, "account_restricted", None),
        (190, "bad_credentials", None),
        (131042, "account_unpaid", None),
        (131053, "media_rejected", None),
        (132000, "template_values", None),
        (132001, "template_missing", None),
        (132005, "template_too_long", None),
        (132007, "template_rejected", None),
        (132012, "template_values", None),
        (132015, "template_paused", None),
        (132016, "template_disabled", None),
    ],
)
def test_every_error_number_waits_or_ends_and_tells_a_person_what_to_do(
    meta, camila, at, code, reason, wait
):
    meta.next = [answers.failure(400, code)]
    message = send(camila, "whatsapp", "hola", at)
    later = at + timedelta(seconds=wait) if wait else None
    assert (message.status, message.reason) == ("pending" if wait else "failed", reason)
    assert later is None or message.due_at == later
    assert reasons.told(reason).endswith(".")
    assert reason not in reasons.told(reason)


def test_a_gateway_that_waited_in_vain_may_have_let_the_message_through(meta, camila, at):
    meta.next = [(504, {})]
    message = send(camila, "whatsapp", "hola", at)
    assert (message.status, message.reason) == ("failed", "outcome_unknown")


def test_a_burst_to_one_person_is_waited_out_and_is_no_failure(meta, camila, at):
    """Meta takes nothing more for some minutes; what was written later keeps its place."""
    refusals = delivery.MAX_ATTEMPTS + 1
    meta.next = [answers.failure(400, 131056)] * refusals
    first = send(camila, "whatsapp", "uno", at)
    second = send(camila, "whatsapp", "dos", at + timedelta(seconds=1))
    assert (second.status, meta.sent[1:]) == ("pending", [])
    for _ in range(refusals):
        assert (first.status, first.reason) == ("pending", "rate_limited")
        outbox.deliver(first.pk, at=first.due_at)
        first.refresh_from_db()
    assert first.status == "sent"
    outbox.deliver(second.pk, at=first.due_at)
    assert [each["text"]["body"] for each in meta.sent] == ["uno"] * (refusals + 1) + ["dos"]


def test_what_failed_for_good_does_not_promise_another_try():
    waits = [code for code in whatsapp_errors.RETRYABLE if whatsapp_errors.REASONS[code]]
    final = set(whatsapp_errors.REASONS.values()) - {whatsapp_errors.REASONS[c] for c in waits}
    assert not [reason for reason in final if "se reintenta" in reasons.told(reason)]


def test_a_token_changed_while_messages_wait_is_the_one_that_is_used(meta, camila, at, monkeypatch):
    used, usual = [], meta.take
    monkeypatch.setattr(
        meta, "take", lambda asked: used.append(asked.headers["Authorization"]) or usual(asked)
    )
    meta.next = [answers.DOWN]
    message = send(camila, "whatsapp", "hola", at)
    config = BrokerChatConfig.objects.get(broker=camila.broker)
    config.provider_configs["whatsapp"]["access_token"] = "clave-nueva"
    config.save()
    outbox.deliver(message.pk, at=message.due_at)
    message.refresh_from_db()
    assert (message.status, used) == ("sent", ["Bearer clave-de-meta", "Bearer clave-nueva"])


def test_every_reason_of_whatsapp_has_words():
    known = set(whatsapp_errors.REASONS.values()) | {"template_value_missing", "too_large"}
    assert known - set(reasons.TOLD) == set()


def test_the_token_goes_in_a_header_and_not_to_the_logs(meta, camila, at, caplog):
    meta.next = [answers.EXPIRED_TOKEN]
    send(camila, "whatsapp", "mi texto", at)
    logged = [word for word in ("clave-de-meta", "56987654321", "mi texto") if word in caplog.text]
    assert logged == []
    assert ChatMessage.objects.get().reason == "bad_credentials"
