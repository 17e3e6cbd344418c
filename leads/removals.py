"""Deleting files of leads for certain: noted as a row, with what no longer needs them, and done after."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from crm.errors import FilesAway
from leads.models import Attachment, FileRemoval

log = logging.getLogger(__name__)

# Nobody is that long at storing one file: what is not a row's by then will never be.
UNCLAIMED = timedelta(hours=1)
# A file that the disk does not let go is looked at again, after all others.
REFUSED = timedelta(hours=1)


def remove(name: str) -> None:
    """Once the transaction stands the file goes, or with a later sweep."""
    _note(name, timezone.now())
    transaction.on_commit(lambda: _delete([name]), robust=True)


def may_be_left(name: str) -> None:
    """Note a file before it is stored; ``is_used`` crosses it out together with the row that names it."""
    _note(name, timezone.now() + UNCLAIMED)


def is_used(name: str) -> None:
    FileRemoval.objects.filter(name=name).delete()


def owed(at: datetime) -> QuerySet[FileRemoval]:
    return FileRemoval.objects.filter(due_at__lte=at)


def run(*, at: datetime, limit: int = 500) -> int:
    """Delete what is due; a file that is gone already is no trouble. Returns how many."""
    due = owed(at).order_by("due_at")[:limit]
    return _delete(list(due.values_list("name", flat=True)))


def _note(name: str, due_at: datetime) -> None:
    row = FileRemoval(name=name, due_at=due_at)
    FileRemoval.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["name"], update_fields=["due_at"]
    )


def _delete(names: list[str]) -> int:
    field: Any = Attachment._meta.get_field("file")
    done: list[str] = []
    for name in names:
        try:
            field.storage.delete(name)
        except FilesAway:
            log.warning("%s files wait to be deleted: their server is away", len(names) - len(done))
            break
        except OSError as error:
            log.error("a file cannot be deleted: %s", type(error).__name__)
            _note(name, timezone.now() + REFUSED)
        else:
            done.append(name)
    FileRemoval.objects.filter(name__in=done).delete()
    return len(done)
