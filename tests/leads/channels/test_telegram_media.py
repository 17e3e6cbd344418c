"""What comes through a bot besides words: fetched afterwards, kept as what it is."""

import pytest
from django.utils import timezone

from leads import attachments
from leads.models import Attachment, ChatMessage, Conversation
from tests import payloads
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
