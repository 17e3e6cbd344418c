"""Files as objects in a bucket of an S3-compatible server, for web and workers on different hosts."""

import errno
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from crm.errors import RETRY_AFTER, FilesAway
from crm.storage import NoAddress

# A server that takes no connection, or stops in the middle, is given up soon: a request holds a
# thread for as long. One more attempt is for a kept connection that the server had closed.
CONNECT_SECONDS, STILL_SECONDS, ATTEMPTS = 2, 4, 2
IN_MEMORY = 256 * 1024  # a longer file waits on the disk, as an answer of ours does
# A failure that took longer than this has cost a thread; one that took less costs nobody anything.
LONG_SECONDS, PAUSE_SECONDS = 0.3, 5.0
FULL = {"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"}
NOT_THERE = {"404", "NoSuchKey"}


class Breaker:
    """After a failure that was waited for, one at a time asks again, and the others are told so at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_away = self._is_asked = False
        self._unasked_until = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Raises FilesAway, unasked, while the server is known to be away."""
        is_trial = self._enter()
        began = time.monotonic()
        try:
            yield
        except FilesAway:
            now = time.monotonic()
            if is_trial or now - began >= LONG_SECONDS:
                self._is_away, self._unasked_until = True, now + PAUSE_SECONDS
            raise
        else:
            self._is_away = False
        finally:
            if is_trial:
                self._is_asked = False

    def _enter(self) -> bool:
        with self._lock:
            if not self._is_away:
                return False
            if self._is_asked or time.monotonic() < self._unasked_until:
                raise FilesAway(retry_after=RETRY_AFTER)
            self._is_asked = True
            return True

    def forget(self) -> None:
        self._is_away = self._is_asked = False


breaker = Breaker()


@contextmanager
def asked() -> Iterator[None]:
    """Within it the server is asked; what goes wrong is raised as what it means to us.

    FileNotFoundError for a file that is not there, an OSError of a full disk where its room is used
    up, FilesAway for all else: also a refused key or a lost bucket, which an operator puts right.
    """
    missing: OSError | None = None
    with breaker.watched():
        try:
            yield
        except (FileNotFoundError, ClientError) as error:
            missing = _meaning(error)
        except BotoCoreError as error:
            raise FilesAway(retry_after=RETRY_AFTER) from error
    if missing is not None:  # the server answered: that is no outage
        raise missing


def _meaning(error: FileNotFoundError | ClientError) -> OSError:
    if isinstance(error, FileNotFoundError):
        return error
    code = str(error.response.get("Error", {}).get("Code"))
    if code in FULL:
        return OSError(errno.EDQUOT, code)
    if code in NOT_THERE:
        return FileNotFoundError(errno.ENOENT, code)
    raise FilesAway(retry_after=RETRY_AFTER) from error


class Objects(NoAddress, S3Storage):  # type: ignore[misc]
    """Each file is one object, stored by one request: whole, or not there.

    None has an address for the public: it is read with our key, by views that ask who may see it.
    """

    bucket_name: str
    client_config: Any

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.client_config = self.client_config.merge(
            Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=STILL_SECONDS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                # Checksums of boto's own that other vendors' servers do not all understand.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            )
        )

    def answers(self) -> bool:
        """Raises FilesAway where the bucket cannot be had."""
        with asked():
            try:
                self.connection.meta.client.head_bucket(Bucket=self.bucket_name)
            except ClientError as error:  # without a bucket no file can be had
                raise FilesAway(retry_after=RETRY_AFTER) from error
        return True

    def _open(self, name: str, mode: str = "rb") -> Any:
        """All of it, read at once: who reads on slowly needs the server no longer."""
        if mode != "rb":
            raise ValueError("Files are read, and saved whole.")
        copy = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - whoever opened it closes it
        with asked():
            shutil.copyfileobj(self._object(name).get()["Body"], copy)
        copy.seek(0)
        return File(copy, name)

    def _save(self, name: str, content: Any) -> str:
        """The type is nobody's business but our rows': no browser is ever shown this one."""
        content.seek(0)
        with asked():
            self._object(name).put(Body=content, ContentType=self.default_content_type)
        return name

    def delete(self, name: str) -> None:
        with asked():
            self._object(name).delete()

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        with asked():
            return int(self._object(name).content_length)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with asked():
            folders, files = super().listdir(name)
        return folders, files

    def get_modified_time(self, name: str) -> Any:
        with asked():
            return super().get_modified_time(name)

    def _object(self, name: str) -> Any:
        return self.connection.Object(self.bucket_name, self._normalize_name(name))
