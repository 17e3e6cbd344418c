"""`manage.py restore`: a backup into an empty product, compared with what was saved."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.backups import files, restoring
from crm.backups.manifest import BackupError
from crm.embedded.errors import EmbeddedError


class Command(BaseCommand):
    help = (
        "Restores a backup's database and files, and compares them with it. Web, workers and beat"
        " are stopped meanwhile. Afterwards: migrate, and empty Redis."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="the backup's own folder")
        parser.add_argument("--replace", action="store_true", help="delete what is there first")
        parser.add_argument("--without-keys", action="store_true", help="lose the credentials")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with files.reachable():
                manifest = restoring.restore(
                    options["folder"],
                    replace=options["replace"],
                    without_keys=options["without_keys"],
                )
        except (BackupError, EmbeddedError) as error:
            raise CommandError(str(error)) from error
        rows, count = sum(manifest.rows.values()), sum(map(len, manifest.files.values()))
        self.stdout.write(
            f"Restored and compared: {rows} rows of {len(manifest.rows)} tables, {count} files,"
            f" as of {manifest.made_at}. Now run `manage.py migrate`, and empty Redis."
        )
