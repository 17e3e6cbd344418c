"""Text and JSON that PostgreSQL can keep."""

from math import isfinite
from typing import Any


def text(value: str) -> str:
    """Without NULs and lone halves of surrogate pairs, which no text column takes."""
    if value.isprintable():  # neither is, and most texts are
        return value
    return value.replace("\x00", "").encode(errors="ignore").decode()


def data(value: Any) -> Any:
    """Parsed JSON whose texts, keys too, can all be kept; ValueError where a number cannot."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [data(each) for each in value]
    if isinstance(value, dict):
        return {text(key): data(each) for key, each in value.items()}
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("too large a number")
    return value
