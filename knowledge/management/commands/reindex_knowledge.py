"""`manage.py reindex_knowledge`: gives every entry a vector of the model that is set, while searches go on."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from brokers.models import Broker
from knowledge import embedding, indexing, reindexing
from knowledge.models import KnowledgeEntry
from knowledge.reindexing import Progress

MOST_WAIT = 5.0  # seconds between two looks at what another worker holds: it may end early


class Command(BaseCommand):
    help = (
        "Embeds what has no vector, or one of another model than the one that is set. Old vectors "
        "serve until the new ones are there. It may be interrupted and run again: it goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--broker", help="only this brokerage, by its slug")
        parser.add_argument(
            "--again",
            action="store_true",
            help="also what has its vector already; to go on after an interruption, leave it out",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        entries = _entries(options["broker"])
        if options["again"]:
            count = reindexing.ask_again(entries)
            self.stdout.write(f"{count} entries will be embedded again.")
        self.stdout.write(f"Embedding by {embedding.preferred_model()}.")
        began, last = time.monotonic(), Progress(0, 0)
        for last in reindexing.run(entries):
            self.stdout.write(_told(last, time.monotonic() - began))
            if last.wait is not None:
                time.sleep(min(max(last.wait.total_seconds(), 0.1), MOST_WAIT))
        if last.made and indexing.refresh():
            self.stdout.write("The search index was rebuilt.")
        if last.postponed:
            raise CommandError(
                f"{last.postponed} entries wait for their vendor or budget; what they had serves. "
                "The sweep tries them every half hour; or run this again."
            )


def _entries(slug: str | None) -> Any:
    if not slug:
        return KnowledgeEntry.objects.all()
    broker = Broker.objects.filter(slug=slug).first()
    if broker is None:
        raise CommandError(f"There is no brokerage {slug!r}.")
    return KnowledgeEntry.objects.filter(broker=broker)


def _told(progress: Progress, seconds: float) -> str:
    if progress.wait is not None:
        return "Another worker has the rest: waiting for it."
    share = f" ({progress.made / progress.total:.0%})" if progress.total else ""
    pace = progress.made / seconds if seconds else 0.0
    left = progress.total - progress.made - progress.postponed
    rest = f", {pace:.0f}/s, {left / pace:.0f} s left" if pace and left > 0 else ""
    return f"{progress.made} of {progress.total}{share}{rest}"
