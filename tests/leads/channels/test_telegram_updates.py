"""What Telegram tells us of a bot."""

import copy
import json

import pytest
from django.core.management import CommandError, call_command

import brokers.demo
from crm.demo import Context
from leads.models import (
    ChannelIdentity,
    ChatMessage,
    KeptWebhook,
    Lead,
    MergeSuggestion,
    TelegramMessage,
)
from tests import payloads
from tests.channels import connect, post_telegram, send
from tests.factories import LeadFactory
from tests.leads.channels.test_telegram import SLOTS

pytestmark = pytest.mark.django_db
MESSAGE = payloads.load("telegram/message")


def update(name="message", *, update_id=None, **changes):
    """A documented update with some of its inner values changed."""
    payload = copy.deepcopy(payloads.load(f"telegram/{name}"))
    if update_id is not None:
        payload["update_id"] = update_id
    inner = next(value for key, value in payload.items() if key != "update_id")
    inner.update(changes)
    return payload


def history():
    return list(ChatMessage.objects.order_by("pk").values_list("direction", "message_text"))


def test_a_message_is_kept_in_the_ledger_and_in_the_history(client, connected):
    assert post_telegram(client, MESSAGE).content == b""
    message, row = ChatMessage.objects.get(), TelegramMessage.objects.get()
    assert (message.channel_message_id, message.channel_user_id) == ("1:7001:41", "7001")
    assert (row.update_id, row.bot_id, row.chat_id, row.telegram_user_id) == (
        845500100, 1, 7001, 7001,
    )  # fmt: skip
    assert (row.telegram_username, row.telegram_message_id, row.payload) == (
        "camilarojas", 41, MESSAGE,
    )  # fmt: skip
    assert (row.chat_message, row.lead, row.broker) == (message, message.lead, connected)


def test_updates_are_known_by_equality_and_may_come_in_any_order(client, connected):
    post_telegram(client, update(update_id=20, message_id=2, text="dos"))
    post_telegram(client, update(update_id=10, message_id=1, text="uno"))
    assert history() == [("in", "dos"), ("in", "uno")]


def test_another_broker_that_names_the_same_bot_silences_nobody(client, connected, rival):
    connect(rival, telegram={"token": "1:ajena", "secret": "suyo"}, suffix="-rival")
    assert post_telegram(client, MESSAGE, key="tg-rival", secret="suyo").status_code == 200
    assert post_telegram(client, MESSAGE).status_code == 200
    assert [message.broker for message in ChatMessage.objects.order_by("pk")] == [rival, connected]
    assert post_telegram(client, MESSAGE).status_code == 200
    assert ChatMessage.objects.count() == 2


def test_the_demo_channel_takes_an_update(client, db, at, settings):
    settings.DEBUG = True
    brokers.demo.seed(Context(at=at))
    answer = post_telegram(client, MESSAGE, key="demo-telegram", secret="demo-secret")
    message = ChatMessage.objects.get()
    assert (answer.status_code, message.provider, message.broker.slug) == (200, "telegram", "demo")
    assert message.channel_message_id == "1:7001:41"


@pytest.mark.parametrize(
    ("text", "start"), [("/start", None), ("/start casa-12", "casa-12"), ("/starting", None)]
)
def test_opening_the_chat_is_a_greeting_that_keeps_where_it_came_from(
    client, connected, text, start
):
    post_telegram(client, update(text=text))
    message = ChatMessage.objects.get()
    said = text if text == "/starting" else "Hola"
    assert (message.message_text, message.provider_metadata.get("start")) == (said, start)


@pytest.mark.parametrize(
    ("word", "said", "origin"),
    [
        ("instagram__verano", "Hola", {"source": "instagram", "campaign": "verano"}),
        ("letrero", "Hola", {"source": "letrero"}),
        (
            "propiedad__NU-12",
            "Hola, me interesa la propiedad NU-12",
            {"source": "propiedad", "campaign": "NU-12"},
        ),
        ("<script>", "Hola", None),
    ],
)
def test_the_link_of_a_campaign_or_property_stays_with_the_new_lead(
    client, connected, word, said, origin
):
    post_telegram(client, update(text=f"/start {word}"))
    lead = Lead.objects.get()
    assert (history(), lead.metadata.get("origin")) == ([("in", said)], origin)
    post_telegram(client, update(update_id=9, message_id=9, text="/start otro__mundo"))
    assert Lead.objects.get().metadata.get("origin") == origin


# --- Contacts ---


def test_the_senders_own_contact_fills_their_phone(client, connected):
    post_telegram(client, MESSAGE)
    post_telegram(client, update("contact"))
    lead = Lead.objects.get()
    assert (lead.phone_e164, lead.phone) == ("+56987654321", "+56987654321")
    said = lead.metadata["provenance"]["phone"]
    assert (said["by"], said["message"]) == ("lead", ChatMessage.objects.latest("pk").pk)
    assert history()[-1] == ("in", "Mi teléfono es +56987654321")


def test_the_senders_own_contact_in_a_first_message_joins_the_lead_with_that_phone(
    client, connected
):
    known = LeadFactory(broker=connected, phone="+56987654321")
    post_telegram(client, update("contact"))
    assert Lead.objects.get() == known
    assert known.identities.get().external_id == "7001"
    assert (known.conversation.channel, ChatMessage.objects.get().lead) == ("telegram", known)


def test_the_senders_own_contact_later_only_suggests_a_merge(client, connected):
    known = LeadFactory(broker=connected, phone="+56987654321")
    post_telegram(client, MESSAGE)
    post_telegram(client, update("contact"))
    newcomer = Lead.objects.exclude(pk=known.pk).get()
    suggestion = MergeSuggestion.objects.get()
    assert (suggestion.lead, suggestion.other, suggestion.reason) == (newcomer, known, "phone")


@pytest.mark.parametrize("owner", [7002, None])
def test_somebody_elses_contact_is_nobodys_phone(client, connected, owner):
    known = LeadFactory(broker=connected, phone="+56987654321")
    contact = {"phone_number": "56987654321", "first_name": "Pedro", "user_id": owner}
    post_telegram(client, update("contact", contact=contact))
    newcomer = Lead.objects.exclude(pk=known.pk).get()
    assert (newcomer.phone_e164, history()) == (None, [("in", "[contacto]")])
    assert ChatMessage.objects.get().attachments == [
        {"kind": "contact", "name": "Pedro", "phone": "56987654321"}
    ]


def test_a_phone_that_is_known_stays(client, camila):
    contact = {"phone_number": "56911112222", "first_name": "Camila", "user_id": 7001}
    post_telegram(client, update("contact", contact=contact))
    camila.refresh_from_db()
    assert camila.phone_e164 == "+56987654321"


def test_another_brokers_lead_with_that_phone_is_not_joined(client, connected, rival):
    theirs = LeadFactory(broker=rival, phone="+56987654321")
    post_telegram(client, update("contact"))
    assert (theirs.identities.count(), Lead.objects.filter(broker=connected).count()) == (0, 1)


# --- Buttons ---


def pressed(data, *, update_id=845500103, query="1", user=7001):
    payload = update("callback_query", update_id=update_id, data=data, id=query)
    payload["callback_query"]["from"]["id"] = user
    return payload


def test_a_pressed_button_arrives_as_what_it_says_and_stops_its_clock(client, telegram, camila, at):
    offer = send(camila, "telegram", "¿Cuál?", at, metadata={"choices": SLOTS})
    answer = post_telegram(client, pressed(f"{offer.pk}:1"))
    assert answer.json() == {"method": "answerCallbackQuery", "callback_query_id": "1"}
    message = ChatMessage.objects.latest("pk")
    assert (message.message_text, message.direction) == (
        "viernes 27 de noviembre a las 16:00", "in",
    )  # fmt: skip
    assert post_telegram(client, pressed(f"{offer.pk}:1")).json() == answer.json()
    assert ChatMessage.objects.latest("pk") == message


@pytest.mark.parametrize("code", ["{pk}:9", "{pk}", "x:0", ":", "", "9999999:0", "9" * 30 + ":0"])
def test_a_made_up_button_says_nothing(client, telegram, camila, at, code):
    offer = send(camila, "telegram", "¿Cuál?", at, metadata={"choices": SLOTS})
    assert post_telegram(client, pressed(code.format(pk=offer.pk))).status_code == 200
    assert ChatMessage.objects.latest("pk") == offer


def test_a_button_of_another_lead_says_nothing(client, telegram, camila, at):
    offer = send(camila, "telegram", "¿Cuál?", at, metadata={"choices": SLOTS})
    post_telegram(client, pressed(f"{offer.pk}:0", user=7002))
    assert ChatMessage.objects.latest("pk") == offer


# --- The rest ---


@pytest.mark.parametrize(
    "name", ["group_message", "group_press", "joined_group", "channel_post", "inline_query",
             "reaction", "poll"],
)  # fmt: skip
def test_groups_channels_and_what_is_not_ours_are_not_listened_to(client, connected, name):
    answer = post_telegram(client, payloads.load(f"telegram/{name}"))
    assert (answer.status_code, answer.content) == (200, b"")
    rows = (Lead, ChatMessage, TelegramMessage, KeptWebhook)
    assert [model.objects.count() for model in rows] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("audio", "[audio]", {"kind": "audio", "file_id": "CQACAgEAAxkBAAIa", "filename": "grabacion.mp3"}),
        ("video", "[video] Así quedó la cocina", {"kind": "video", "file_id": "BAACAgEAAxkBAAIv", "filename": "cocina.mp4"}),
        ("video_note", "[video]", {"kind": "video_note", "file_id": "DQACAgEAAxkBAAIn"}),
        ("animation", "[animación]", {"kind": "animation", "file_id": "CgACAgEAAxkBAAIg", "filename": "aplauso.mp4"}),
        ("sticker", "[sticker] 👍", {"kind": "sticker", "file_id": "CAACAgEAAxkBAAIs"}),
        ("animated_sticker", "[sticker] 🎉", {"kind": "sticker", "file_id": "AAMCAgEAAxkBAAIt"}),
        ("venue", "[ubicación] Metro Ñuñoa, Irarrázaval 3000", {"kind": "location", "latitude": -33.45, "longitude": -70.6}),
        ("live_location", "[ubicación] -33.45679, -70.59877", {"kind": "location", "latitude": -33.456789, "longitude": -70.598765}),
        ("forwarded_contact", "[contacto]", {"kind": "contact", "name": "Pedro", "phone": "56911112222"}),
        ("dice", "🎲", None),
        ("start", "Hola", None),
    ],
)  # fmt: skip
def test_every_kind_of_message_says_what_it_is_and_keeps_what_it_carries(
    client, connected, name, text, kept
):
    post_telegram(client, payloads.load(f"telegram/{name}"))
    message = ChatMessage.objects.get()
    assert (message.message_text, message.attachments) == (text, [kept] if kept else [])
    assert message.lead.phone_e164 is None
    assert message.files.count() == int(bool(kept and "file_id" in kept))


def test_what_telegram_notes_in_the_chat_itself_is_no_message(client, connected):
    post_telegram(client, payloads.load("telegram/pinned"))
    assert (Lead.objects.count(), TelegramMessage.objects.count()) == (0, 1)
    newer = update("pinned", update_id=5)
    newer["message"]["newer_than_us"] = newer["message"].pop("pinned_message")
    post_telegram(client, newer)
    assert history() == [("in", "[mensaje que no se puede mostrar]")]


def test_a_button_of_a_message_that_telegram_forgot_still_works(client, telegram, camila, at):
    offer = send(camila, "telegram", "¿Cuál?", at, metadata={"choices": SLOTS})
    payload = update("old_press", data=f"{offer.pk}:0")
    assert post_telegram(client, payload).json()["callback_query_id"] == "30069301234567898"
    assert history()[-1] == ("in", "jueves 26 de noviembre a las 11:00")


@pytest.mark.parametrize(
    "payload", [{"update_id": 4, "poll": {"id": "1"}}, {"update_id": 5, "unheard_of": {"a": 1}}, {"update_id": 6, "message": {"odd": 1}},
                {"update_id": 7, "message": 5}, *(
                    {**MESSAGE, "update_id": number} for number in (None, "5", -1, 2**63, True, 1.5)
                )],
)  # fmt: skip
def test_an_update_of_an_unknown_shape_is_kept_as_it_came(client, connected, payload):
    for _ in range(2):
        assert post_telegram(client, payload).status_code == 200
    assert KeptWebhook.objects.get().payload == payload
    assert (Lead.objects.count(), TelegramMessage.objects.count()) == (0, 0)


def test_a_message_without_words_says_what_it_is(client, connected):
    post_telegram(client, update("voice"))
    message = ChatMessage.objects.get()
    assert (message.message_text, message.attachments) == (
        "[nota de voz]", [{"kind": "voice", "file_id": "AwACAgEAAxkBAAI"}],
    )  # fmt: skip


def test_another_bot_is_not_a_lead(client, connected):
    payload = update()
    payload["message"]["from"]["is_bot"] = True
    post_telegram(client, payload)
    assert Lead.objects.count() == 0


def test_one_lead_has_one_conversation_on_all_channels(client, telegram, camila, at):
    post_telegram(client, update(text="te escribo por aquí"))
    camila.conversation.refresh_from_db()
    assert ChatMessage.objects.get().lead == camila
    assert camila.conversation.channel == "telegram"
    assert ChannelIdentity.objects.filter(channel="telegram").count() == 1


# --- Polling ---


def test_polling_takes_in_the_same_updates_and_stops_the_buttons_clock(telegram, camila, at):
    offer = send(camila, "telegram", "¿Cuál?", at, metadata={"choices": SLOTS})
    telegram.updates = [MESSAGE, pressed(f"{offer.pk}:0")]
    with pytest.raises(CommandError, match="does not know this bot"):
        call_command("telegram_poll", broker="andes")
    assert history()[1:] == [
        ("in", "Hola, busco departamento en Ñuñoa"),
        ("in", "jueves 26 de noviembre a las 11:00"),
    ]
    assert [int(each.get("offset", 0)) for each in telegram.calls("getUpdates")] == [0, 845500104]
    assert telegram.calls("answerCallbackQuery") == [{"callback_query_id": "1"}]
    assert json.loads(telegram.calls("getUpdates")[0]["allowed_updates"]) == [
        "message", "edited_message", "callback_query", "my_chat_member",
    ]  # fmt: skip


def test_polling_needs_one_broker_with_a_bot(broker):
    with pytest.raises(CommandError, match="found: none"):
        call_command("telegram_poll", broker="andes")
