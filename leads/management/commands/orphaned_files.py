"""`manage.py orphaned_files`: files of leads that no row names, as a rolled back upload may leave one."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from crm.backups import files
from crm.storage import ATTACHMENTS
from leads import removals
from leads.models import Attachment

AT_ONCE = 500
# Its row may still be on the way.
YOUNG = timedelta(days=1)


class Command(BaseCommand):
    help = (
        "Lists the files of leads that no row names and that are older than a day; --delete deletes"
        " them. Only where nobody else uses the same bucket and prefix."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--delete", action="store_true", help="delete them too")

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for name in _orphans():
            count += 1
            self.stdout.write(name)
            if options["delete"]:
                removals.remove(name)
        self.stdout.write(f"{count} files{' deleted' if options['delete'] else ''}")


def _orphans() -> Iterator[str]:
    storage, until = storages[ATTACHMENTS], timezone.now() - YOUNG
    all_names = files.names(ATTACHMENTS)
    while names := list(islice(all_names, AT_ONCE)):
        known = set(Attachment.objects.filter(file__in=names).values_list("file", flat=True))
        for name in names:
            if name not in known and storage.get_modified_time(name) < until:
                yield name
