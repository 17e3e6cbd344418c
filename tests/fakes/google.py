"""Google's token endpoint and Calendar v3 events as their documentation describes them."""

import re
import threading
import time
from collections import deque
from itertools import count
from typing import Any
from urllib.parse import unquote

from tests.fakes.server import Asked, LocalServer, Told

Answer = tuple[int, dict[str, Any] | None]
EVENTS = re.compile(r"^/calendar/v3/calendars/([^/]+)/events(?:/([^/]+))?$")
EVENT_ID = re.compile(r"^[a-v0-9]{5,1024}$")
DIGITS_TO_LETTERS = str.maketrans("0123456789", "abcdefghij")
PAGE = 2


class FakeGoogle(LocalServer):
    """One user's calendars; use as a context manager.

    ``failures`` are statuses answered to the next calls of the Calendar API (200: answered well);
    ``delay`` slows every answer; ``revoke`` ends the access; ``forget_tokens`` makes old sync
    tokens answer 410.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.calendars: dict[str, dict[str, dict[str, Any]]] = {}
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.channels: list[dict[str, Any]] = []
        self.failures: deque[int] = deque()
        self.delay = 0.0
        self.meet_is_pending = False
        self.time_zone = "America/Santiago"
        self.revoked = False
        self.oldest_token = 0
        self._access_tokens: set[str] = set()
        self._numbers = count(1)
        self._changed: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        super().__init__(port=port)

    # --- What tests say and see ---
    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    def events(self, calendar: str = "primary") -> list[dict[str, Any]]:
        """What the user sees."""
        stored = self.calendars.get(calendar, {}).values()
        return [event for event in stored if event["status"] != "cancelled"]

    def calls(self, method: str = "") -> list[str]:
        """The methods of the calls to the Calendar API, in order."""
        return [m for m, path, _ in self.requests if EVENTS.match(path) and method in ("", m)]

    def queries(self, method: str) -> list[dict[str, str]]:
        """The options of these calls, as their addresses told them."""
        return [options for m, path, options in self.asked if m == method and EVENTS.match(path)]

    def expire_access(self) -> None:
        self._access_tokens.clear()

    def revoke(self) -> None:
        self.expire_access()
        self.revoked = True

    def forget_tokens(self) -> None:
        self.oldest_token = next(self._numbers)

    def put(
        self, event_id: str, start: str, end: str, calendar: str = "primary", **fields: Any
    ) -> None:
        """The user has an event of their own; a start without a time is a whole day."""
        name = "dateTime" if "T" in start else "date"
        told = {"summary": "Privado", "start": {name: start}, "end": {name: end}}
        self.calendars.setdefault(calendar, {})
        self._store(calendar, event_id, {**told, **fields})

    def edit(self, event_id: str, calendar: str = "primary", **fields: Any) -> None:
        """The user changes an event in their own calendar."""
        self._store(calendar, event_id, fields)

    # --- The vendor's side ---
    def take(self, asked: Asked) -> Told:
        body = asked.json if asked.is_json else asked.form
        self.requests.append((asked.method, asked.path, body or asked.query))
        self.asked.append((asked.method, asked.path, asked.query))
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        status, told = self.answer(asked.method, asked.path, asked.query, body, token)
        return Told(status, b"" if told is None else told)

    def answer(
        self, method: str, path: str, query: dict[str, str], body: Any, token: str
    ) -> Answer:
        time.sleep(self.delay)
        if path == "/token":
            return self._token(body)
        found = EVENTS.match(path)
        if found is None:
            return 404, _error(404)
        if self.failures and (status := self.failures.popleft()) != 200:
            return status, _error(status)
        if token not in self._access_tokens:
            return 401, _error(401)
        if path.endswith("/events/watch"):
            self.channels.append(body)
            return 200, {"id": body["id"], "expiration": str(int(time.time() + 604_800) * 1000)}
        calendar, event_id = unquote(found[1]), found[2] or ""
        with self._lock:
            return self._event(method, calendar, event_id, query, body)

    def _token(self, asked: dict[str, str]) -> Answer:
        known = asked.get("code") == "good-code" or asked.get("refresh_token") == "refresh"
        if self.revoked or not known:
            return 400, {"error": "invalid_grant"}
        access = f"access-{next(self._numbers)}"
        self._access_tokens.add(access)
        given = {"access_token": access, "expires_in": 3599, "token_type": "Bearer"}
        return 200, {**given, "refresh_token": "refresh"} if "code" in asked else given

    def _event(
        self, method: str, calendar: str, event_id: str, query: dict[str, str], body: Any
    ) -> Answer:
        stored = self.calendars.setdefault(calendar, {})
        if method == "GET":
            return self._list(calendar, query)
        if method == "POST":
            return self._insert(calendar, body)
        if event_id not in stored:
            return 404, _error(404)
        if method == "DELETE":
            if stored[event_id]["status"] == "cancelled":
                return 410, _error(410)
            self._store(calendar, event_id, {"status": "cancelled"})
            return 204, None
        return 200, self._store(calendar, event_id, body)

    def _insert(self, calendar: str, body: dict[str, Any]) -> Answer:
        event_id = body.get("id", "")
        if not EVENT_ID.match(event_id):
            return 400, _error(400)
        if event_id in self.calendars[calendar]:
            return 409, _error(409)
        return 200, self._store(calendar, event_id, body)

    def _store(self, calendar: str, event_id: str, fields: dict[str, Any]) -> dict[str, Any]:
        stored = self.calendars[calendar].get(event_id, {"id": event_id, "status": "confirmed"})
        changed = next(self._numbers)
        event = {**stored, **fields, "etag": f'"{changed}"'}
        asked = fields.get("conferenceData", {}).get("createRequest")
        if asked:
            event |= self._conference(asked["requestId"])
        self.calendars[calendar][event_id] = event
        self._changed[calendar, event_id] = changed
        return event

    def _conference(self, request_id: str) -> dict[str, Any]:
        code = "pending" if self.meet_is_pending else "success"
        asked = {"requestId": request_id, "status": {"statusCode": code}}
        letters = request_id.translate(DIGITS_TO_LETTERS)[-10:].rjust(10, "a")
        room = f"https://meet.google.com/{letters[:3]}-{letters[3:7]}-{letters[7:]}"
        link = {} if self.meet_is_pending else {"hangoutLink": room}
        return {"conferenceData": {"createRequest": asked}, **link}

    def _list(self, calendar: str, query: dict[str, str]) -> Answer:
        since = int(query.get("syncToken", "0"))
        if since and {"timeMin", "timeMax", "orderBy"} & set(query):
            return 400, _error(400)
        if since and since < self.oldest_token:
            return 410, _error(410)
        changed = [
            event
            for event_id, event in self.calendars[calendar].items()
            if self._changed[calendar, event_id] > since
            and (since or event["status"] != "cancelled")
            and _is_listed(event, query)
        ]
        first = int(query.get("pageToken", "0"))
        page = {"items": changed[first : first + PAGE], "timeZone": self.time_zone}
        if first + PAGE < len(changed):
            return 200, {**page, "nextPageToken": str(first + PAGE)}
        return 200, {**page, "nextSyncToken": str(next(self._numbers))}


def _is_listed(event: dict[str, Any], query: dict[str, str]) -> bool:
    """Days of a repeating event only when asked for each (its own row otherwise); within the span."""
    if event["status"] == "cancelled":
        return True
    one_by_one = query.get("singleEvents") == "true"
    if ("recurrence" in event and one_by_one) or ("recurringEventId" in event and not one_by_one):
        return False
    end = event.get("end", {}).get("dateTime") or event.get("end", {}).get("date", "9999")
    start = event.get("start", {}).get("dateTime") or event.get("start", {}).get("date", "")
    return end[:10] >= query.get("timeMin", "")[:10] and start[:10] <= query.get("timeMax", "9999")


def _error(status: int) -> dict[str, Any]:
    return {"error": {"code": status, "message": "fake", "errors": [{"domain": "global"}]}}
