"""What leaves through a broker's bot."""

import json

import pytest

from brokers.models import BrokerChatConfig
from leads import outbox, reasons
from leads.models import ChannelIdentity, ChatMessage, TelegramMessage
from tests.channels import send
from tests.fakes import telegram as answers
from tests.fakes.server import Told

pytestmark = pytest.mark.django_db
SLOTS = [
    {"label": "jueves 26 de noviembre a las 11:00", "value": "7"},
    {"label": "viernes 27 de noviembre a las 16:00", "value": "8"},
]


def test_a_sent_message_is_in_the_ledger_under_the_bot_and_the_chat(telegram, camila, at):
    message = send(camila, "telegram", "hola", at)
    assert message.channel_message_id == "1:7001:1000"
    row = TelegramMessage.objects.get()
    assert (row.bot_id, row.chat_id, row.telegram_message_id, row.update_id, row.direction) == (
        1, 7001, 1000, None, "out",
    )  # fmt: skip
    assert (row.chat_message, row.lead, row.broker) == (message, camila, camila.broker)


def test_offered_slots_are_buttons_under_the_message(telegram, camila, at):
    message = send(camila, "telegram", "¿Cuál?", at, metadata={"choices": SLOTS})
    assert telegram.sent[0]["buttons"] == [
        ("jueves 26 de noviembre a las 11:00", f"{message.pk}:0"),
        ("viernes 27 de noviembre a las 16:00", f"{message.pk}:1"),
    ]


def test_only_the_last_piece_of_a_long_message_has_the_buttons(telegram, camila, at):
    send(camila, "telegram", "palabra " * 600, at, metadata={"choices": SLOTS})
    assert [len(each["buttons"]) for each in telegram.sent] == [0, 2]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Perfecto. ¿Me das tu teléfono para coordinar?", True),
        ("¿Cuál es tu número de WhatsApp?", True),
        ("¿A qué número te llamo?", True),
        ("¿Qué número de dormitorios buscas?", False),
        ("Compárteme un teléfono de contacto.", True),
        ("Te llamarán a tu teléfono mañana.", False),
        ("¿Buscas casa o departamento?", False),
    ],
)
def test_asking_for_an_unknown_phone_offers_to_share_it(telegram, camila, at, text, asks):
    send(camila, "telegram", text, at)
    camila.phone_e164 = None
    camila.phone = ""
    camila.save()
    send(camila, "telegram", text, at)
    offered = [each["asks_for"] for each in telegram.sent]
    assert offered == [[], ["Compartir mi teléfono"] if asks else []]


def test_a_lead_who_blocked_the_bot_is_not_written_to_again(telegram, camila, at):
    telegram.next = [answers.BLOCKED]
    message = send(camila, "telegram", "hola", at)
    assert (message.status, message.reason) == ("failed", "blocked_by_lead")
    assert ChannelIdentity.objects.get(channel="telegram").blocked_at == at
    later = send(camila, "telegram", "¿hola?", at)
    assert (later.status, later.reason) == ("blocked", "blocked_by_lead")
    assert len(telegram.sent) == 1


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (answers.UNAUTHORIZED, "failed", "bad_credentials"),
        (answers.DOWN, "pending", "vendor_error"),
        (answers.refusal(400, "Bad Request: message is too long"), "failed", "rejected"),
        (answers.NOT_STARTED, "failed", "bot_not_started"),
        (answers.GONE, "failed", "account_gone"),
        (answers.refusal(409, "Conflict"), "failed", "rejected"),
        (answers.refusal(400, "migrated", migrate_to_chat_id=5), "failed", "rejected"),
    ],
)
def test_what_telegram_answers_has_a_meaning(telegram, camila, at, answer, status, reason):
    telegram.next = [answer]
    message = send(camila, "telegram", "hola", at)
    assert (message.status, message.reason) == (status, reason)
    assert reasons.told(reason) != reason
    assert ChannelIdentity.objects.get(channel="telegram").blocked_at is None


def test_a_gateway_that_waited_in_vain_may_have_let_the_message_through(telegram, camila, at):
    telegram.broken = [Told(504, b"<html>Gateway Timeout</html>")]
    message = send(camila, "telegram", "hola", at)
    assert (message.status, message.reason) == ("failed", "outcome_unknown")


def test_a_message_that_waited_goes_by_the_token_of_the_day(telegram, camila, at):
    telegram.next = [answers.UNAUTHORIZED, answers.DOWN]
    revoked = send(camila, "telegram", "uno", at)
    assert (revoked.status, revoked.reason) == ("failed", "bad_credentials")
    waiting = send(camila, "telegram", "dos", at)
    config = BrokerChatConfig.objects.get(broker=camila.broker)
    config.provider_configs["telegram"]["token"] = "2:clave-nueva"
    config.save()
    outbox.deliver(waiting.pk, at=waiting.due_at)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.channel_message_id) == ("sent", "2:7001:1000")
    paths = [path.split("/")[1] for path, _body in telegram.requests]
    assert paths == ["bot1:clave-del-bot", "bot1:clave-del-bot", "bot2:clave-nueva"]


def test_the_offer_to_share_a_phone_goes_with_the_next_message(telegram, camila, at):
    camila.phone_e164, camila.phone = None, ""
    camila.save()
    send(camila, "telegram", "¿Me das tu teléfono?", at)
    send(camila, "telegram", "Gracias, te llamamos.", at)
    offer, after = (json.loads(each["reply_markup"]) for each in telegram.sent)
    assert ("keyboard" in offer, after) == (True, {"remove_keyboard": True})


def test_an_identity_that_is_no_chat_is_refused_before_it_is_asked(telegram, camila, at):
    ChannelIdentity.objects.filter(channel="telegram").update(external_id="@camila")
    message = send(camila, "telegram", "hola", at)
    assert (message.status, message.reason, telegram.requests) == ("failed", "rejected", [])


def test_a_chat_and_a_text_are_not_told_to_the_logs(telegram, camila, at, caplog):
    telegram.next = [answers.refusal(400, "Bad Request: chat 7001 said secreto")]
    send(camila, "telegram", "mi texto", at)
    assert [word for word in ("7001", "secreto", "mi texto", "clave") if word in caplog.text] == []
    assert ChatMessage.objects.filter(reason="rejected").count() == 1
