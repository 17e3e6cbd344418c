"""Model fields that are encrypted at rest, with keys that can rotate."""

import base64
import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def _derived_key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(f"fields:{secret}".encode()).digest())


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...], secret: str) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys or (_derived_key(secret),)])
    except ValueError as error:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KEYS takes Fernet keys: 32 bytes in url-safe base64, comma separated."
        ) from error


def cipher() -> MultiFernet:
    """The cipher of FIELD_ENCRYPTION_KEYS (first encrypts, all decrypt), else of SECRET_KEY."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS), settings.SECRET_KEY)


class DecryptionError(Exception):
    """A stored value opens with none of the configured keys."""


def opened(token: str) -> Any:
    """What a stored token holds."""
    try:
        return json.loads(cipher().decrypt(token.encode()))
    except InvalidToken as error:
        raise DecryptionError("a stored value opens with none of the keys") from error


def is_current(token: str) -> bool:
    """Whether a stored token was made with the newest key."""
    newest = settings.FIELD_ENCRYPTION_KEYS[:1]
    try:
        _cipher(tuple(newest), settings.SECRET_KEY).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField


class EncryptedJSONField(TextField):
    """JSON kept as one Fernet token; cannot be filtered on; never shown by API or Admin."""

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        plain = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return cipher().encrypt(plain.encode()).decode()

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        if value is None:
            return None
        try:
            return opened(value)
        except DecryptionError as error:
            raise DecryptionError(
                f"{self.model.__name__}.{self.name} opens with none of FIELD_ENCRYPTION_KEYS"
            ) from error

    def value_to_string(self, obj: models.Model) -> str:
        return json.dumps(self.value_from_object(obj))

    def to_python(self, value: Any) -> Any:
        return value
