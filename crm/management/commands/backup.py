"""`manage.py backup`: the database and the files at one moment, while people work."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crm.backups import files, saving
from crm.backups.manifest import BackupError, Manifest
from crm.embedded.errors import EmbeddedError
from crm.models import PeriodicRun
from crm.troubles import BACKUP


class Command(BaseCommand):
    help = "Saves the database and all files in a new folder, with a manifest to compare with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, default=Path(settings.BACKUPS_ROOT))
        parser.add_argument("--keep", type=int, help="how many to keep, the newest (default all)")

    def handle(self, *args: Any, **options: Any) -> None:
        root, keep = options["to"], options["keep"]
        if keep is not None and keep < 1:
            raise CommandError("--keep must leave at least one.")
        try:
            with files.reachable():
                folder = saving.make(root, timezone.now())
            self._tell(folder, Manifest.read(folder))
            _note_end()
            for old in saving.forget(root, keep) if keep else []:
                self.stdout.write(f"{old} deleted")
        except (BackupError, EmbeddedError) as error:
            raise CommandError(str(error)) from error

    def _tell(self, folder: Path, manifest: Manifest) -> None:
        rows, count = sum(manifest.rows.values()), sum(map(len, manifest.files.values()))
        self.stdout.write(f"{folder}: {rows} rows of {len(manifest.rows)} tables, {count} files")
        if lost := manifest.keys.get(""):
            self.stderr.write(f"{lost} credentials open with none of FIELD_ENCRYPTION_KEYS.")
        if needed := sorted(filter(None, manifest.keys)):
            self.stdout.write(f"FIELD_ENCRYPTION_KEYS belongs to it, kept elsewhere: {needed}")


def _note_end() -> None:
    """For the page that turns red when the last one is too old; after the moment that was saved."""
    ended = {"finished_at": timezone.now(), "succeeded": True, "error": ""}
    PeriodicRun.objects.update_or_create(task=BACKUP, defaults=ended)
