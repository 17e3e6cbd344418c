"""What Telegram and WhatsApp post to a webhook when a person writes, presses or shares a phone."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

_updates = count(time.time_ns() // 1_000_000)  # a bot numbers the updates of all its people


@dataclass
class TelegramUser:
    """A person on Telegram who talks to one bot."""

    number: int
    first_name: str
    last_name: str
    hook: str
    secret: str
    answered: dict[str, Any] = field(default_factory=dict)
    """what the webhook's answer had Telegram do at once, if anything"""

    def write(self, text: str) -> int:
        return self._post(message=self._message(text=text))

    def send_file(self, file_id: str) -> int:
        """Telegram has it under this id."""
        document = {"file_id": file_id, "file_unique_id": file_id, "file_name": f"{file_id}.pdf"}
        return self._post(message=self._message(document=document))

    def press(self, code: str, under: int | None = None) -> int:
        """``under`` is the message that has the button."""
        number, message = next(_updates), self._message(text="Horas:")
        pressed = {
            "id": f"{self.number}-{number}",
            "from": self._person,
            "chat_instance": str(self.number),
            "message": message if under is None else {**message, "message_id": under},
            "data": code,
        }
        return self._post(callback_query=pressed)

    def share_phone(self, digits: str) -> int:
        named = {"first_name": self.first_name, "last_name": self.last_name}
        contact = {"phone_number": digits, "user_id": self.number, **named}
        return self._post(message=self._message(contact=contact))

    @property
    def _person(self) -> dict[str, Any]:
        named = {"first_name": self.first_name, "last_name": self.last_name}
        return {"id": self.number, "is_bot": False, **named}

    def _message(self, **content: Any) -> dict[str, Any]:
        chat = {"id": self.number, "type": "private", "first_name": self.first_name}
        about = {"message_id": next(_updates) % 2**31, "date": int(time.time())}
        return {**about, "from": self._person, "chat": chat, **content}

    def _post(self, **update: Any) -> int:
        body = json.dumps({"update_id": next(_updates), **update}).encode()
        status, answer = ask(self.hook, body, {"X-Telegram-Bot-Api-Secret-Token": self.secret})
        self.answered = json.loads(answer) if status == 200 and answer else {}
        return status


@dataclass
class WhatsAppUser:
    """A person on WhatsApp who writes to one number of a broker."""

    phone: str
    name: str
    hook: str
    app_secret: str
    phone_number_id: str

    def write(self, text: str) -> int:
        sent = {
            "from": self.phone,
            "id": f"wamid.{time.time_ns()}",
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": text},
        }
        named = {"profile": {"name": self.name}, "wa_id": self.phone}
        return self._post(contacts=[named], messages=[sent])

    def receipt(self, message_id: str, status: str) -> int:
        """Meta tells what became of a message to this person."""
        told = {"id": message_id, "status": status, "recipient_id": self.phone}
        return self._post(statuses=[{**told, "timestamp": str(int(time.time()))}])

    def _post(self, **what: Any) -> int:
        number = {"display_phone_number": "1", "phone_number_id": self.phone_number_id}
        value = {"messaging_product": "whatsapp", "metadata": number, **what}
        change = {"field": "messages", "value": value}
        told = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
        body = json.dumps(told).encode()
        signed = hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()
        return post(self.hook, body, {"X-Hub-Signature-256": f"sha256={signed}"})


def post(address: str, body: bytes, headers: dict[str, str]) -> int:
    """The status that the webhook answered."""
    return ask(address, body, headers)[0]


def ask(address: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    request = Request(address, body, {"Content-Type": "application/json", **headers})
    try:
        with urlopen(request, timeout=30) as response:
            return int(response.status), response.read()
    except HTTPError as error:
        return error.code, error.read()
