"""`manage.py rotate_secrets`: writes every encrypted value anew with the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import models

from crm.fields import DecryptionError, encrypted, is_current, opened, stored


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


def _rotate(model: type[models.Model], field: str) -> tuple[int, int]:
    written = lost = 0
    tokens = stored(model, field).values_list("pk", "token")
    for pk, token in tokens.order_by("pk").iterator(chunk_size=200):
        if token is None or is_current(token):
            continue
        try:
            value = opened(token)
        except DecryptionError:
            lost += 1
            continue
        # Only what was read is replaced: somebody may have saved another secret meanwhile.
        same = stored(model, field).filter(pk=pk, token=token)
        written += same.update(**{field: value})
    return written, lost
