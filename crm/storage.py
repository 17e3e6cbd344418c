"""Files on a disk of ours: whole, or not there; and what holds for them wherever they are."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

from django.core.files.storage import FileSystemStorage, storages

from crm.errors import FilesAway

ATTACHMENTS = "attachments"


class NoAddress:
    """No address leads to such a file: a view of ours serves it to who may see it."""

    def url(self, name: str | None) -> NoReturn:
        raise ValueError("This file has no address: a view serves it to who may see it.")


class WholeFiles(NoAddress, FileSystemStorage):  # type: ignore[misc]
    """Writes a file beside its place first: a full disk leaves no half of one.

    For names that nothing else can have: a file of the same name would be replaced.
    """

    def answers(self) -> bool:
        """Whether files can be written; the folder itself is made with the first."""
        place = Path(self.location)
        while not place.exists():
            place = place.parent
        return place.is_dir() and os.access(place, os.W_OK | os.X_OK)

    def _save(self, name: str, content: Any) -> str:
        draft = os.path.join(os.path.dirname(name), f".{uuid4().hex}.part")
        try:
            super()._save(draft, content)  # type: ignore[misc]
            os.rename(self.path(draft), self.path(name))
        finally:
            with suppress(FileNotFoundError):
                os.unlink(self.path(draft))
        return name


def disk() -> Path | None:
    """The folder with the files of leads, where they are on a disk of ours."""
    storage = storages[ATTACHMENTS]
    return Path(storage.location) if isinstance(storage, FileSystemStorage) else None


def answers() -> bool:
    """Whether files of leads can be had and kept; raises FilesAway where their server is away."""
    storage: Any = storages[ATTACHMENTS]
    return bool(storage.answers())


def can_be_had() -> bool:
    try:
        return answers()
    except FilesAway:
        return False
