"""`manage.py evaluate`: the assistant on conversations whose right outcome is known; keeps nothing."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation
from pydantic import ValidationError

from llm import vendors
from scheduling.evaluation import cases, judging, playing, world
from scheduling.evaluation.cases import Case
from scheduling.evaluation.judging import Figures, Verdict

OFFLINE = "offline"


class Command(BaseCommand):
    help = (
        "Holds the assistant to conversations with known facts, next steps and answers. Nothing "
        "stays in the database. A vendor's model costs what it costs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--model", default=OFFLINE, help="vendor:name, with its key set (default: offline)"
        )
        parser.add_argument("--set", type=Path, default=cases.OWN, help="a file of conversations")
        parser.add_argument("--only", action="append", default=[], help="the id of one; repeatable")
        parser.add_argument(
            "--threshold",
            type=float,
            help="fail where facts, next steps or answers are below (0 to 1), or anything barred is said",
        )
        parser.add_argument("--json", action="store_true", help="figures and verdicts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        threshold = options["threshold"]
        if threshold is not None and not 0 <= threshold <= 1:
            raise CommandError("--threshold goes from 0 to 1.")
        _use(options["model"])
        try:
            chosen = cases.read(options["set"], only=options["only"])
        except (OSError, ValidationError) as error:
            raise CommandError(f"{options['set']}: {error}") from error
        if not chosen:
            raise CommandError("No such conversation.")
        verdicts = evaluate(chosen)
        total = judging.figures(verdicts)
        if options["json"]:
            self.stdout.write(cases.as_json(_told(verdicts, total)))
        else:
            self._print(verdicts, total)
        if threshold is not None and (total.weakest < threshold or total.forbidden):
            sys.exit(1)

    def _print(self, verdicts: list[Verdict], total: Figures) -> None:
        for each in verdicts:
            wrong = _wrong(each)
            self.stdout.write(f"{'ok  ' if not wrong else 'WRONG'} {each.case}")
            for line in wrong:
                self.stdout.write(f"      {line}")
        cost = "unknown" if total.cost_usd is None else f"US$ {total.cost_usd:.4f}"
        self.stdout.write(
            f"\n{total.conversations} conversations\n"
            f"facts F1           {total.facts_f1:.3f} (precision {total.facts_precision:.3f}, "
            f"recall {total.facts_recall:.3f})\n"
            f"next step right    {total.next_step:.3f}\n"
            f"questions answered {total.answers:.3f}\n"
            f"forbidden content  {total.forbidden}\n"
            f"tokens             {total.input_tokens} in, {total.output_tokens} out\n"
            f"cost               {cost}\n"
            f"fell back          {total.fell_back} attempts"
        )


def _use(model: str) -> None:
    """The one model of this process; without it the offline one answers, and none takes over."""
    if model != OFFLINE and not vendors.has_key(model):
        raise CommandError(f"There is no key for {model}.")
    settings.LLM_MODEL = "" if model == OFFLINE else model
    settings.LLM_FALLBACK_MODEL = ""


def evaluate(chosen: list[Case]) -> list[Verdict]:
    """Each conversation in a brokerage of its own, which is gone before the next one."""
    at, verdicts = world.next_tuesday(timezone.now()), []
    knowledge = world.knowledge_texts()
    with translation.override(settings.LANGUAGE_CODE):
        for case in chosen:
            with world.temporary(at) as broker:
                happened = playing.play(case, broker, at=at)
                verdicts.append(judging.judge(case, happened, knowledge=knowledge))
    return verdicts


def _wrong(each: Verdict) -> list[str]:
    lines = [f"missed {fact}" for fact in each.missed]
    lines += [f"invented {fact}" for fact in each.invented]
    lines += [f"next step {each.step}"] if not each.step_is_right else []
    lines += [f"not answered: {question}" for question in each.unanswered]
    return lines + [f"forbidden: {what}" for what in each.forbidden]


def _told(verdicts: list[Verdict], total: Figures) -> dict[str, Any]:
    shown = ("case", "missed", "invented", "step", "step_is_right", "unanswered", "forbidden")
    return {
        "figures": asdict(total),
        "verdicts": [{name: getattr(each, name) for name in shown} for each in verdicts],
    }
