"""Whether the configured keys open what the database holds, and which key opens how much."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import models

from crm import fields, keys

SAMPLE = 20  # of the oldest and of the newest values of a column: a lost key shows in either


def trouble() -> str:
    """The encrypted columns that hold something which no key opens, or ""."""
    closed = [
        f"{model._meta.label}.{field}"
        for model, field in _lasting()
        if not all(map(_key_of, _sample(model, field)))
    ]
    if not closed:
        return ""
    return (
        f"FIELD_ENCRYPTION_KEYS opens not all of {', '.join(closed)}: add the key that is missing,"
        " or enter those credentials again."
    )


def closed() -> set[int | None]:
    """Whose values, by the broker's id, no key opens, as far as the samples show."""
    found: set[int | None] = set()
    for model, field in _lasting():
        rows = fields.stored(model, field).filter(token__isnull=False)
        for order in ("pk", "-pk"):
            held = rows.order_by(order).values_list("broker_id", "token")[:SAMPLE]
            found.update(broker_id for broker_id, token in held if not _key_of(token))
    return found


def _lasting() -> Iterator[tuple[type[models.Model], str]]:
    """Without what is gone in a day by itself, and nobody could enter anew."""
    for model, field in fields.encrypted():
        if not getattr(model, "is_short_lived", False):
            yield model, field


def used_keys() -> dict[str, int]:
    """How many stored values each key opens, by its fingerprint; those of no key under ""."""
    used: Counter[str] = Counter()
    for model, field in fields.encrypted():
        used.update(_key_of(token) for token in _tokens(model, field).iterator())
    return dict(used)


def known_keys() -> set[str]:
    return {keys.fingerprint(key) for key in fields.configured()}


def _key_of(token: str) -> str:
    found = (key for key in fields.configured() if fields.opens(key, token))
    return next(map(keys.fingerprint, found), "")


def _sample(model: type[models.Model], field: str) -> set[str]:
    tokens = _tokens(model, field)
    return {*tokens.order_by("pk")[:SAMPLE], *tokens.order_by("-pk")[:SAMPLE]}


def _tokens(model: type[models.Model], field: str) -> models.QuerySet[Any, str]:
    held = fields.stored(model, field).filter(token__isnull=False)
    return held.values_list("token", flat=True)
