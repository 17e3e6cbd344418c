"""`manage.py rotate_secrets`: writes every encrypted value anew with the newest key."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models
from django.db.models.functions import Cast

from crm.fields import DecryptionError, EncryptedJSONField, is_current, opened


class Command(BaseCommand):
    help = (
        "Encrypts every secret anew with the first of FIELD_ENCRYPTION_KEYS. What is so already is "
        "left alone: it may be interrupted and run again, also while people work."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = 0
        for model, field in encrypted():
            written, lost = _rotate(model, field)
            unreadable += lost
            self.stdout.write(f"{model._meta.label}.{field}: {written} written, {lost} unreadable")
        if unreadable:
            raise CommandError("Some secrets open with none of the keys: enter them again.")


def encrypted() -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedJSONField):
                yield model, field.name


def _rotate(model: type[models.Model], field: str) -> tuple[int, int]:
    written = lost = 0
    tokens = _stored(model, field).values_list("pk", "token")
    for pk, token in tokens.order_by("pk").iterator(chunk_size=200):
        if token is None or is_current(token):
            continue
        try:
            value = opened(token)
        except DecryptionError:
            lost += 1
            continue
        # Only what was read is replaced: somebody may have saved another secret meanwhile.
        same = _stored(model, field).filter(pk=pk, token=token)
        written += same.update(**{field: value})
    return written, lost


def _stored(model: type[models.Model], field: str) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = model._base_manager.annotate(
        token=Cast(field, output_field=models.TextField())
    )
    return rows
