"""Files on a disk of ours: whole, or not there."""

import os
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.core.files.storage import FileSystemStorage


class WholeFiles(FileSystemStorage):
    """Writes a file beside its place first: a full disk leaves no half of one.

    For names that nothing else can have: a file of the same name would be replaced.
    """

    def _save(self, name: str, content: Any) -> str:
        draft = os.path.join(os.path.dirname(name), f".{uuid4().hex}.part")
        try:
            super()._save(draft, content)  # type: ignore[misc]
            os.rename(self.path(draft), self.path(name))
        finally:
            with suppress(FileNotFoundError):
                os.unlink(self.path(draft))
        return name
