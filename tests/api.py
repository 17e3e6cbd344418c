"""How tests call the API: signed in as somebody, and over every route there is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from brokers import tokens
from brokers.models import User
from crm import rowsecurity

PARAMETER = re.compile(r"\(\?P<\w+>\[[^\]]+\]\+\)")
METHODS = ("get", "post", "put", "patch", "delete")


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(user)['access']}")
    return client


def codes(response: Any) -> list[tuple[str | None, str]]:
    """The errors of an answer as (field, code)."""
    return [(error["attr"], error["code"]) for error in response.json()["errors"]]


def text_of(response: Any) -> str:
    """What an answer says, also one that is streamed: by the server, when the request is over."""
    if response.streaming:
        with rowsecurity.nobody():
            return b"".join(response.streaming_content).decode()
    return response.content.decode()


@dataclass(frozen=True)
class Route:
    """One address under /api/v1/, and the methods that it answers."""

    path: str
    view: Any
    methods: tuple[str, ...]

    @property
    def model(self) -> Any:
        queryset = getattr(self.view, "queryset", None)
        return None if queryset is None else queryset.model

    @property
    def is_detail(self) -> bool:
        return "<" in self.path

    def url(self, pk: Any) -> str:
        return self.path.replace("<pk>", str(pk))


def routes() -> list[Route]:
    return [route for route in _walk(get_resolver().url_patterns, "") if "/api/v1/" in route.path]


def _walk(patterns: Any, prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + _readable(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            answers = getattr(pattern.callback, "actions", None) or METHODS
            methods = tuple(m for m in METHODS if m in answers and _offers(view, m, answers))
            yield Route("/" + path, view, methods)


def _offers(view: Any, method: str, answers: Any) -> bool:
    allowed = method in getattr(view, "http_method_names", ())
    return allowed and (isinstance(answers, dict) or hasattr(view, method))


def _readable(pattern: str) -> str:
    plain = pattern.removeprefix("^").removesuffix("$").removesuffix("\\Z")
    return PARAMETER.sub("<pk>", plain)
