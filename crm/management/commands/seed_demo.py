"""`manage.py seed_demo`: a brokerage to try everything on, for development only."""

import sys
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from crm.demo import Context

SLUG = "demo"


class Command(BaseCommand):
    help = "Seeds the demo brokerages; changes nothing where they exist. Needs DEBUG."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", type=_moment, help="the demo's today, ISO 8601 (default now)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("seed_demo makes accounts with a known password: it needs DEBUG.")
        if _is_seeded():
            self.stdout.write("The demo is there already; nothing changed.")
            return
        seed(Context(at=options["at"] or timezone.now()))
        self.stdout.write(self.style.SUCCESS("The demo is ready: sign in as admin@demo.test."))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _is_seeded() -> bool:
    brokers = apps.get_model("brokers", "Broker")
    return bool(brokers._default_manager.filter(slug=SLUG).exists())


@transaction.atomic
def seed(context: Context) -> None:
    """Every app's ``demo.seed``, lower apps first, then what they planned, in order of time."""
    autodiscover_modules("demo")
    for config in apps.get_app_configs():
        part: Any = sys.modules.get(f"{config.name}.demo")
        if hasattr(part, "seed"):
            part.seed(context)
    context.replay()
    # The demo's past is over: no task, alert or campaign answers to it now.
    transaction.get_connection().run_on_commit.clear()
