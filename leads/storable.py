"""Text that PostgreSQL can keep."""


def text(value: str) -> str:
    """Without NULs and lone halves of surrogate pairs, which no text column takes."""
    return value.replace("\x00", "").encode(errors="ignore").decode()
