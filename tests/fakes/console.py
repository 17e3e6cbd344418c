"""A page on which to play the lead, and to see what was sent to each vendor."""

import json
import zlib
from html import escape
from typing import Any

from tests.fakes.people import TelegramUser
from tests.fakes.server import Asked, LocalServer, Told
from tests.fakes.vendors import Vendors, on_telegram, on_whatsapp

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


class Console(LocalServer):
    """The page's server."""

    def __init__(self, vendors: Vendors, product: str, *, port: int = 0) -> None:
        self.vendors, self.product = vendors, product
        self._people: dict[str, TelegramUser] = {}
        super().__init__(port=port)

    def take(self, asked: Asked) -> Told:
        if asked.method == "GET":
            return Told(200, self.page(asked.path).encode(), content_type=HTML)
        return Told(303, headers=(("Location", self.act(asked.path, asked.form)),))

    def on_telegram(self, name: str) -> TelegramUser:
        person = on_telegram(self.product, _number(name), name)
        return self._people.setdefault(name, person)

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
            on_whatsapp(self.product, _phone(name), name).write(given.get("text", ""))
        else:
            self.on_telegram(name).write(given.get("text", ""))
        return "/"

    def page(self, path: str) -> str:
        if path != "/sent":
            return PAGE
        sent = self.vendors.sent().items()
        parts = [f"<h3>{name}</h3>{_newest_first(rows) or '<p>—</p>'}" for name, rows in sent]
        return f'{HEAD}<meta http-equiv="refresh" content="2">{"".join(parts)}</html>'


def _newest_first(rows: list[Any]) -> str:
    return "".join(map(_shown, rows[::-1][:SHOWN]))


def _shown(row: Any) -> str:
    if not isinstance(row, dict):
        return f"<pre>{escape(str(row))}</pre>"
    if "chat_id" not in row:
        return f"<pre>{escape(json.dumps(row, ensure_ascii=False, indent=1))}</pre>"
    buttons = [_button(row["chat_id"], label, code) for label, code in row["buttons"]]
    file = f"[{row['way']}: {row['filename']}] " if "way" in row else ""
    told = escape(f"{row['chat_id']}: {file}{row['text']}")
    return f"<pre>→ {told}</pre>{''.join(buttons)}"


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
