"""Every address that the product answers, found through Django's resolver."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

ROUTE_PART = re.compile(r"<(?:\w+:)?(\w+)>")
REGEX_PART = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
SIGNED_IN = ("/admin/", "/api/v1/")
OPEN = ("/admin/login/", "/admin/password_reset/", "/api/v1/auth/")


@dataclass(frozen=True)
class Address:
    """A pattern, as ``/chat/{slug}/messages/``, and what answers it."""

    template: str
    view: Any

    def path(self, values: Mapping[str, Any]) -> str:
        """Filled in; a value that is not named is 1."""
        return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], 1)), self.template)

    @property
    def is_public(self) -> bool:
        """Whether somebody who has not signed in gets further than a refusal."""
        return not self.template.startswith(SIGNED_IN) or self.template.startswith(OPEN)


def every_address() -> list[Address]:
    found = {address.template: address for address in _walk(get_resolver().url_patterns, "/")}
    return sorted(found.values(), key=lambda address: address.template)


def _walk(patterns: list[Any], before: str) -> Iterator[Address]:
    for pattern in patterns:
        here = before + _template(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            yield Address(here, pattern.callback)


def _template(pattern: str) -> str:
    """Of a route or a regular expression."""
    named = REGEX_PART.sub(
        r"{\1}", ROUTE_PART.sub(r"{\1}", pattern) if "(?P" not in pattern else pattern
    )
    return re.sub(r"\\Z|[\^$]|\(\?:.*?\)\??|\.\*", "", named).replace("\\.", ".").replace("/?", "/")
