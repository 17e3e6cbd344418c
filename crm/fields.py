"""Model fields that are encrypted at rest, with keys that can rotate."""

import base64
import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast

from crm import keys


def _derived_key(secret: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(f"fields:{secret}".encode()).digest()).decode()


@lru_cache(maxsize=4)
def _cipher(held: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys.checked(held)])


def configured() -> tuple[str, ...]:
    """FIELD_ENCRYPTION_KEYS; on a laptop without any, one of SECRET_KEY's."""
    return tuple(settings.FIELD_ENCRYPTION_KEYS) or (_derived_key(settings.SECRET_KEY),)


def cipher() -> MultiFernet:
    """The first key encrypts, all decrypt."""
    return _cipher(configured())


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
    return opens(configured()[0], token)


def opens(key: str, token: str) -> bool:
    try:
        _cipher((key,)).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField


class Sealed(dict[str, Any]):
    """What none of the keys opens: empty to whoever looks, and stored again as it was.

    So a lost key stops only what needs the credential, which can be entered anew; and where the
    key is found after all, everything that was not entered anew is there again.
    """

    def __init__(self, token: str = "") -> None:
        super().__init__()
        self.token = token


class EncryptedJSONField(TextField):
    """JSON kept as one Fernet token; cannot be filtered on; never shown by API or Admin.

    Reads as ``Sealed`` where no key opens it.
    """

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, Sealed) and not value:
            return value.token
        plain = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return cipher().encrypt(plain.encode()).decode()

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        if value is None:
            return None
        try:
            return opened(value)
        except DecryptionError:
            return Sealed(value)

    def value_to_string(self, obj: models.Model) -> str:
        return json.dumps(self.value_from_object(obj))

    def to_python(self, value: Any) -> Any:
        return value


def encrypted() -> Iterator[tuple[type[models.Model], str]]:
    """Every encrypted column, by its model and name."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedJSONField):
                yield model, field.name


def stored(model: type[models.Model], field: str) -> models.QuerySet[Any]:
    """The rows with what the database holds, as ``token``."""
    rows: models.QuerySet[Any] = model._base_manager.annotate(
        token=Cast(field, output_field=models.TextField())
    )
    return rows
