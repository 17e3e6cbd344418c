"""Keys of the encrypted fields: whether they are keys, and how to name one without telling it."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

Keys = TypeVar("Keys", bound=Sequence[str])


def checked(keys: Keys) -> Keys:
    for key in keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(
                "FIELD_ENCRYPTION_KEYS takes Fernet keys: 32 bytes in url-safe base64, comma"
                " separated (.env.example tells how to make one)."
            ) from error
    return keys


def fingerprint(key: str) -> str:
    """Of 256 random bits: it leads nobody to the key."""
    return hashlib.sha256(f"key of fields:{key}".encode()).hexdigest()[:16]
