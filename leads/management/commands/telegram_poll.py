"""`manage.py telegram_poll`: a bot's messages on a laptop, without a public address."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter

from brokers.models import Broker, BrokerChatConfig
from crm import connections
from leads.channels import telegram_polling

WAIT_SECONDS = 25
PAUSE_SECONDS = 3


class Command(BaseCommand):
    help = "Takes in a bot's messages by long polling, as its webhook would; Ctrl-C ends it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--broker", help="the broker's slug; needed when several have a bot")

    def handle(self, *args: Any, **options: Any) -> None:
        broker, token = _bot_of(options["broker"])
        self.stdout.write(f"Waiting for messages to {broker.name}'s bot. Ctrl-C ends it.")
        try:
            self._poll(broker, token)
        except KeyboardInterrupt:
            self.stdout.write("Bye.")
        except InvalidToken as error:
            raise CommandError("Telegram does not know this bot: check its token.") from error
        except Conflict as error:
            raise CommandError(
                "The bot delivers to a webhook, or another poll runs: only one can have it."
            ) from error

    def _poll(self, broker: Broker, token: str) -> None:
        after = -1
        while True:
            connections.refresh()
            try:
                after = telegram_polling.fetch(
                    broker, token, after=after, seconds=WAIT_SECONDS, at=timezone.now()
                )
            except (NetworkError, RetryAfter) as error:
                self.stderr.write(f"Telegram did not answer ({type(error).__name__}); again soon.")
                time.sleep(PAUSE_SECONDS)
            except Exception as error:
                if not connections.is_passing(error):
                    raise
                # What was fetched and not stored is fetched again: its numbers were not passed.
                self.stderr.write(f"The database is away ({type(error).__name__}); again soon.")
                connections.drop()
                time.sleep(PAUSE_SECONDS)


def _bot_of(slug: str | None) -> tuple[Broker, str]:
    configs = BrokerChatConfig.objects.filter(broker__is_active=True).select_related("broker")
    if slug:
        configs = configs.filter(broker__slug=slug)
    bots = [(config.broker, token) for config in configs if (token := _token(config))]
    if len(bots) != 1:
        named = ", ".join(broker.slug for broker, _token in bots) or "none"
        raise CommandError(f"Name one broker with a Telegram bot by --broker (found: {named}).")
    return bots[0]


def _token(config: BrokerChatConfig) -> str:
    return str((config.provider_configs.get("telegram") or {}).get("token") or "")
