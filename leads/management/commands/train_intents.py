"""`manage.py train_intents`: makes the file of the intents' model from its examples."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.intents.classifier import MODEL


class Command(BaseCommand):
    help = "Learns the intents' model from leads/intents/examples.txt and writes its file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing: fail where the file would differ"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from leads.intents import training  # noqa: PLC0415 - development's packages only
        except ImportError as error:
            raise CommandError("Training needs the packages of requirements-dev.txt.") from error
        stored, figures = training.train(training.read_examples())
        for each in figures:
            self.stdout.write(
                f"{each.intent:<20} precision {each.precision:.2f}  recall {each.recall:.2f}"
                f"  from {each.sure:.2f}  of {each.count}"
            )
        if options["check"] and MODEL.read_bytes() != stored:
            raise CommandError("The examples changed: run manage.py train_intents.")
        if not options["check"]:
            MODEL.write_bytes(stored)
        self.stdout.write(f"{len(stored):,} bytes")
