"""Files of messages: expected with the message, fetched off the request, kept apart, seen by few."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from brokers.models import BrokerChatConfig
from crm.errors import NoRoom
from leads import attachments, outbox, sniffing
from leads.channels import whatsapp_media
from leads.models import Attachment, ChatMessage, Conversation, Lead
from leads.tasks import sweep_attachments
from tests import payloads
from tests.api import signed_in
from tests.channels import (
    camila,
    connected,
    meta,
    post_whatsapp,
    private_files,
    telegram,
)
from tests.crm.test_storage import room_for
from tests.factories import UserFactory
from tests.fakes.meta import DOWN, EXPIRED_TOKEN, failure
from tests.fakes.server import Told

__all__ = ["camila", "connected", "meta", "private_files", "telegram"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private_files")]
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 200
OGG = b"OggS" + b"\x00" * 200
PDF = b"%PDF-1.7\n" + b"x" * 200
PAGE = b"<!doctype html><script>alert(1)</script>"
ATTACHMENTS = "/api/v1/attachments/"


@pytest.fixture
def folder(private_files):
    return private_files


def kept(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def arrived(client, name, media_id, **part):
    payload = json.loads(json.dumps(payloads.load(f"whatsapp/{name}")))
    message = payload["entry"][0]["changes"][0]["value"]["messages"][0]
    message[message["type"]].update(id=media_id, **part)
    assert post_whatsapp(client, payload).status_code == 200
    return Attachment.objects.get()


def fetched(row, after=timedelta(0)):
    attachments.fetch(row.pk, at=timezone.now() + after)
    row.refresh_from_db()
    return row.state, row.reason


# --- In ---


def test_while_the_disk_is_full_a_file_waits_and_no_half_of_it_stays(
    client, connected, meta, folder
):
    photo = JPEG + b"\x00" * 200_000
    meta.media["1990010"] = photo
    row = arrived(client, "image", "1990010")
    with room_for(50_000):
        assert fetched(row) == ("pending", "no_room")
    assert (kept(folder), row.attempts) == ([], 0)
    assert ChatMessage.objects.filter(pk=row.message_id).exists()
    assert fetched(row, timedelta(seconds=attachments.ROOM_SECONDS)) == ("ready", "")
    assert row.file.open().read() == photo


def test_while_the_disk_is_full_one_file_of_a_broker_tries_and_then_all_of_them_come(
    client, connected, meta, folder, django_capture_on_commit_callbacks
):
    meta.media["1990010"] = photo = JPEG + b"\x00" * 200_000
    first = arrived(client, "image", "1990010")
    rest = [
        Attachment.objects.create(
            broker=first.broker, message=first.message, position=9 + number, kind="image",
            remote_id="1990010", due_at=first.due_at,
        )
        for number in range(2)
    ]  # fmt: skip
    with room_for(50_000):
        assert {fetched(each) for each in (first, *rest)} == {("pending", "no_room")}
    later = timezone.now() + timedelta(seconds=attachments.ROOM_SECONDS)
    assert attachments.due(at=later) == [first.pk]
    with django_capture_on_commit_callbacks() as started:
        attachments.fetch(first.pk, at=later)
    assert len(started) >= len(rest)
    assert attachments.due(at=later) == [each.pk for each in rest]
    assert {fetched(each, timedelta(minutes=1)) for each in rest} == {("ready", "")}
    assert [path.read_bytes() for path in kept(folder)] == [photo] * 3


def test_with_a_full_disk_a_person_s_file_is_refused_and_nothing_of_it_is_stored(
    camila, admin, folder, at
):
    Conversation.objects.filter(lead=camila).update(channel="telegram")
    upload = outbox.Upload("plano.pdf", PDF + b"x" * 200_000)
    with room_for(50_000), pytest.raises(NoRoom):
        outbox.send_by_person(camila, by=admin, text="Plano", upload=upload, at=at)
    assert (kept(folder), ChatMessage.objects.count()) == ([], 0)


def test_a_picture_is_fetched_after_the_message_is_stored(client, connected, meta, folder):
    meta.media["1990010"] = JPEG
    row = arrived(client, "image", "1990010")
    assert (row.state, meta.asked, kept(folder)) == ("pending", [], [])
    assert fetched(row) == ("ready", "")
    assert (row.mime_type, row.size, row.file.open().read()) == ("image/jpeg", len(JPEG), JPEG)
    assert meta.asked == [
        "/v23.0/1990010?phone_number_id=106540352242922",
        "/files/1990010",
    ]
    assert attachments.fetch(row.pk, at=timezone.now()) is False


def test_a_repeat_of_the_message_expects_its_file_once(client, connected, meta):
    arrived(client, "voice", "1990001")
    assert arrived(client, "voice", "1990001").remote_id == "1990001"


def test_the_sweep_starts_what_nobody_started_and_what_a_dead_worker_left(client, connected, meta):
    row = arrived(client, "voice", "1990001")
    assert sweep_attachments() == 1
    Attachment.objects.filter(pk=row.pk).update(lease_until=timezone.now() + timedelta(minutes=1))
    assert sweep_attachments() == 0
    later = timezone.now() + timedelta(minutes=5)
    assert sweep_attachments(at=later.isoformat()) == 1


@pytest.mark.parametrize(
    ("name", "content", "state", "reason"),
    [
        ("voice", OGG, "ready", ""),
        ("document", PDF, "ready", ""),
        ("image", PAGE, "refused", "type_not_allowed"),
        ("image", PDF, "refused", "type_mismatch"),
        ("document", PAGE, "refused", "type_not_allowed"),
        ("document", b"MZ\x90\x00" + b"\x00" * 50, "refused", "type_not_allowed"),
        ("document", b"PK\x03\x04" + b"\x00" * 50, "refused", "type_not_allowed"),
        ("document", b"", "refused", "type_not_allowed"),
        ("document", PDF * 20, "refused", "too_large"),
    ],
)
def test_a_file_is_what_its_bytes_say_or_is_not_kept(
    client, connected, meta, folder, settings, name, content, state, reason
):
    settings.ATTACHMENT_MAX_BYTES = 1000
    meta.media["42"] = content
    assert fetched(arrived(client, name, "42")) == (state, reason)
    assert len(kept(folder)) == (state == "ready")


def test_a_file_that_grows_past_what_was_announced_is_cut_off(client, connected, meta, settings):
    settings.ATTACHMENT_MAX_BYTES = 1000
    meta.media["42"], meta.sizes["42"] = PDF * 20, 10
    assert fetched(arrived(client, "document", "42")) == ("refused", "too_large")


def test_what_may_pass_is_tried_again_and_what_stands_is_not(client, connected, meta):
    meta.media["42"] = JPEG
    row = arrived(client, "image", "42")
    meta.next = [DOWN]
    assert fetched(row) == ("pending", "vendor_error")
    assert attachments.fetch(row.pk, at=timezone.now()) is False
    meta.next = [EXPIRED_TOKEN]
    assert fetched(row, timedelta(minutes=1)) == ("failed", "bad_credentials")


def test_a_file_that_failed_is_asked_for_again_by_hand(client, connected, meta, admin, rival_admin):
    meta.media["42"] = JPEG
    row = arrived(client, "image", "42")
    meta.next = [failure(400, 131052)]
    assert fetched(row) == ("failed", "media_not_available")
    retry = f"{ATTACHMENTS}{row.pk}/retry/"
    assert signed_in(rival_admin).post(retry).status_code == 404
    assert signed_in(admin).post(retry).json()["state"] == "pending"
    assert fetched(row) == ("ready", "")
    assert signed_in(admin).post(retry).status_code == 409


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/files/42",
        "https://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:6379/",
        "https://[::1]/",
        "http://lookaside.fbsbx.com/42",
        "https://lookaside.fbsbx.com.evil.example/42",
        "https://evil.example/?x=.fbsbx.com",
        "https://evil.example#.fbsbx.com",
        "https://.fbsbx.com@evil.example/",
        "https://evilfbsbx.com/42",
        "file:///etc/passwd",
        "//127.0.0.1/42",
        "https://[",
        "",
        None,
        5,
    ],
)
def test_the_token_goes_to_no_address_but_metas(client, connected, meta, monkeypatch, url):
    meta.media["42"] = JPEG
    elsewhere = {"url": url, "file_size": 10}
    monkeypatch.setattr(meta, "_described", lambda _media_id: elsewhere)
    assert fetched(arrived(client, "image", "42")) == ("failed", "media_not_available")
    assert len(meta.asked) == 1


def test_nor_where_metas_address_would_send_it_on(client, connected, meta, monkeypatch, folder):
    meta.media["42"], usual = JPEG, meta.take
    away = Told(302, b"", (("Location", "http://127.0.0.1:1/secret"),))
    monkeypatch.setattr(
        meta, "take", lambda asked: away if asked.path.startswith("/files/") else usual(asked)
    )
    row = arrived(client, "image", "42")
    assert fetched(row)[0] == "failed"
    assert kept(folder) == []


def test_a_broker_without_credentials_says_so(client, connected, meta):
    row = arrived(client, "image", "42")
    BrokerChatConfig.objects.filter(broker=connected).update(provider_configs={})
    assert fetched(row) == ("failed", "channel_not_configured")


# --- Who sees it ---


@pytest.fixture
def picture(client, connected, meta):
    meta.media["42"] = JPEG
    row = arrived(client, "image", "42")
    fetched(row)
    return row


def test_the_bytes_are_for_who_sees_the_lead(picture, admin, agent, rival_admin, client):
    url = f"{ATTACHMENTS}{picture.pk}/content/"
    answer = signed_in(agent).get(url)
    assert b"".join(answer.streaming_content) == JPEG
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "private, no-store"
    other = UserFactory(broker=admin.broker, role="AGENT")
    Lead.objects.update(assigned_to=other)
    statuses = [signed_in(who).get(url).status_code for who in (admin, agent, rival_admin)]
    assert (statuses, client.get(url).status_code) == ([200, 404, 404], 401)


def test_admin_shows_the_picture_on_the_leads_page_and_to_no_stranger(
    picture, agent, rival_admin, client
):
    page, content = (
        f"/admin/leads/lead/{picture.message.lead_id}/change/",
        f"/admin/leads/attachment/{picture.pk}/content/",
    )
    assert client.get(content).status_code == 302
    client.force_login(agent)
    assert f'src="{content}"' in client.get(page).text
    assert client.get(content)["Content-Type"] == "image/jpeg"
    client.force_login(rival_admin)
    assert client.get(content).status_code == 404


def test_a_file_that_is_not_there_is_told_and_not_an_error(picture, admin, client, folder):
    [path] = kept(folder)
    path.unlink()
    assert signed_in(admin).get(f"{ATTACHMENTS}{picture.pk}/content/").status_code == 409
    client.force_login(admin)
    assert client.get(f"/admin/leads/attachment/{picture.pk}/content/").status_code == 302


def test_messages_tell_of_their_files(picture, admin):
    [message] = (
        signed_in(admin).get(f"/api/v1/leads/{picture.message.lead_id}/messages/").json()["results"]
    )
    [file] = message["files"]
    assert (file["state"], file["kind"], file["url"]) == (
        "ready", "image", f"{ATTACHMENTS}{picture.pk}/content/",
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_with_its_lead(picture, folder):
    assert len(kept(folder)) == 1
    Lead.objects.all().delete()
    assert kept(folder) == []


# --- Out ---


def sent_by(user, lead, **given):
    return signed_in(user).post(f"/api/v1/leads/{lead.pk}/messages/", {**given}, format="multipart")


@pytest.fixture
def on_whatsapp(camila):
    camila.conversation.channel = "whatsapp"
    camila.conversation.last_inbound_at = timezone.now()
    camila.conversation.save()
    return camila


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("plano.jpg", JPEG, {"type": "image", "image": {"caption": "Mira"}}),
        (
            "ficha.pdf",
            PDF,
            {"type": "document", "document": {"caption": "Mira", "filename": "ficha.pdf"}},
        ),
    ],
)
def test_a_person_sends_a_file_with_a_caption(meta, on_whatsapp, agent, name, content, shown):
    file = SimpleUploadedFile(name, content)
    answer = sent_by(agent, on_whatsapp, text="Mira", file=file)
    assert answer.status_code == 201, answer.json()
    message = answer.json()
    assert message["files"][0]["filename"] == name
    outbox.deliver(message["id"], at=timezone.now())
    upload, post = meta.requests
    assert upload[0] == "/v23.0/106540352242922/media"
    assert (upload[1]["messaging_product"], upload[1]["file"]) == ("whatsapp", content)
    [media_id] = meta.media
    kind = shown["type"]
    assert (post[1]["type"], post[1][kind]) == (kind, {**shown[kind], "id": media_id})
    assert ChatMessage.objects.get(pk=message["id"]).status == "sent"


def test_a_picture_too_large_for_the_chat_goes_as_a_document(meta, on_whatsapp, agent, monkeypatch):
    monkeypatch.setitem(whatsapp_media.LARGEST, "image", len(JPEG) - 1)
    file = SimpleUploadedFile("plano.jpg", JPEG)
    message = sent_by(agent, on_whatsapp, text="Mira", file=file).json()
    outbox.deliver(message["id"], at=timezone.now())
    [media_id], [sent] = meta.media, meta.sent
    assert (sent["type"], sent["document"]) == (
        "document", {"id": media_id, "caption": "Mira", "filename": "plano.jpg"},
    )  # fmt: skip


def test_sound_goes_before_its_words(meta, on_whatsapp, agent):
    message = sent_by(agent, on_whatsapp, text="Escucha", file=SimpleUploadedFile("a.ogg", OGG))
    outbox.deliver(message.json()["id"], at=timezone.now())
    assert [each["type"] for each in meta.sent] == ["audio", "text"]


def test_an_upload_that_fails_is_tried_again_for_nothing_has_left(meta, on_whatsapp, agent):
    message = sent_by(agent, on_whatsapp, file=SimpleUploadedFile("a.jpg", JPEG)).json()
    meta.next = [DOWN]
    outbox.deliver(message["id"], at=timezone.now())
    row = ChatMessage.objects.get(pk=message["id"])
    assert (row.status, row.reason, meta.sent) == ("pending", "vendor_error", [])
    outbox.deliver(row.pk, at=row.due_at)
    assert len(meta.sent) == 1


@pytest.mark.parametrize(
    ("channel", "content", "status", "code"),
    [
        ("whatsapp", PAGE, 400, "type_not_allowed"),
        ("whatsapp", JPEG * 20, 400, "too_large"),
        ("email", JPEG, 409, "not_allowed_to_contact"),
    ],
)
def test_a_file_that_cannot_go_is_refused_and_nothing_is_kept(
    meta, on_whatsapp, agent, settings, folder, channel, content, status, code
):
    settings.ATTACHMENT_MAX_BYTES = 1000
    on_whatsapp.conversation.channel = channel
    on_whatsapp.conversation.save()
    answer = sent_by(agent, on_whatsapp, text="x", file=SimpleUploadedFile("a.jpg", content))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert (ChatMessage.objects.count(), kept(folder)) == (0, [])


def test_the_name_of_a_file_carries_no_folders_and_no_tricks():
    message = ChatMessage(broker_id=1)
    row = Attachment(message=message, broker_id=1, filename=attachments._tidy("../../a\r\nb.pdf"))
    assert row.filename == "ab.pdf"
    assert sniffing.type_of(b"%PDF-", "x.exe") == "application/pdf"
