"""`manage.py rebuild_costs`: totals of what models cost, made anew from the calls, day by day."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from brokers.models import Broker
from llm import totals


class Command(BaseCommand):
    help = (
        "Totals every day with calls again, for example after prices were corrected or a brokerage's "
        "time zone was changed. It may be interrupted and run again; nothing is counted twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--broker", help="only this brokerage, by its slug")
        parser.add_argument(
            "--since", type=date.fromisoformat, help="from this day on, as 2026-11-01"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for broker in _brokers(options["broker"]):
            since = options["since"] or date.min
            days = [day for day in totals.days_of(broker) if day >= since]
            for day in days:
                totals.rebuild(broker, day)
            self.stdout.write(f"{broker}: {len(days)} days.")


def _brokers(slug: str | None) -> list[Broker]:
    brokers = Broker.objects.order_by("pk")
    if slug and not brokers.filter(slug=slug).exists():
        raise CommandError(f"There is no brokerage {slug!r}.")
    return list(brokers.filter(slug=slug) if slug else brokers)
