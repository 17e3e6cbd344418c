"""Telegram's Bot API as its documentation describes it: takes messages, hands out updates."""

import json
import time
from itertools import count
from typing import Any

from tests.fakes.server import Answer, Asked, FakeServer, Told


def ok(result: Any) -> Answer:
    return 200, {"ok": True, "result": result}


def refusal(status: int, description: str, **parameters: Any) -> Answer:
    told = {"ok": False, "error_code": status, "description": description}
    return status, {**told, "parameters": parameters} if parameters else told


def too_many(seconds: int) -> Answer:
    description = f"Too Many Requests: retry after {seconds}"
    return refusal(429, description, retry_after=seconds)


def utf16(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


FILES = ("photo", "voice", "audio", "video", "document")
BLOCKED = refusal(403, "Forbidden: bot was blocked by the user")
NOT_STARTED = refusal(403, "Forbidden: bot can't initiate conversation with a user")
GONE = refusal(403, "Forbidden: user is deactivated")
CHAT_NOT_FOUND = refusal(400, "Bad Request: chat not found")
UNAUTHORIZED = refusal(401, "Unauthorized")
DOWN = refusal(502, "Bad Gateway")


class FakeTelegram(FakeServer):
    """Keeps what bots send; ``next`` holds answers to give instead of the usual one."""

    def __init__(self, *, port: int = 0) -> None:
        self.next: list[Answer] = []
        self.updates: list[dict[str, Any]] = []
        self.webhook: dict[str, Any] = {"url": "", "pending_update_count": 0}
        self.last_error = ""
        self.files: dict[str, bytes] = {}
        self.shown: dict[str, tuple[str, str | None]] = {}
        self.chats: dict[str, dict[int, dict[str, Any]]] = {}
        self.fetched: list[str] = []
        self.paths: dict[str, str] = {}
        self._numbers = count(1000)
        super().__init__(self._answer, port=port)

    def read(self, asked: Asked) -> dict[str, Any]:
        form = asked.multipart
        return dict(asked.form) if form is None else form

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The messages of every bot as they are shown: files with ``way`` and ``content``."""
        ways = {"sendMessage": "", **{f"send{way.capitalize()}": way for way in FILES}}
        asked = [(path.rpartition("/")[2], body) for path, body in self.requests]
        return [_shown(ways[method], body) for method, body in asked if method in ways]

    @property
    def edited(self) -> list[dict[str, Any]]:
        return [{**each, **_keyboard(each)} for each in self.calls("editMessageText")]

    def chat(self, number: int) -> list[tuple[int, dict[str, Any]]]:
        """The messages that stand in a chat as they are now, each with its number."""
        standing = self.chats.get(str(number), {})
        return [(key, {**each, **_keyboard(each)}) for key, each in sorted(standing.items())]

    def obey(self, answer: dict[str, Any]) -> None:
        """Do what a webhook's answer asks for, as Telegram does."""
        if answer.get("method") == "sendMessage":
            self._sendMessage(0, {"chat_id": str(answer["chat_id"]), "text": answer["text"]})

    def calls(self, method: str) -> list[dict[str, Any]]:
        return [body for path, body in self.requests if path.endswith(f"/{method}")]

    def _answer(self, path: str, body: dict[str, Any]) -> Answer:
        if path.endswith("/sendChatAction"):
            return ok(True)
        if self.next:
            return self.next.pop(0)
        _, bot, method = path.split("/")
        answer = getattr(self, f"_{method}", None)
        if answer is None:
            return refusal(404, "Not Found")
        return answer(int(bot.removeprefix("bot").partition(":")[0]), body)

    def _getMe(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        return ok({"id": bot, "is_bot": True, "first_name": "Sofía", "username": "demo_bot"})

    def _sendMessage(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        if not body.get("text", "").strip():
            return refusal(400, "Bad Request: message text is empty")
        if utf16(body["text"]) > 4096:
            return refusal(400, "Bad Request: message is too long")
        return ok({**self._message(body), "text": body["text"]})

    def _sendPhoto(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        sizes = {"file_id": "f", "file_unique_id": "u", "width": 90, "height": 90}
        if len(body["photo"]) > 10 * 2**20 or not body["photo"].startswith(
            (b"\xff\xd8", b"\x89PNG")
        ):
            return refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
        return self._take_file(body, photo=[sizes])

    def _sendVoice(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        return self._take_file(body, voice={"file_id": "f", "file_unique_id": "u", "duration": 1})

    def _sendAudio(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        return self._take_file(body, audio={"file_id": "f", "file_unique_id": "u", "duration": 1})

    def _sendVideo(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        shape = {"width": 90, "height": 90, "duration": 1}
        return self._take_file(body, video={"file_id": "f", "file_unique_id": "u", **shape})

    def _sendDocument(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        return self._take_file(body, document={"file_id": "f", "file_unique_id": "u"})

    def _take_file(self, body: dict[str, Any], **shown: Any) -> Answer:
        if utf16(body.get("caption", "")) > 1024:
            return refusal(400, "Bad Request: message caption is too long")
        return ok({**self._message(body), **shown})

    def _message(self, body: dict[str, Any]) -> dict[str, Any]:
        chat = {"id": int(body["chat_id"]), "type": "private", "first_name": "Camila"}
        message = {"message_id": next(self._numbers), "date": int(time.time()), "chat": chat}
        self.chats.setdefault(body["chat_id"], {})[int(message["message_id"])] = body
        return message

    def _editMessageText(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        shown = (body["text"], body.get("reply_markup"))
        if self.shown.get(body["message_id"]) == shown:
            return refusal(400, "Bad Request: message is not modified")
        self.shown[body["message_id"]] = shown
        self.chats.setdefault(body["chat_id"], {})[int(body["message_id"])] = body
        chat = {"id": int(body["chat_id"]), "type": "private", "first_name": "Ana"}
        message = {"message_id": int(body["message_id"]), "date": int(time.time()), "chat": chat}
        return ok({**message, "text": body["text"]})

    def _answerCallbackQuery(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        return ok(True)

    def _getFile(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        content = self.files.get(body["file_id"])
        if content is None:
            return refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(content) > 20 * 2**20:
            return refusal(400, "Bad Request: file is too big")
        path = self.paths.get(body["file_id"], f"documents/{body['file_id']}")
        named = {"file_id": body["file_id"], "file_unique_id": "u", "file_path": path}
        return ok({**named, "file_size": len(content)})

    def take(self, asked: Asked) -> Told:
        """A file, under ``/file/bot<token>/<folder>/<file id>``; anything else is a method."""
        if asked.method != "GET" or not asked.path.startswith("/file/"):
            return super().take(asked)
        self.fetched.append(asked.path)
        data = self.files.get(asked.path.rpartition("/")[2])
        return (
            Told(404) if data is None else Told(200, data, content_type="application/octet-stream")
        )

    def _setWebhook(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        if not body["url"].startswith("https://"):
            return refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided")
        allowed = json.loads(body.get("allowed_updates", "[]"))
        self.webhook = {**self.webhook, "url": body["url"], "allowed_updates": allowed}
        return ok(True)

    def _getWebhookInfo(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        info = {**self.webhook, "has_custom_certificate": False}
        if self.last_error:
            info |= {"last_error_message": self.last_error, "last_error_date": int(time.time())}
        return ok(info)

    def _getUpdates(self, bot: int, body: dict[str, Any]) -> Answer:  # noqa: N802
        """Those from the offset on; with none left the token is refused, which ends the poll."""
        offset = int(body.get("offset", 0))
        self.updates = [each for each in self.updates if each["update_id"] >= offset]
        return ok(self.updates) if self.updates else UNAUTHORIZED


def _shown(way: str, body: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in body.items() if name not in FILES}
    file = {"way": way, "content": body[way]} if way else {}
    return {"text": body.get("caption", ""), **given, **file, **_keyboard(body)}


def _keyboard(message: dict[str, Any]) -> dict[str, Any]:
    markup = json.loads(message.get("reply_markup", "{}"))
    rows = markup.get("inline_keyboard", [])
    asks = [each for row in markup.get("keyboard", []) for each in row]
    return {
        "buttons": [(each["text"], each["callback_data"]) for row in rows for each in row],
        "asks_for": [each["text"] for each in asks if each.get("request_contact")],
    }
