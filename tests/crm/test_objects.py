"""Files in a bucket: the same promises as on a disk, and what becomes of them while the server is away."""

import errno
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.views.debug import SafeExceptionReporterFilter

from crm import checks, files, objects, storage
from crm.backups import files as saved_files
from crm.backups.manifest import BackupError, Manifest, Seal
from crm.errors import RETRY_AFTER, FilesAway, is_no_room
from crm.objects import Breaker, Objects
from tests.buckets import UNSET, back, bucket, bucket_server
from tests.fakes.bucket import NAME, SECRET, FakeBucket
from tests.fakes.server import Asked, LocalServer, Told

__all__ = ["bucket", "bucket_server"]
PHOTO = bytes(range(256)) * 2000
GIVEN = {**UNSET, "S3_BUCKET": "b", "S3_ENDPOINT_URL": "https://s3.example"}
GIVEN |= {"S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "s"}


@pytest.fixture(params=["disk", "bucket"])
def kept_in(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The storage of leads' files, either way."""
    if request.param == "bucket":
        request.getfixturevalue("bucket")
        return storages["attachments"]
    return storage.WholeFiles(location=tmp_path)


# --- As on a disk ---


def test_a_file_is_kept_under_its_name_and_read_from_anywhere(kept_in: Any) -> None:
    assert kept_in.save("7/ñandú.jpg", ContentFile(PHOTO)) == "7/ñandú.jpg"
    with kept_in.open("7/ñandú.jpg") as file:
        file.seek(1000)
        assert file.read(256) == PHOTO[1000:1256]
        file.seek(0)
        assert file.read() == PHOTO
    assert (kept_in.exists("7/ñandú.jpg"), kept_in.size("7/ñandú.jpg")) == (True, len(PHOTO))
    assert (kept_in.listdir(""), kept_in.listdir("7")) == ((["7"], []), ([], ["ñandú.jpg"]))


def test_a_file_that_is_deleted_is_gone_and_deleting_it_again_is_no_trouble(kept_in: Any) -> None:
    kept_in.save("7/a.pdf", ContentFile(PHOTO))
    for _ in range(2):
        kept_in.delete("7/a.pdf")
    assert not kept_in.exists("7/a.pdf")
    for ask in (kept_in.open, kept_in.size):
        with pytest.raises(FileNotFoundError):
            ask("7/a.pdf")


def test_no_file_has_an_address(kept_in: Any) -> None:
    kept_in.save("7/a.pdf", ContentFile(PHOTO))
    with pytest.raises(ValueError, match="no address"):
        kept_in.url("7/a.pdf")


def test_no_name_leads_out_of_its_folder(kept_in: Any) -> None:
    for ask in (kept_in.open, kept_in.delete, kept_in.exists, kept_in.size):
        with pytest.raises(Exception, match=r"denied|outside"):
            ask("../7/a.pdf")


def test_an_object_is_for_its_owner_and_tells_a_browser_nothing(bucket: FakeBucket) -> None:
    storages["attachments"].save("7/page.html", ContentFile(b"<script>"))
    assert bucket.readers_of("private/7/page.html") == []
    assert bucket.type_of("private/7/page.html") == "application/octet-stream"


def test_leads_files_lie_apart_from_the_others_below_the_prefix(bucket: FakeBucket) -> None:
    given = {**UNSET, **bucket.environment, "S3_PREFIX": "/crm/chile/"}
    of = {alias: Objects(**each["OPTIONS"]) for alias, each in files.in_bucket(given).items()}
    of["attachments"].save("7/a", ContentFile(b"1"))
    names = [of["default"].save("foto", ContentFile(b"2")) for _ in range(2)]
    assert len(set(names)) == 2  # there nothing is written over
    assert set(bucket.contents) == {"crm/chile/private/7/a", *(f"crm/chile/{n}" for n in names)}


# --- While it is away ---


@contextmanager
def hanging(server: FakeBucket) -> Iterator[None]:
    """It takes connections and says nothing."""
    server.go_away()
    port = int(server.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        yield


def test_while_the_server_is_away_everything_says_so_and_when_to_come_again(
    bucket: FakeBucket,
) -> None:
    storage = storages["attachments"]
    storage.save("7/a.pdf", ContentFile(PHOTO))
    bucket.go_away()
    for ask in (storage.open, storage.delete, storage.exists, storage.size, storage.listdir):
        with pytest.raises(FilesAway) as away:
            ask("7/a.pdf")
        assert (away.value.status, away.value.data["retry_after"]) == (503, RETRY_AFTER)
    with pytest.raises(FilesAway):
        storage.save("7/b.pdf", ContentFile(PHOTO))
    with pytest.raises(FilesAway):
        storage.answers()
    back(bucket)
    assert storage.answers()
    assert bucket.contents == {"private/7/a.pdf": PHOTO}


def test_a_server_that_hangs_is_waited_for_once(
    bucket: FakeBucket, settings: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(objects, "STILL_SECONDS", 0.4)
    storage = Objects(**settings.STORAGES["attachments"]["OPTIONS"])
    with hanging(bucket):
        with pytest.raises(FilesAway) as waited:
            storage.open("7/a.pdf")
        assert waited.value.__cause__ is not None
        with pytest.raises(FilesAway) as spared:
            storage.open("7/a.pdf")
        assert spared.value.__cause__ is None


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def fail(self, seconds: float) -> None:
        self.now += seconds
        raise FilesAway


@pytest.fixture
def clock(monkeypatch: Any) -> Clock:
    made = Clock()
    monkeypatch.setattr(objects, "time", made)
    return made


def fail(breaker: Breaker, clock: Clock, *, after: float) -> None:
    with pytest.raises(FilesAway), breaker.watched():
        clock.fail(after)


def test_after_a_pause_one_tries_and_the_others_are_told_until_it_is_back(clock: Clock) -> None:
    breaker = Breaker()
    fail(breaker, clock, after=1)
    clock.now += objects.PAUSE_SECONDS
    with breaker.watched(), pytest.raises(FilesAway), breaker.watched():
        pytest.fail("asked by a second one while the first still tries")
    with breaker.watched():
        pass


def test_a_trial_that_fails_at_once_counts_too(clock: Clock) -> None:
    breaker = Breaker()
    fail(breaker, clock, after=1)
    clock.now += objects.PAUSE_SECONDS
    fail(breaker, clock, after=0)
    with pytest.raises(FilesAway), breaker.watched():
        pytest.fail("asked without a pause")


def test_a_refusal_that_costs_nobody_time_is_not_remembered(clock: Clock) -> None:
    breaker = Breaker()
    fail(breaker, clock, after=0)
    with breaker.watched():
        pass


def test_a_lost_bucket_is_no_lost_file(bucket: FakeBucket) -> None:
    """A file that is only unreachable is never told to be gone."""
    lost = files.in_bucket({**UNSET, **bucket.environment, "S3_BUCKET": "otro"})
    storage = Objects(**lost["attachments"]["OPTIONS"])
    for ask in (
        lambda: storage.open("7/a"),
        storage.answers,
        lambda: storage.save("a", ContentFile(b"")),
    ):
        with pytest.raises(FilesAway):
            ask()


class Answering(LocalServer):
    """An S3-compatible server that answers everything alike."""

    def __init__(self, answer: Told) -> None:
        self.answer = answer
        super().__init__()

    def take(self, asked: Asked) -> Told:
        return self.answer


def error_of(code: str, status: int) -> Told:
    return Told(status, f"<Error><Code>{code}</Code></Error>".encode(), content_type="text/xml")


def at(server: LocalServer) -> Objects:
    given = {**GIVEN, "S3_ENDPOINT_URL": server.url}
    return Objects(**files.in_bucket(given)["attachments"]["OPTIONS"])


@pytest.mark.parametrize(
    ("code", "status", "meant"),
    [
        ("NoSuchKey", 404, FileNotFoundError),
        ("NoSuchBucket", 404, FilesAway),
        ("AccessDenied", 403, FilesAway),
        ("InvalidAccessKeyId", 403, FilesAway),
        ("SlowDown", 503, FilesAway),
        ("InternalError", 500, FilesAway),
    ],
)
def test_each_answer_is_told_as_what_it_means(code: str, status: int, meant: Any) -> None:
    with Answering(error_of(code, status)) as server, pytest.raises(meant):
        at(server).open("7/a")
    objects.breaker.forget()


@pytest.mark.parametrize("code", sorted(objects.FULL))
def test_a_full_server_is_a_full_disk(code: str) -> None:
    with Answering(error_of(code, 507)) as server, pytest.raises(OSError) as full:  # noqa: PT011
        at(server).delete("7/a")
    assert is_no_room(full.value)
    assert full.value.errno == errno.EDQUOT


def test_an_answer_that_is_cut_short_is_no_file() -> None:
    with Answering(Told(200, PHOTO, cut=1000)) as server, pytest.raises(FilesAway):
        at(server).open("7/a")
    objects.breaker.forget()


def test_an_upload_that_breaks_off_leaves_nothing(bucket: FakeBucket) -> None:
    class Breaking(ContentFile):
        def read(self, size: int | None = None) -> Any:
            if self.tell() > 100_000:
                bucket.go_away()
                raise ConnectionResetError
            return super().read(size)

    with pytest.raises((FilesAway, OSError)):
        storages["attachments"].save("7/a", Breaking(PHOTO))
    back(bucket)
    assert bucket.contents == {}


def test_threads_read_and_write_side_by_side(bucket: FakeBucket) -> None:
    storage, read = storages["attachments"], []

    def work(number: int) -> None:
        content = bytes([number]) * 100_000
        storage.save(f"{number}", ContentFile(content))
        read.append(storage.open(f"{number}").read() == content)

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert read == [True] * 8


# --- Backups ---


def saved_in(folder: Path) -> Manifest:
    held = saved_files.saved(folder, None)
    return Manifest("", 15, 15, Seal(0, ""), {}, {}, {}, {}, held)


def test_files_are_saved_from_a_bucket_and_restored_to_a_disk_and_back(
    bucket: FakeBucket, tmp_path: Path, settings: Any
) -> None:
    in_bucket = settings.STORAGES
    storages["attachments"].save("7/ñandú foto.jpg", ContentFile(PHOTO))
    storages["attachments"].save("empty", ContentFile(b""))
    storages["default"].save("of/others.txt", ContentFile(b"x"))
    before = bucket.contents
    manifest = saved_in(tmp_path / "backup")
    settings.STORAGES = {**in_bucket, **files.on_disk(tmp_path / "media", "")}
    settings.MEDIA_ROOT = tmp_path / "media"
    saved_files.restore(tmp_path / "backup", manifest)
    assert list(saved_files.differences(manifest)) == []
    again = saved_in(tmp_path / "again")
    settings.STORAGES = in_bucket
    saved_files.delete_all()
    assert (bucket.contents, saved_files.any_left()) == ({}, False)
    saved_files.restore(tmp_path / "again", again)
    assert (bucket.contents, list(saved_files.differences(again))) == (before, [])


def test_a_backup_says_in_one_line_that_the_files_cannot_be_had(
    bucket: FakeBucket, tmp_path: Path
) -> None:
    bucket.go_away()
    with pytest.raises(BackupError, match="storage of files does not answer"):  # noqa: SIM117
        with saved_files.reachable():
            saved_files.saved(tmp_path, None)


# --- Settings ---


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"S3_BUCKET": ""}, "Set S3_BUCKET, or leave out S3_ACCESS_KEY and S3_ENDPOINT_URL and"),
        ({"S3_SECRET_KEY": ""}, "Set both S3_ACCESS_KEY and S3_SECRET_KEY"),
        ({"S3_ACCESS_KEY": ""}, "Set both S3_ACCESS_KEY and S3_SECRET_KEY"),
        ({"S3_ENDPOINT_URL": "s3.example"}, "S3_ENDPOINT_URL: write it as"),
        ({"S3_ENDPOINT_URL": "ftp://s3.example"}, "S3_ENDPOINT_URL: write it as"),
        ({"S3_ADDRESSING": "dns"}, "S3_ADDRESSING: choose one of path, virtual, auto"),
    ],
)
def test_half_a_setting_is_refused_in_one_line(change: dict[str, str], reason: str) -> None:
    files.refuse_half(GIVEN, folder="")
    with pytest.raises(ImproperlyConfigured, match=reason) as refused:
        files.refuse_half({**GIVEN, **change}, folder="")
    assert "\n" not in str(refused.value)


def test_files_are_in_one_place() -> None:
    with pytest.raises(ImproperlyConfigured, match="files are in one place"):
        files.refuse_half(GIVEN, folder="/srv/files")
    files.refuse_half(dict.fromkeys(GIVEN, ""), folder="/srv/files")


def test_a_host_s_own_role_needs_no_keys_and_a_server_of_one_s_own_no_host_names() -> None:
    given = {**GIVEN, "S3_ACCESS_KEY": "", "S3_SECRET_KEY": "", "S3_ENDPOINT_URL": ""}
    files.refuse_half(given, folder="")
    options = files.in_bucket(given)["attachments"]["OPTIONS"]
    assert (options["access_key"], options["addressing_style"]) == (None, "auto")
    assert files.in_bucket(GIVEN)["attachments"]["OPTIONS"]["addressing_style"] == "path"


def test_the_keys_are_in_no_page_and_no_log(bucket: FakeBucket, caplog: Any) -> None:
    caplog.set_level("INFO")
    storages["attachments"].save("a", ContentFile(b"x"))
    bucket.go_away()
    with pytest.raises(FilesAway):
        storages["attachments"].open("a")
    shown = str(SafeExceptionReporterFilter().get_safe_settings()["STORAGES"])
    assert (NAME in shown, SECRET in shown, SECRET in caplog.text) == (True, False, False)


def problems() -> set[str]:
    return {str(each.id) for each in checks.files(None)}


def test_the_check_of_a_production_asks_the_bucket(bucket: FakeBucket, settings: Any) -> None:
    assert problems() == set()
    bucket.go_away()
    assert problems() == {"crm.E003"}
    far = {**UNSET, **bucket.environment, "S3_ENDPOINT_URL": "http://no-such-host.invalid"}
    settings.STORAGES = {**settings.STORAGES, **files.in_bucket(far)}
    assert problems() == {"crm.E003", "crm.W002"}
    with pytest.raises(SystemCheckError, match="bucket cannot be had"):
        call_command("check", deploy=True, tags=["files"])


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert storage.WholeFiles(location=tmp_path / "made" / "later").answers()
    assert not storage.WholeFiles(location=tmp_path / "file" / "later").answers()
