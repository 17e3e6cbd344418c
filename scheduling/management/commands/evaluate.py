"""`manage.py evaluate`: the assistant on conversations whose right outcome is known; keeps nothing."""

import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from pydantic import ValidationError

from llm import vendors
from scheduling.evaluation import cases, reporting, running
from scheduling.evaluation.cases import Case
from scheduling.evaluation.figures import figures
from scheduling.evaluation.judging import Verdict

OFFLINE = "offline"
TO_STDOUT = Path("-")
PROGRESS_EVERY = 10


class Command(BaseCommand):
    help = (
        "Holds the assistant to conversations with known facts, next steps and answers. Nothing "
        "stays in the database. A vendor's model costs what it costs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--model", default=OFFLINE, help="vendor:name, with its key set (default: offline)"
        )
        parser.add_argument(
            "--split", choices=[*cases.SPLITS, cases.ALL, cases.FAST], default=cases.ALL
        )
        parser.add_argument("--set", type=Path, help="a file of conversations in place of a split")
        parser.add_argument("--only", action="append", default=[], help="the id of one; repeatable")
        parser.add_argument("--worst", type=int, default=5, help="failures to quote (default: 5)")
        parser.add_argument("--processes", type=int, default=1, help="how many work side by side")
        parser.add_argument(
            "--threshold",
            type=float,
            help="fail where facts, next steps or answers are below (0 to 1), or anything barred is said",
        )
        parser.add_argument(
            "--json",
            type=Path,
            nargs="?",
            const=TO_STDOUT,
            help="figures, verdicts and transcripts as JSON: to a file, or in place of the table",
        )
        parser.add_argument("--compare", type=Path, help="the JSON of another run to compare with")

    def handle(self, *args: Any, **options: Any) -> None:
        threshold = options["threshold"]
        if threshold is not None and not 0 <= threshold <= 1:
            raise CommandError("--threshold goes from 0 to 1.")
        _use(options["model"])
        before = _verdicts_of(options["compare"]) if options["compare"] else []
        verdicts = running.evaluate(
            _chosen(options), processes=options["processes"], done=self._progress()
        )
        data = cases.as_json(reporting.as_data(verdicts, model=options["model"]))
        if options["json"] == TO_STDOUT:
            self.stdout.write(data)
        else:
            self._print(verdicts, before, options["worst"])
        if options["json"] not in (None, TO_STDOUT):
            options["json"].write_text(data + "\n", encoding="utf-8")
        total = figures(verdicts)
        if threshold is not None and (total.weakest < threshold or total.forbidden):
            sys.exit(1)

    def _progress(self) -> running.Done:
        count = 0

        def done(verdict: Verdict) -> None:
            nonlocal count
            count += 1
            if count % PROGRESS_EVERY == 0:
                self.stderr.write(f"{count} conversations, {verdict.case} the last")

        return done

    def _print(self, verdicts: list[Verdict], before: list[Verdict], worst: int) -> None:
        lines = [*reporting.table(verdicts), *reporting.totals(figures(verdicts))]
        lines += reporting.worst(verdicts, worst)
        lines += ["", *reporting.differences(before, verdicts)] if before else []
        self.stdout.write("\n".join(lines))


def _use(model: str) -> None:
    """The one model of this process; without it the offline one answers, and none takes over."""
    if model != OFFLINE and not vendors.has_key(model):
        raise CommandError(f"There is no key for {model}.")
    settings.LLM_MODEL = "" if model == OFFLINE else model
    settings.LLM_FALLBACK_MODEL = ""


def _chosen(options: dict[str, Any]) -> list[Case]:
    path, only = options["set"], options["only"]
    try:
        found = cases.read(path) if path else cases.of_split(options["split"])
    except (OSError, ValidationError) as error:
        raise CommandError(f"{path or options['split']}: {error}") from error
    chosen = [case for case in found if not only or case.id in only]
    if not chosen:
        raise CommandError("No such conversation.")
    return chosen


def _verdicts_of(path: Path) -> list[Verdict]:
    try:
        return reporting.verdicts_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path}: no result of an evaluation ({error})") from error
