"""Telegram's Bot API from synchronous code: one client per bot, on a background loop per process."""

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

from django.conf import settings
from telegram import Bot
from telegram.error import TimedOut
from telegram.request import HTTPXRequest

T = TypeVar("T")

CALL_SECONDS = 25.0
MAX_BOTS = 200


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
            if key not in self._bots and len(self._bots) >= MAX_BOTS:
                self._bots.pop(next(iter(self._bots)))
            return self._bots.setdefault(key, _make(token))


def _make(token: str) -> Bot:
    request = HTTPXRequest(
        connection_pool_size=8,
        connect_timeout=3.0,
        read_timeout=10.0,
        write_timeout=10.0,
        pool_timeout=5.0,
    )
    return Bot(token, base_url=f"{settings.TELEGRAM_API_URL.rstrip('/')}/bot", request=request)


_background = _Background()
os.register_at_fork(after_in_child=_background.forget)


def call(token: str, ask: Callable[[Bot], Awaitable[T]], *, seconds: float = CALL_SECONDS) -> T:
    """Ask Telegram and wait for the answer; raises ``telegram.error.TelegramError``."""

    async def asked() -> T:
        return await ask(_background.bot(token))

    future = asyncio.run_coroutine_threadsafe(asked(), _background.loop())
    try:
        return future.result(seconds)
    except concurrent.futures.TimeoutError as error:
        future.cancel()
        raise TimedOut from error


def bot_id_of(token: str) -> int | None:
    """The bot's own number, which its token begins with."""
    number = token.partition(":")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
