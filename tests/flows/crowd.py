"""A crowd on Telegram and WhatsApp: what the vendors post of them, and what reached their phones."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from threading import Lock
from typing import Any

from tests.fakes.server import Answer, FakeServer
from tests.fakes.vendors import WHATSAPP
from tests.flows.stack import Stack

TELEGRAM_HOOK = "/hooks/telegram/demo-telegram/"
WHATSAPP_HOOK = "/hooks/whatsapp/demo-whatsapp/"
SECRET = "demo-secret"
BOT = 1
PLACES = ("Maipú", "Ñuñoa", "Providencia", "La Florida", "Santiago", "Las Condes")
WORDS = (
    "Hola, busco departamento en {place}",
    "¿Tienen algo en {place}?",
    "Tengo {number} UF",
    "Gano {number}00000 pesos al mes",
    "No estoy en Dicom",
    "Quiero agendar una visita",
    "Necesito mudarme este mes",
)


@dataclass(frozen=True)
class Update:
    """One POST of a vendor's; ``stored`` is the id of the message that it must leave, if any."""

    hook: str
    payload: dict[str, Any]
    stored: str = ""


@dataclass
class Sent:
    """A message that a vendor was asked to take: from when to when, and which of ours it is."""

    to: str
    text: str
    mark: str
    codes: list[str]
    came: float
    id: str = ""
    gone: float = 0.0


class Phones:
    """What a vendor's fake takes to people's phones, each after a moment on the wire."""

    def __init__(self, fake: FakeServer, *, seconds: float) -> None:
        self.sent: list[Sent] = []
        self._of: dict[str, list[Sent]] = defaultdict(list)
        self._usual, self._seconds, self._lock = fake.respond, seconds, Lock()
        fake.respond = self._respond

    def of(self, person: str) -> list[Sent]:
        return self._of[person]

    def _respond(self, path: str, body: dict[str, Any]) -> Answer:
        if not (path.endswith("/sendMessage") or "biz_opaque_callback_data" in body):
            return self._usual(path, body)
        sent = _telegram_sent(body) if "chat_id" in body else _whatsapp_sent(body)
        with self._lock:
            self.sent.append(sent)
            self._of[sent.to].append(sent)
        time.sleep(self._seconds)
        answer = self._usual(path, body)
        assert answer[0] == 200, answer
        told = answer[1]
        sent.id = str(told["messages"][0]["id"] if "messages" in told else told["result"])
        sent.gone = time.monotonic()
        return answer


def _telegram_sent(body: dict[str, Any]) -> Sent:
    rows = json.loads(body.get("reply_markup", "{}")).get("inline_keyboard", [])
    codes = [each["callback_data"] for row in rows for each in row]
    return Sent(body["chat_id"], body["text"], "", codes, time.monotonic())


def _whatsapp_sent(body: dict[str, Any]) -> Sent:
    asked = body.get("interactive", {})
    action = asked.get("action", {})
    buttons = [each["reply"]["id"] for each in action.get("buttons", [])]
    rows = [row["id"] for part in action.get("sections", []) for row in part["rows"]]
    text = (asked or body)["body" if asked else "text"]
    told = text["text" if asked else "body"]
    mark = body["biz_opaque_callback_data"]
    return Sent(body["to"], told, mark, buttons + rows, time.monotonic())


@dataclass
class Person:
    """Somebody who writes, presses, edits and shares their phone, in an order of their own."""

    id: str
    phones: Phones
    chance: Random
    numbers: Iterator[int]
    said: int = 0
    stored: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    channel = ""

    def next(self) -> Update:
        update = self._first() if not self.said else self._any()
        self.said += 1
        if update.stored:
            self.stored.append(update.stored)
        return update

    def words(self) -> str:
        place, number = self.chance.choice(PLACES), self.chance.randrange(2000, 9000, 50)
        return self.chance.choice(WORDS).format(place=place, number=number)

    def code(self) -> str:
        """Of a button that they were sent; empty where there is none."""
        shown = [code for sent in self.phones.of(self.id) if sent.gone for code in sent.codes]
        return self.chance.choice(shown) if shown else ""

    def _first(self) -> Update:
        return self.text()

    def _any(self) -> Update:
        raise NotImplementedError

    def text(self) -> Update:
        raise NotImplementedError


class OnTelegram(Person):
    channel = "telegram"
    shared = False

    def _any(self) -> Update:
        chance = self.chance.random()
        if chance < 0.12 and self.texts:
            return self._edit()
        if chance < 0.3 and (code := self.code()):
            return self._press(code)
        if chance < 0.36 and not self.shared:
            return self._share()
        if chance < 0.4:
            return self._update(message_reaction={"chat": self._chat, "message_id": 1})
        return self.text()

    def text(self) -> Update:
        words = self.words()
        update = self._message(text=words)
        self.texts[update.stored] = words
        return update

    def _share(self) -> Update:
        self.shared = True
        digits = f"5695{int(self.id):07d}"[:11]
        contact = {"phone_number": digits, "first_name": "Ana", "user_id": int(self.id)}
        return self._message(contact=contact)

    def _press(self, code: str) -> Update:
        number = next(self.numbers)
        pressed = {"id": str(number), "from": self._from, "chat_instance": "1", "data": code}
        stored = f"{BOT}:{self.id}:callback:{number}"
        return self._update(stored, callback_query=pressed)

    def _edit(self) -> Update:
        stored = self.chance.choice(sorted(self.texts))
        self.texts[stored] = words = f"{self.words()} (corregido)"
        about = {"message_id": int(stored.rpartition(":")[2]), "edit_date": next(self.numbers)}
        return self._update(edited_message={**self._bare, **about, "text": words})

    def _message(self, **content: Any) -> Update:
        number = next(self.numbers)
        stored = f"{BOT}:{self.id}:{number}"
        return self._update(stored, message={**self._bare, "message_id": number, **content})

    def _update(self, stored: str = "", **what: Any) -> Update:
        return Update(TELEGRAM_HOOK, {"update_id": next(self.numbers), **what}, stored)

    @property
    def _bare(self) -> dict[str, Any]:
        return {"date": int(time.time()), "from": self._from, "chat": self._chat}

    @property
    def _chat(self) -> dict[str, Any]:
        return {"id": int(self.id), "type": "private", "first_name": "Ana"}

    @property
    def _from(self) -> dict[str, Any]:
        return {"id": int(self.id), "is_bot": False, "first_name": "Ana", "last_name": self.id}


class OnWhatsApp(Person):
    channel = "whatsapp"

    def _any(self) -> Update:
        chance = self.chance.random()
        taken = [sent for sent in self.phones.of(self.id) if sent.gone]
        if chance < 0.25 and taken:
            return self._receipt(self.chance.choice(taken))
        if chance < 0.4 and (code := self.code()):
            reply = {"type": "list_reply", "list_reply": {"id": code, "title": "Hora"}}
            return self._message(type="interactive", interactive=reply)
        if chance < 0.45:
            card = {"name": {"formatted_name": "Leo"}, "phones": [{"phone": "+56 2 2345"}]}
            return self._message(type="contacts", contacts=[card])
        return self.text()

    def text(self) -> Update:
        words = self.words()
        update = self._message(type="text", text={"body": words})
        self.texts[update.stored] = words
        return update

    def _receipt(self, sent: Sent) -> Update:
        status = self.chance.choice(["sent", "delivered", "read"])
        told = {"id": sent.id, "status": status, "recipient_id": self.id}
        return self._change(statuses=[{**told, "biz_opaque_callback_data": sent.mark}])

    def _message(self, **content: Any) -> Update:
        stored = f"wamid.IN{next(self.numbers)}"
        card = {"profile": {"name": f"Eva {self.id}"}, "wa_id": self.id}
        sent = {"from": self.id, "id": stored, "timestamp": str(int(time.time())), **content}
        return self._change(stored, contacts=[card], messages=[sent])

    def _change(self, stored: str = "", **what: Any) -> Update:
        number = {"display_phone_number": "1", "phone_number_id": WHATSAPP["phone_number_id"]}
        value = {"messaging_product": "whatsapp", "metadata": number, **what}
        change = {"field": "messages", "value": value}
        told = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
        return Update(WHATSAPP_HOOK, told, stored)


def gather(size: int, telegram: Phones, whatsapp: Phones, chance: Random) -> list[Person]:
    """As many people as asked for, every other one on WhatsApp."""
    numbers = count(100_000)
    return [
        OnWhatsApp(f"569{81_000_000 + each}", whatsapp, Random(chance.random()), numbers)
        if each % 2
        else OnTelegram(str(61_000 + each), telegram, Random(chance.random()), numbers)
        for each in range(size)
    ]


def messages_of(stack: Stack, person: Person) -> list[dict[str, Any]]:
    """The person's messages as the database has them, in the order in which they were stored."""
    return stack.rows(
        "SELECT m.* FROM chat_messages m JOIN channel_identities i ON i.lead_id = m.lead_id "
        "WHERE i.channel = %s AND i.external_id = %s ORDER BY m.id",
        person.channel,
        person.id,
    )
