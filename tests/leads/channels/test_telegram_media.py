"""What comes through a bot besides words: fetched afterwards, kept as what it is."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from leads import attachments, outbox
from leads.channels.telegram_media import way_of
from leads.models import Attachment, ChatMessage, Conversation, TelegramMessage
from tests import payloads
from tests.api import signed_in
from tests.channels import post_telegram, private_files
from tests.fakes import telegram as answers
from tests.leads.channels.test_telegram_updates import update
from tests.leads.test_attachments import JPEG, OGG, PAGE, PDF

__all__ = ["private_files"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private_files", "connected")]


def arrived(client, name, **changes):
    assert post_telegram(client, update(name, **changes)).status_code == 200
    return Attachment.objects.get()


def fetched(row):
    attachments.fetch(row.pk, at=timezone.now())
    row.refresh_from_db()
    return row.state, row.reason


def test_the_largest_picture_is_fetched_after_its_message_is_stored(client, telegram):
    telegram.files["AgACAgEAAxkBAAIx"] = JPEG
    row = arrived(client, "photo")
    assert (row.state, telegram.requests, telegram.fetched) == ("pending", [], [])
    assert fetched(row) == ("ready", "")
    assert (row.mime_type, row.file.open().read()) == ("image/jpeg", JPEG)
    assert telegram.fetched == ["/file/bot1:clave-del-bot/documents/AgACAgEAAxkBAAIx"]
    message = ChatMessage.objects.get()
    assert message.message_text == "[foto] ¿Está disponible todavía?"
    assert message.provider_metadata["album"] == "13901234567"


def test_the_pictures_of_an_album_are_messages_of_one_owed_answer(client):
    post_telegram(client, update("photo"))
    second = [{"file_id": "otra", "file_unique_id": "o", "width": 90, "height": 90}]
    post_telegram(client, update("photo", update_id=9, message_id=52, photo=second, caption=None))
    texts = ChatMessage.objects.order_by("pk").values_list("message_text", flat=True)
    assert list(texts) == ["[foto] ¿Está disponible todavía?", "[foto]"]
    assert Attachment.objects.count() == 2
    assert Conversation.objects.get().turn_due_at is not None


@pytest.mark.parametrize(
    ("name", "content", "state", "reason"),
    [
        ("voice", OGG, "ready", ""),
        ("voice", PAGE, "refused", "type_not_allowed"),
        ("photo", PDF, "refused", "type_mismatch"),
        ("document", PDF, "ready", ""),
        ("document", PDF * 20, "refused", "too_large"),
        ("document", None, "failed", "media_not_available"),
    ],
)
def test_a_file_is_what_its_bytes_say_or_is_not_kept(
    client, telegram, settings, name, content, state, reason
):
    settings.ATTACHMENT_MAX_BYTES = 1000
    row = arrived(client, name)
    if content is not None:
        telegram.files[row.remote_id] = content
    assert fetched(row) == (state, reason)


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (answers.DOWN, "pending", "unreachable"),
        (answers.too_many(7), "pending", "rate_limited"),
        (answers.UNAUTHORIZED, "failed", "bad_credentials"),
        (answers.refusal(400, "Bad Request: file is too big"), "refused", "too_large"),
    ],
)
def test_what_telegram_answers_to_a_question_for_a_file(client, telegram, answer, state, reason):
    row = arrived(client, "document")
    telegram.next = [answer]
    assert fetched(row) == (state, reason)


def test_a_path_out_of_the_bots_files_is_not_followed(client, telegram):
    row = arrived(client, "document")
    telegram.files[row.remote_id] = PDF
    telegram.paths[row.remote_id] = "../../otro/getMe"
    assert fetched(row) == ("failed", "media_not_available")
    assert telegram.fetched == []


def test_a_documents_name_is_kept(client):
    assert arrived(client, "document").filename == "liquidación.pdf"


def test_a_place_is_told_and_kept_without_a_file(client):
    post_telegram(client, payloads.load("telegram/location"))
    message = ChatMessage.objects.get()
    assert message.message_text == "[ubicación] -33.45679, -70.59877"
    assert message.attachments == [
        {"kind": "location", "latitude": -33.456789, "longitude": -70.598765}
    ]
    assert Attachment.objects.count() == 0


def test_words_under_a_picture_may_ask_to_be_left_alone(client):
    post_telegram(client, update("photo", caption="no me escriban más"))
    lead = ChatMessage.objects.first().lead
    assert lead.consents.filter(state="withdrawn").exists()


# --- Out ---

PNG, MP3 = b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, b"ID3" + b"\x00" * 50
MP4, GIF = b"\x00\x00\x00\x18ftypisom" + b"\x00" * 50, b"GIF89a" + b"\x00" * 50


@pytest.fixture
def answering(camila, agent, at):
    """What Ana answers Camila with, on its way or gone."""
    camila.conversation.channel = "telegram"
    camila.conversation.save()

    def answer(name, content, text=""):
        given = {"text": text, "file": SimpleUploadedFile(name, content)}
        url = f"/api/v1/leads/{camila.pk}/messages/"
        told = signed_in(agent).post(url, given, format="multipart")
        assert told.status_code == 201, told.json()
        return delivered(ChatMessage.objects.get(pk=told.json()["id"]))

    return answer


def delivered(message):
    outbox.deliver(message.pk, at=max(message.due_at, timezone.now()))
    message.refresh_from_db()
    return message


@pytest.mark.parametrize(
    ("name", "content", "way"),
    [
        ("plano ñuñoa.jpg", JPEG, "photo"),
        ("plano.png", PNG, "photo"),
        ("ficha.pdf", PDF, "document"),
        ("nota.ogg", OGG, "voice"),
        ("jingle.mp3", MP3, "audio"),
        ("recorrido.mp4", MP4, "video"),
        ("pasos.gif", GIF, "document"),
    ],
)
def test_a_file_goes_as_what_it_is_with_the_text_under_it(telegram, answering, name, content, way):
    message = answering(name, content, "Mira esto")
    assert (message.status, message.channel_message_id) == ("sent", "1:7001:1000")
    [sent] = telegram.sent
    assert (sent["way"], sent["text"], sent["content"], sent["filename"]) == (
        way, "Mira esto", content, name,
    )  # fmt: skip
    assert TelegramMessage.objects.get().chat_message == message


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", [""]),
        ("🏡" * 512, ["🏡" * 512]),
        ("🏡" * 513, ["", "🏡" * 513]),
        ("a" * 4095 + "🏡", ["", "a" * 4095, "🏡"]),
    ],
)
def test_a_text_too_long_for_a_caption_comes_after_the_file(telegram, answering, text, shown):
    assert answering("a.jpg", JPEG, text).status == "sent"
    assert [each["text"] for each in telegram.sent] == shown
    assert [each.get("way") for each in telegram.sent] == ["photo"] + [None] * (len(shown) - 1)


def test_a_picture_that_telegram_does_not_take_goes_as_a_document(telegram, answering):
    telegram.next = [answers.refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")]
    assert answering("panorámica.jpg", JPEG, "La vista").status == "sent"
    assert [(each["way"], each["text"]) for each in telegram.sent] == [
        ("photo", "La vista"), ("document", "La vista"),
    ]  # fmt: skip
    assert (way_of("image/jpeg", 10 * 2**20), way_of("image/jpeg", 10 * 2**20 + 1)) == (
        "photo", "document",
    )  # fmt: skip


def test_after_the_file_has_left_only_the_text_is_tried_again(telegram, answering):
    usual = telegram.respond
    telegram.respond = lambda path, body: (
        answers.DOWN if path.endswith("sendMessage") else usual(path, body)
    )
    message = answering("a.jpg", JPEG, "x" * 1025)
    assert (message.status, message.provider_metadata["sent_parts"]) == (
        "pending", ["1:7001:1000"],
    )  # fmt: skip
    telegram.respond = usual
    assert delivered(message).status == "sent"
    assert [each.get("way") for each in telegram.sent] == ["photo", None, None]


@pytest.mark.parametrize(
    ("trouble", "status", "reason"),
    [
        (answers.DOWN, "pending", "vendor_error"),
        (answers.too_many(9), "pending", "rate_limited"),
        (answers.BLOCKED, "failed", "blocked_by_lead"),
        (None, "failed", "outcome_unknown"),
    ],
)
def test_trouble_with_a_file_means_what_it_means_with_a_text(
    telegram, answering, trouble, status, reason
):
    def hang_up(path, body):
        raise ConnectionAbortedError

    if trouble is None:
        telegram.respond = hang_up
    else:
        telegram.next = [trouble]
    message = answering("a.pdf", PDF, "Ficha")
    assert (message.status, message.reason, len(telegram.sent)) == (status, reason, 1)


def test_a_file_that_the_storage_lost_fails_with_its_reason(telegram, answering, private_files):
    telegram.next = [answers.DOWN]
    message = answering("a.pdf", PDF)
    next(each for each in private_files.rglob("*") if each.is_file()).unlink()
    message = delivered(message)
    assert (message.status, message.reason, len(telegram.sent)) == ("failed", "gone", 1)
