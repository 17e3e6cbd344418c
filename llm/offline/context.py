"""Reads the block of facts that the instructions carry for any model, between <contexto> and </contexto>."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from llm.offline.home import Home
from llm.spanish import Offer

_OPEN = "<contexto>"
_NO_FIELDS = frozenset(("title", "text", "source_type", "date"))
_ZONE = "America/Santiago"


@dataclass(frozen=True, slots=True)
class Hit:
    title: str
    text: str
    source_type: str = ""


@dataclass(frozen=True, slots=True)
class Appointment:
    label: str
    location: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    now: datetime
    agent_name: str = ""
    broker_name: str = ""
    zone: str = _ZONE
    first_contact: bool | None = None
    known: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    outcome: str = "pending"
    booking_enabled: bool = True
    offers: tuple[Offer, ...] = ()
    appointment: Appointment | None = None
    knowledge: tuple[Hit, ...] = ()
    raw_knowledge: tuple[Any, ...] = ()
    discussed: tuple[Home, ...] = ()


def read_context(instructions: str, *, now: datetime) -> Context:
    """`now` is used when the block has no clock; whatever is missing or malformed is left at its default."""
    block = _block(instructions)
    first = block.get("first_contact")
    return Context(
        now=read_time(block.get("now")) or now,
        agent_name=_text(block.get("agent_name")),
        broker_name=_text(block.get("broker_name")),
        zone=_zone(block.get("zone")),
        first_contact=first if isinstance(first, bool) else None,
        known={
            key: value
            for key, value in _mapping(block.get("known")).items()
            if value not in (None, "", [])
        },
        missing=names(block.get("missing")),
        outcome=_text(_mapping(block.get("qualification")).get("outcome")) or "pending",
        booking_enabled=block.get("booking_enabled") is not False,
        offers=read_offers(block.get("offers")),
        appointment=_appointment(block.get("appointment")),
        knowledge=read_hits(block.get("knowledge")),
        raw_knowledge=tuple(_sequence(block.get("knowledge"))),
        discussed=read_homes(block.get("discussed")),
    )


def read_offers(value: Any) -> tuple[Offer, ...]:
    read = (_offer(item) for item in _sequence(value))
    return tuple(offer for offer in read if offer)


def read_homes(value: Any) -> tuple[Home, ...]:
    """Properties, wherever the context or a tool shows them: their data by name beside their text."""
    items = (
        item for item in map(_mapping, _sequence(value)) if item.get("source_type") == "property"
    )
    return tuple(
        Home(
            item["id"] if isinstance(item.get("id"), int) else 0,
            _text(item.get("title")),
            _text(item.get("text")),
            {
                name: each
                for name, each in item.items()
                if isinstance(each, str) and name not in _NO_FIELDS
            },
        )
        for item in items
    )


def read_hits(value: Any) -> tuple[Hit, ...]:
    hits = (
        Hit(_text(item.get("title")), _text(item.get("text")), _text(item.get("source_type")))
        for item in map(_mapping, _sequence(value))
    )
    return tuple(hit for hit in hits if hit.text or hit.title)


def read_time(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def names(value: Any) -> tuple[str, ...]:
    return tuple(item for item in _sequence(value) if isinstance(item, str))


def _block(instructions: str) -> Mapping[str, Any]:
    """The first block that is JSON: raw_decode, because a text inside may hold the closing mark."""
    for mark in re.finditer(f"{_OPEN}\\s*(?:```(?:json)?\\s*)?", instructions):
        try:
            found, _ = json.JSONDecoder().raw_decode(instructions, mark.end())
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return {}


def _offer(item: Any) -> Offer | None:
    given = _mapping(item)
    start, offer_id = read_time(given.get("start")), given.get("offer_id")
    if start is None or not isinstance(offer_id, int):
        return None
    return Offer(offer_id, start, _text(given.get("label")))


def _appointment(value: Any) -> Appointment | None:
    given = _mapping(value)
    if not given or given.get("status") not in (None, "scheduled", "confirmed"):
        return None
    return Appointment(
        _text(given.get("label")), _text(given.get("location")), _text(given.get("agent"))
    )


def _zone(value: Any) -> str:
    try:
        return ZoneInfo(value).key
    except (TypeError, ValueError, ZoneInfoNotFoundError):
        return _ZONE


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()
