"""Meta's Graph API for WhatsApp as its documentation describes it."""

import re
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.fakes.server import Answer, Asked, FakeServer, Told

PAGE = 2
ACCOUNT = "102290129340398"
VARIABLE = re.compile(r"\{\{(\w+)\}\}")


def failure(status: int, code: int, told: str = "", **headers: str) -> Answer:
    error = {"message": f"(#{code}) fake", "type": "OAuthException", "code": code}
    if told:
        error["error_user_msg"] = told
    return status, {"error": error}, {k.replace("_", "-"): v for k, v in headers.items()}


def too_many(seconds: int) -> Answer:
    return failure(429, 130429, Retry_After=str(seconds))


NOT_ON_WHATSAPP = failure(400, 131026)
WINDOW_CLOSED = failure(400, 131047)
EXPIRED_TOKEN = failure(401, 190)
DOWN = failure(500, 131000)


def template(name: str, body: str, **fields: Any) -> dict[str, Any]:
    """A template as Meta lists it; ``more`` are components besides the body."""
    more = fields.pop("more", [])
    return {
        "id": str(abs(hash((name, fields.get("language")))) % 10**15),
        "name": name,
        "language": "es_CL",
        "status": "APPROVED",
        "category": "UTILITY",
        "parameter_format": "NAMED",
        "rejected_reason": "NONE",
        "quality_score": {"score": "GREEN", "date": 1795525200},
        "components": [{"type": "BODY", "text": body}, *more],
        **fields,
    }


class FakeMeta(FakeServer):
    """One account's numbers, templates and files.

    ``next`` holds answers to give instead of the usual one; ``templates`` is what WhatsApp Manager
    shows; ``media`` maps a file's id to its bytes; ``asked`` are the addresses that were read.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.next: list[Answer] = []
        self.templates: list[dict[str, Any]] = []
        self.media: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.sizes: dict[str, int] = {}
        self._numbers = count(1)
        super().__init__(self._answer, port=port)

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [body for path, body in self.requests if path.endswith("/messages")]

    def read(self, asked: Asked) -> dict[str, Any]:
        form = asked.multipart
        return super().read(asked) if form is None else form

    # --- What is posted ---
    def _answer(self, path: str, body: dict[str, Any]) -> Answer:
        if self.next:
            return self.next.pop(0)
        _version, subject, *edge = urlsplit(path).path.strip("/").split("/")
        if edge == ["message_templates"]:
            return self._create(body)
        if edge == ["media"]:
            return self._upload(body)
        return self._take(body) if edge == ["messages"] else self._edit(subject, body)

    def _take(self, body: dict[str, Any]) -> Answer:
        code = _refused(body) or self._refused_template(body)
        if code:
            return failure(400, code)
        to = body.get("to") or body.get("recipient", "")
        return 200, {
            "messaging_product": "whatsapp",
            "contacts": [{"input": to, "wa_id": to}],
            "messages": [{"id": f"wamid.{next(self._numbers)}"}],
        }

    def _refused_template(self, body: dict[str, Any]) -> int | None:
        asked = body.get("template")
        if asked is None or not self.templates:
            return None
        key = (asked["name"], asked["language"]["code"])
        found = next((t for t in self.templates if (t["name"], t["language"]) == key), None)
        if found is None:
            return 132001
        if found["status"] != "APPROVED":
            return 132015
        wanted = set(VARIABLE.findall(found["components"][0]["text"]))
        given = [each for part in asked["components"] for each in part["parameters"]]
        named = found["parameter_format"] == "NAMED"
        names = {each.get("parameter_name") for each in given} if named else wanted
        fits = len(given) == len(wanted) and names == wanted
        return None if fits and all(each["text"].strip() for each in given) else 132000

    def _create(self, body: dict[str, Any]) -> Answer:
        if any(
            t["name"] == body["name"] and t["language"] == body["language"] for t in self.templates
        ):
            return failure(400, 100, "Ya hay contenido en este idioma para esta plantilla.")
        if problem := _unsound(body):
            return failure(400, 100, problem)
        made = template(body["name"], "", **{k: v for k, v in body.items() if k != "name"})
        made.update(status="PENDING", id=str(900 + next(self._numbers)), rejected_reason="NONE")
        self.templates.append(made)
        return 200, {"id": made["id"], "status": "PENDING", "category": made["category"]}

    def _edit(self, subject: str, body: dict[str, Any]) -> Answer:
        found = next((each for each in self.templates if each["id"] == subject), None)
        if found is None:
            return failure(404, 100)
        found.update(body, status="PENDING")
        return 200, {"success": True}

    def _upload(self, form: dict[str, Any]) -> Answer:
        media_id = str(5000 + next(self._numbers))
        self.media[media_id] = form["file"]
        return 200, {"id": media_id}

    # --- What is read ---
    def take(self, asked: Asked) -> Told:
        if asked.method != "GET":
            return super().take(asked)
        query = f"?{urlencode(asked.query)}" if asked.query else ""
        self.asked.append(asked.path + query)
        authorised = asked.headers.get("Authorization", "").startswith("Bearer ")
        return self._shown(asked) if authorised else Told(401)

    def _shown(self, asked: Asked) -> Told:
        if self.next:
            status, answer, *_ = self.next.pop(0)
            return Told(status, answer)
        parts = asked.path.strip("/").split("/")
        if parts[-1] == "message_templates":
            return Told(200, self._page(asked.query))
        if parts[0] == "files":
            return Told(200, self.media[parts[1]], content_type="application/octet-stream")
        if parts[-1] in self.media:
            return Told(200, self._described(parts[-1]))
        status, answer, *_ = failure(400, 100)
        return Told(status, answer)

    def _described(self, media_id: str) -> dict[str, Any]:
        content = self.media[media_id]
        return {
            "messaging_product": "whatsapp",
            "url": f"{self.url}/files/{media_id}",
            "mime_type": "application/octet-stream",
            "sha256": "x",
            "file_size": self.sizes.get(media_id, len(content)),
            "id": media_id,
        }

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        start = int(query.get("after", "0"))
        end = start + PAGE
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(self.templates):
            paging["next"] = "http://elsewhere.example/never-to-be-followed"
        return {"data": self.templates[start:end], "paging": paging}


def _refused(body: dict[str, Any]) -> int | None:
    """Meta's limits on a text and on what can be pressed."""
    if len(body.get("text", {}).get("body", "")) > 4096:
        return 100
    asked = body.get("interactive")
    if asked is None:
        return None
    if asked["type"] == "button":
        titles = [each["reply"]["title"] for each in asked["action"]["buttons"]]
        fits = len(titles) <= 3 and all(0 < len(each) <= 20 for each in titles)
        return None if fits and len(set(titles)) == len(titles) else 131009
    rows = [row for section in asked["action"]["sections"] for row in section["rows"]]
    fits = all(len(r["title"]) <= 24 and len(r.get("description", "")) <= 72 for r in rows)
    return None if 0 < len(rows) <= 10 and fits and len(asked["action"]["button"]) <= 20 else 131009


def _unsound(body: dict[str, Any]) -> str:
    """What is wrong with a template that is handed in."""
    part = body["components"][0]
    if not re.fullmatch(r"[a-z0-9_]{1,512}", body["name"]):
        return "El nombre solo puede tener minúsculas, números y guiones bajos."
    named = list(dict.fromkeys(VARIABLE.findall(part["text"])))
    example = part.get("example", {})
    if body["parameter_format"] == "NAMED":
        given = [each["param_name"] for each in example.get("body_text_named_params", [])]
    else:
        given = [str(n) for n, _ in enumerate((example.get("body_text") or [[]])[0], 1)]
    return "" if sorted(given) == sorted(named) else "Faltan ejemplos de las variables."
