"""A page on which to play the lead and the agents' phones, and to see what each vendor was sent."""

import json
import zlib
from html import escape
from typing import Any

from tests.fakes.people import TelegramUser
from tests.fakes.phone import Phone
from tests.fakes.server import Asked, LocalServer, Told
from tests.fakes.vendors import Vendors, on_telegram, on_whatsapp

SHOWN = 40
HTML = "text/html; charset=utf-8"
AGENTS = ("Ana", "Luis")
REFRESH = '<meta http-equiv="refresh" content="2">'
STYLE = "<style>body{font:15px sans-serif;margin:1.5rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0 0 .5rem}"
STYLE += "input,select,button{font:inherit;max-width:100%}input{box-sizing:border-box}"
STYLE += "form{display:inline-block;max-width:100%;margin:0 .5rem .5rem 0}"
STYLE += "article{max-width:32rem;padding:.75rem;margin:0 0 .75rem;border:1px solid #ccc;border-radius:8px}"
STYLE += "iframe{width:100%;height:75vh;border:1px solid #ccc}</style>"
VIEWPORT = '<meta name="viewport" content="width=device-width,initial-scale=1">'
HEAD = f'<!doctype html><html lang="es"><meta charset="utf-8">{VIEWPORT}<title>Demo</title>{STYLE}'
PHONES = " · ".join(f'<a href="/agent?name={name}">El teléfono de {name}</a>' for name in AGENTS)
PAGE = f"""{HEAD}<h1>Escribe como lead</h1>
<form method="post" action="/write">
<select name="channel" aria-label="Canal"><option>telegram</option><option>whatsapp</option></select>
<input name="name" value="Camila Rojas" aria-label="Nombre">
<input name="text" size="60" aria-label="Mensaje" autofocus> <button>Enviar</button></form>
<form method="post" action="/phone"><input type="hidden" name="name" value="Camila Rojas">
<button>Camila comparte su teléfono por Telegram</button></form>
<p>Agentes: {PHONES}</p>
<h2>Lo que recibió cada proveedor</h2><iframe src="/sent" title="Enviado"></iframe></html>"""


class Console(LocalServer):
    """The page's server."""

    def __init__(self, vendors: Vendors, product: str, *, port: int = 0) -> None:
        self.vendors, self.product = vendors, product
        self._people: dict[str, TelegramUser] = {}
        self._phones = {name: self._phone(name) for name in AGENTS}
        super().__init__(port=port)

    def take(self, asked: Asked) -> Told:
        if asked.method == "GET":
            page = self.page(asked.path, asked.query.get("name", ""))
            return Told(200, page.encode(), content_type=HTML)
        return Told(303, headers=(("Location", self.act(asked.path, asked.form)),))

    def on_telegram(self, name: str) -> TelegramUser:
        person = on_telegram(self.product, _number(name), name)
        return self._people.setdefault(name, person)

    def _phone(self, name: str) -> Phone:
        """An agent's Telegram is no lead's, though one be called the same."""
        person = on_telegram(self.product, _number(f"agent {name}"), name)
        return Phone(person, self.vendors.telegram)

    def act(self, path: str, given: dict[str, str]) -> str:
        """Do what a form asks; returns the page to go on with."""
        if path == "/agent":
            return self._use_phone(self._phones[given["name"]], given)
        if path == "/press":
            self._press(int(given["chat"]), given["code"])
            return "/sent"
        name = given.get("name", "").strip() or "Camila Rojas"
        if path == "/phone":
            self.on_telegram(name).share_phone(_phone(name))
        elif given.get("channel") == "whatsapp":
            on_whatsapp(self.product, _phone(name), name).write(given.get("text", ""))
        else:
            self.on_telegram(name).write(given.get("text", ""))
        return "/"

    def _press(self, number: int, code: str) -> None:
        for person in self._people.values():
            if person.number == number:
                person.press(code)
        for phone in self._phones.values():
            if phone.person.number == number:
                phone.press(code, phone.under(code))

    def _use_phone(self, phone: Phone, given: dict[str, str]) -> str:
        name = phone.person.first_name
        if "code" in given:
            phone.press(given["code"], int(given["under"]))
            return f"/chat?name={name}"
        phone.write(given.get("text", ""))
        return f"/agent?name={name}"

    def page(self, path: str, name: str) -> str:
        phone = self._phones.get(name)
        if phone is not None and path in ("/agent", "/chat"):
            return f"{HEAD}{REFRESH}{phone.chat()}" if path == "/chat" else HEAD + phone.page()
        if path != "/sent":
            return PAGE
        sent = self.vendors.sent().items()
        parts = [f"<h3>{name}</h3>{_newest_first(rows) or '<p>—</p>'}" for name, rows in sent]
        return f"{HEAD}{REFRESH}{''.join(parts)}</html>"


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
