"""Files of leads in a bucket: they come, are shown, leave and go; while its server is away they wait."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client, TestCase
from django.utils import timezone

from crm.errors import RETRY_AFTER
from crm.metrics import exposition
from leads import attachments, erasing, outbox, removals
from leads.management.commands import orphaned_files
from leads.models import Attachment, ChatMessage, Conversation, FileRemoval, Lead
from leads.tasks import sweep_removals
from tests.api import signed_in
from tests.buckets import back, bucket, bucket_server
from tests.channels import camila, connected, meta, telegram
from tests.fakes.bucket import FakeBucket
from tests.leads.test_attachments import ATTACHMENTS, JPEG, PDF, arrived, fetched

__all__ = ["bucket", "bucket_server", "camila", "connected", "meta", "telegram"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bucket")]
LONG = JPEG + bytes(range(256)) * 3000


@pytest.fixture
def picture(client: Client, connected: Any, meta: Any) -> Attachment:
    meta.media["42"] = LONG
    row: Attachment = arrived(client, "image", "42")
    assert fetched(row) == ("ready", "")
    return row


@pytest.fixture
def on_telegram(camila: Lead, telegram: Any) -> Lead:
    Conversation.objects.filter(lead=camila).update(channel="telegram")
    return camila


def asking(user: Any) -> Any:
    """As who is answered by the product, whatever failed."""
    client = signed_in(user)
    client.raise_request_exception = False
    return client


def key_of(row: Attachment) -> str:
    return f"private/{row.file.name}"


# --- In, and shown ---


def test_a_picture_that_came_lies_in_the_bucket_and_is_shown_to_who_sees_the_lead(
    picture: Attachment, bucket: FakeBucket, admin: Any, rival_admin: Any
) -> None:
    assert bucket.contents == {key_of(picture): LONG}
    url = f"{ATTACHMENTS}{picture.pk}/content/"
    answer = signed_in(admin).get(url)
    assert b"".join(answer.streaming_content) == LONG
    assert (answer["Content-Type"], answer["Content-Length"]) == ("image/jpeg", str(len(LONG)))
    assert answer["Cache-Control"] == "private, no-store"
    assert bucket.url not in str(answer.headers) + signed_in(admin).get(ATTACHMENTS).text
    assert signed_in(rival_admin).get(url).status_code == 404


def test_a_file_that_is_lost_is_told_and_not_an_error(
    picture: Attachment, bucket: FakeBucket, admin: Any
) -> None:
    bucket.empty()
    answer = signed_in(admin).get(f"{ATTACHMENTS}{picture.pk}/content/")
    assert (answer.status_code, answer.json()["data"]["reason"]) == (409, "gone")


def test_while_the_server_is_away_who_asks_is_told_when_to_come_again(
    picture: Attachment, bucket: FakeBucket, admin: Any, client: Client
) -> None:
    bucket.go_away()
    answer = asking(admin).get(f"{ATTACHMENTS}{picture.pk}/content/")
    assert (answer.status_code, answer["Retry-After"]) == (503, str(RETRY_AFTER))
    assert answer.json()["errors"][0]["code"] == "files_unavailable"
    client.force_login(admin)
    shown = client.get(f"/admin/leads/attachment/{picture.pk}/content/", follow=True)
    assert "Los archivos no están disponibles" in shown.text


def test_meanwhile_what_comes_waits_and_uses_up_no_attempt(
    client: Client, connected: Any, meta: Any, bucket: FakeBucket
) -> None:
    meta.media["42"] = LONG
    row = arrived(client, "image", "42")
    bucket.go_away()
    for minute in range(attachments.MAX_ATTEMPTS + 1):
        assert fetched(row, timedelta(minutes=2 * minute)) == ("pending", "files_unavailable")
    assert row.attempts == 0
    back(bucket)
    assert fetched(row, timedelta(hours=1)) == ("ready", "")
    assert bucket.contents == {key_of(row): LONG}


# --- Out ---


def written(user: Any, lead: Lead, **headers: str) -> Any:
    file = ContentFile(PDF, "plano.pdf")
    body = {"text": "Plano", "file": file}
    url = f"/api/v1/leads/{lead.pk}/messages/"
    return asking(user).post(url, body, format="multipart", headers=headers)


def test_a_person_s_file_leaves_from_the_bucket(
    on_telegram: Lead, admin: Any, bucket: FakeBucket, telegram: Any, at: Any
) -> None:
    assert written(admin, on_telegram).status_code == 201
    message = ChatMessage.objects.get(direction="out")
    assert list(bucket.contents.values()) == [PDF]
    outbox.deliver(message.pk, at=timezone.now())
    message.refresh_from_db()
    assert (message.status, len(telegram.sent)) == ("sent", 1)
    assert not FileRemoval.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k1"}])
def test_a_file_that_cannot_be_kept_leaves_no_message(
    on_telegram: Lead, admin: Any, bucket: FakeBucket, headers: dict[str, str]
) -> None:
    bucket.go_away()
    answer = written(admin, on_telegram, **headers)
    assert (answer.status_code, answer["Retry-After"]) == (503, str(RETRY_AFTER))
    assert not ChatMessage.objects.exists()
    back(bucket)
    assert written(admin, on_telegram, **headers).status_code == 201
    assert len(bucket.contents) == 1


def test_a_message_waits_for_its_file_for_as_long_as_it_takes(
    on_telegram: Lead, admin: Any, bucket: FakeBucket, telegram: Any
) -> None:
    written(admin, on_telegram)
    message = ChatMessage.objects.get(direction="out")
    bucket.go_away()
    now = timezone.now()
    for _ in range(10):
        outbox.deliver(message.pk, at=now)
        message.refresh_from_db()
        assert (message.status, message.reason) == ("pending", "files_unavailable")
        now = message.due_at + timedelta(seconds=1)
        cache.clear()  # by then the vendor's windows are new
    back(bucket)
    outbox.deliver(message.pk, at=now)
    message.refresh_from_db()
    assert (message.status, len(telegram.sent)) == ("sent", 1)


# --- Gone ---


@pytest.mark.django_db(transaction=True)
def test_an_erased_person_s_files_go_at_once(
    picture: Attachment, bucket: FakeBucket, admin: Any
) -> None:
    erasing.erase(picture.message.lead, by=admin, at=timezone.now())
    assert (bucket.contents, FileRemoval.objects.count()) == ({}, 0)


@pytest.mark.django_db(transaction=True)
def test_an_erasure_while_the_server_is_away_stands_and_the_files_go_when_it_is_back(
    picture: Attachment, bucket: FakeBucket, admin: Any
) -> None:
    bucket.go_away()
    erasing.erase(picture.message.lead, by=admin, at=timezone.now())
    assert not Lead.objects.exists()
    assert sweep_removals() == 0
    back(bucket)
    assert len(bucket.contents) == 1
    assert sweep_removals() == 1
    assert (bucket.contents, FileRemoval.objects.count()) == ({}, 0)


def test_what_a_process_stored_that_died_then_is_deleted_after_an_hour(
    client: Client, connected: Any, meta: Any, bucket: FakeBucket
) -> None:
    meta.media["42"] = LONG
    row = arrived(client, "image", "42")

    attachments._fill(row, "image/jpeg", LONG)
    assert len(bucket.contents) == 1
    assert sweep_removals() == 0
    assert fetched(row) == ("ready", "")
    assert len(bucket.contents) == 2
    assert removals.run(at=timezone.now() + removals.UNCLAIMED) == 1
    assert bucket.contents == {key_of(row): LONG}


def test_files_of_others_are_not_asked_for_in_a_row_while_it_is_away(bucket: FakeBucket) -> None:
    for number in range(3):
        removals.may_be_left(f"7/{number}")
    bucket.go_away()
    assert removals.run(at=timezone.now() + removals.UNCLAIMED) == 0
    assert FileRemoval.objects.count() == 3


def test_a_file_that_no_row_names_is_listed_and_deleted_on_demand(
    picture: Attachment, bucket: FakeBucket, monkeypatch: Any
) -> None:
    storages["attachments"].save("7/left.pdf", ContentFile(PDF))

    def told(*options: str) -> list[str]:
        out = StringIO()
        call_command("orphaned_files", *options, stdout=out)
        return out.getvalue().split("\n")[:-1]

    assert told("--delete") == ["0 files deleted"]  # it is new: its row may be on the way
    monkeypatch.setattr(orphaned_files, "YOUNG", timedelta(0))
    assert told() == ["7/left.pdf", "1 files"]
    assert len(bucket.contents) == 2
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert told("--delete") == ["7/left.pdf", "1 files deleted"]
    assert bucket.contents == {key_of(picture): LONG}


# --- The whole product ---


def test_ready_is_false_while_files_cannot_be_had(bucket: FakeBucket, client: Client) -> None:
    assert client.get("/health/ready").json()["files"] is True
    bucket.go_away()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["files"]) == (503, False)
    assert answer.json()["reasons"]["files"] == "It does not answer (FilesAway)."


def test_the_page_of_the_operation_turns_red(
    bucket: FakeBucket, client: Client, superadmin: Any
) -> None:
    client.force_login(superadmin)
    words = "No se pueden guardar ni leer archivos"
    assert words not in client.get("/admin/crm/failedtask/estado/").text
    bucket.go_away()
    assert words in client.get("/admin/crm/failedtask/estado/").text


def test_the_metrics_tell_whether_files_can_be_had_and_know_no_disk(bucket: FakeBucket) -> None:
    def told() -> str:
        exposition.forget()
        return exposition.text().decode()

    assert "crm_files_up 1.0" in told()
    assert "crm_disk_free_bytes" not in told()
    bucket.go_away()
    assert "crm_files_up 0.0" in told()
    exposition.forget()
