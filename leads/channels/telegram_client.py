"""Telegram's Bot API from synchronous code: one client per bot, on a background loop per process."""

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from django.conf import settings
from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from crm.metrics.process import timed
from leads.errors import ChannelError

T = TypeVar("T")

CALL_SECONDS = 25.0
READ_SECONDS = 10.0
MAX_BOTS = 200
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)  # an answer of another shape


class _Background:
    """An event loop on a thread of its own; a forked child makes its own."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bots: dict[tuple[str, str], Bot] = {}

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="telegram", daemon=True
                ).start()
            return self._loop

    def bot(self, token: str) -> Bot:
        key = (settings.TELEGRAM_API_URL, token)
        with self._lock:
            if key not in self._bots:
                if len(self._bots) >= MAX_BOTS:
                    self._bots.pop(next(iter(self._bots)))
                self._bots[key] = _make(token)
            return self._bots[key]


def _make(token: str) -> Bot:
    request = HTTPXRequest(
        connection_pool_size=8,
        connect_timeout=3.0,
        read_timeout=READ_SECONDS,
        write_timeout=READ_SECONDS,
        pool_timeout=5.0,
    )
    api = settings.TELEGRAM_API_URL.rstrip("/")
    return Bot(token, base_url=f"{api}/bot", base_file_url=f"{api}/file/bot", request=request)


_background = _Background()
os.register_at_fork(after_in_child=_background.forget)


def call(token: str, ask: Callable[[Bot], Awaitable[T]], *, seconds: float = CALL_SECONDS) -> T:
    """Ask Telegram and wait for the answer; raises ``telegram.error.TelegramError``."""

    future = start(token, ask)
    try:
        with timed("telegram"):
            return future.result(seconds)
    except concurrent.futures.TimeoutError as error:
        future.cancel()
        raise TimedOut from error


def start(token: str, ask: Callable[[Bot], Awaitable[T]]) -> "concurrent.futures.Future[T]":
    """Ask Telegram without waiting; cancel what is no longer wanted."""

    async def asked() -> T:
        try:
            return await ask(_background.bot(token))
        except UNREADABLE as error:
            raise TelegramError("unreadable answer") from error

    return asyncio.run_coroutine_threadsafe(asked(), _background.loop())


def files_of(token: str) -> str:
    """Where the files lie that a bot was sent."""
    return f"{settings.TELEGRAM_API_URL.rstrip('/')}/file/bot{token}"


def seconds_of(error: RetryAfter) -> float:
    wait = error.retry_after
    return float(wait) if isinstance(wait, int | float) else wait.total_seconds()


def meaning_of_reading(error: TelegramError) -> ChannelError:
    """What a question that changes nothing ran into: it may be asked again, but for a bad token."""
    if isinstance(error, RetryAfter):
        return ChannelError(permanent=False, reason="rate_limited", retry_after=seconds_of(error))
    if isinstance(error, InvalidToken):
        return ChannelError(permanent=True, reason="bad_credentials")
    return ChannelError(permanent=False, reason="unreachable")


def connected_bot(config: dict[str, Any]) -> int | None:
    """The bot whose updates come in with the secret: its token may be another's by now."""
    known = config.get("bot")
    return known if type(known) is int else bot_id_of(str(config.get("token") or ""))


def bot_id_of(token: str) -> int | None:
    """The bot's own number, which its token begins with."""
    number = token.partition(":")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
