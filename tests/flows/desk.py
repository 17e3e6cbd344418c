"""The Admin as a signed-in person reads it, over HTTP and without its scripts."""

import re
from html import unescape

import httpx

from tests.flows.stack import Stack


class Desk:
    def __init__(self, stack: Stack, email: str = "admin@demo.test") -> None:
        self._client = httpx.Client(base_url=stack.url, follow_redirects=True, timeout=60)
        self._client.get("/admin/login/").raise_for_status()
        given = {"username": email, "password": "demo"}
        given["csrfmiddlewaretoken"] = self._client.cookies["csrftoken"]
        signed_in = self._client.post("/admin/login/", data=given)
        assert str(signed_in.url).endswith("/admin/"), signed_in.text[:2000]

    def source(self, path: str) -> str:
        answer = self._client.get(path)
        assert answer.status_code == 200, path
        return answer.text

    def read(self, path: str) -> str:
        """The page's own part as words: no menus, tags or scripts."""
        _, _, content = self.source(path).partition('id="content"')
        bare = re.sub(r"(?s)<(script|style|template)\b.*?</\1>", " ", content)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())
