"""`manage.py train_subjects`: makes the file of the questions' model from its examples."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from llm.offline.subjects.classifier import MODEL


class Command(BaseCommand):
    help = (
        "Learns what questions ask for from llm/offline/subjects/examples.txt and writes its file."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from llm.offline.subjects import training  # noqa: PLC0415 - development's packages only
        except ImportError as error:
            raise CommandError("Training needs the packages of requirements-dev.txt.") from error
        stored = training.train()
        MODEL.write_bytes(stored)
        self.stdout.write(f"{len(stored):,} bytes")
