"""A page on which to play the lead, and to see what was sent to each vendor."""

import json
import zlib
from contextlib import ExitStack
from html import escape
from types import TracebackType
from typing import Any

from tests.fakes.assistant import FakeAssistant
from tests.fakes.google import FakeGoogle
from tests.fakes.meta import FakeMeta
from tests.fakes.people import TelegramUser, WhatsAppUser
from tests.fakes.server import Asked, LocalServer, Told
from tests.fakes.telegram import FakeTelegram
from tests.fakes.vapi import FakeVapi

FIRST_PORT, LAST_PORT = 8100, 8105  # the page, then Telegram, Meta, Gemini, Vapi, Google
SHOWN = 40
HTML = "text/html; charset=utf-8"
STYLE = "<style>body{font:15px sans-serif;margin:1.5rem}pre{white-space:pre-wrap}"
STYLE += "iframe{width:100%;height:75vh;border:1px solid #ccc}</style>"
HEAD = f'<!doctype html><html lang="es"><meta charset="utf-8"><title>Demo</title>{STYLE}'
PAGE = f"""{HEAD}<h1>Escribe como lead</h1>
<form method="post" action="/write">
<select name="channel" aria-label="Canal"><option>telegram</option><option>whatsapp</option></select>
<input name="name" value="Camila Rojas" aria-label="Nombre">
<input name="text" size="60" aria-label="Mensaje" autofocus> <button>Enviar</button></form>
<form method="post" action="/phone"><input type="hidden" name="name" value="Camila Rojas">
<button>Camila comparte su teléfono por Telegram</button></form>
<h2>Lo que recibió cada proveedor</h2><iframe src="/sent" title="Enviado"></iframe></html>"""


class Vendors:
    """The fakes of all vendors on the ports after the console's."""

    def __init__(self) -> None:
        self.telegram = FakeTelegram(port=FIRST_PORT + 1)
        self.meta = FakeMeta(port=FIRST_PORT + 2)
        self.gemini = FakeAssistant(port=FIRST_PORT + 3)
        self.vapi = FakeVapi(port=FIRST_PORT + 4)
        self.google = FakeGoogle(port=FIRST_PORT + 5)
        self._opened = ExitStack()

    def __enter__(self) -> "Vendors":
        for fake in (self.telegram, self.meta, self.gemini, self.vapi, self.google):
            self._opened.enter_context(fake)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TELEGRAM_API_URL": self.telegram.url,
            "WHATSAPP_API_URL": self.meta.url,
            "GEMINI_API_URL": self.gemini.url,
            "GEMINI_API_KEY": "fake",
            "VAPI_API_URL": self.vapi.url,
            "GOOGLE_CALENDAR_API_URL": self.google.url,
            "GOOGLE_TOKEN_URL": self.google.token_url,
            "GOOGLE_CLIENT_ID": "fake",
            "GOOGLE_CLIENT_SECRET": "fake",
            "SWEEP_SECONDS": "15",
            "CAMPAIGN_TRIGGER_SECONDS": "30",
        }

    def sent(self) -> dict[str, list[Any]]:
        """What was sent to each, the newest first."""
        calendar = [event for name in self.google.calendars for event in self.google.events(name)]
        told = {
            "Telegram": self.telegram.sent,
            "WhatsApp": self.meta.sent,
            "Gemini": [f"→ {each}" for each in self.gemini.used],
            "Vapi": self.vapi.calls,
            "Google Calendar": calendar,
        }
        return {name: rows[::-1][:SHOWN] for name, rows in told.items()}


class Console(LocalServer):
    """The page's server."""

    def __init__(self, vendors: Vendors, product: str, whatsapp: dict[str, str]) -> None:
        self.vendors, self.product, self.whatsapp = vendors, product, whatsapp
        self._people: dict[str, TelegramUser] = {}
        super().__init__(port=FIRST_PORT)

    def take(self, asked: Asked) -> Told:
        if asked.method == "GET":
            return Told(200, self.page(asked.path).encode(), content_type=HTML)
        return Told(303, headers=(("Location", self.act(asked.path, asked.form)),))

    def on_telegram(self, name: str) -> TelegramUser:
        first, _, last = name.partition(" ")
        hook = f"{self.product}/hooks/telegram/demo-telegram/"
        person = TelegramUser(_number(name), first, last, hook, "demo-secret")
        return self._people.setdefault(name, person)

    def on_whatsapp(self, name: str) -> WhatsAppUser:
        hook = f"{self.product}/hooks/whatsapp/demo-whatsapp/"
        secret, number = self.whatsapp["app_secret"], self.whatsapp["phone_number_id"]
        return WhatsAppUser(_phone(name), name, hook, secret, number)

    def act(self, path: str, given: dict[str, str]) -> str:
        """Do what a form asks; returns the page to go on with."""
        if path == "/press":
            for person in self._people.values():
                if str(person.number) == given["chat"]:
                    person.press(given["code"])
            return "/sent"
        name = given.get("name", "").strip() or "Camila Rojas"
        if path == "/phone":
            self.on_telegram(name).share_phone(_phone(name))
        elif given.get("channel") == "whatsapp":
            self.on_whatsapp(name).write(given.get("text", ""))
        else:
            self.on_telegram(name).write(given.get("text", ""))
        return "/"

    def page(self, path: str) -> str:
        if path != "/sent":
            return PAGE
        parts = [f"<h3>{name}</h3>{''.join(map(_shown, rows)) or '<p>—</p>'}"
                 for name, rows in self.vendors.sent().items()]  # fmt: skip
        return f'{HEAD}<meta http-equiv="refresh" content="2">{"".join(parts)}</html>'


def _shown(row: Any) -> str:
    if not isinstance(row, dict):
        return f"<pre>{escape(str(row))}</pre>"
    if "chat_id" not in row:
        return f"<pre>{escape(json.dumps(row, ensure_ascii=False, indent=1))}</pre>"
    buttons = [_button(row["chat_id"], label, code) for label, code in row["buttons"]]
    return f"<pre>→ {escape(row['chat_id'])}: {escape(row['text'])}</pre>{''.join(buttons)}"


def _button(chat: str, label: str, code: str) -> str:
    hidden = {"chat": chat, "code": code}
    fields = [
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in hidden.items()
    ]
    return f'<form method="post" action="/press">{"".join(fields)}<button>{escape(label)}</button></form>'


def _number(name: str) -> int:
    return 10_000 + zlib.crc32(name.encode()) % 1_000_000


def _phone(name: str) -> str:
    return f"5696{_number(name):07d}"
