"""A request that may come twice under one ``Idempotency-Key``: done once, answered as the first time."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.errors import DeadlockDetected, LockNotAvailable
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from crm.errors import Conflict
from crm.fields import Sealed
from crm.models import IdempotencyKey

HEADER = "Idempotency-Key"
LONGEST_KEY = 100
KEY = rf"[!-~]{{1,{LONGEST_KEY}}}"
KEPT = timedelta(hours=24)
# How long the second of two at once holds its thread for the first's answer, before it is sent away.
PATIENCE_SECONDS = 5
# A call that asks a vendor is over by then, or its process is gone.
LEASE = timedelta(seconds=90)
RETRIES = 2
KEPT_HEADERS = ("ETag", "Location")

Run = Callable[[], Response]
About = Callable[[Any], int | None]


class KeyReused(Conflict):
    code = "idempotency_key_reused"
    message = _("Esta clave ya se usó con otros datos. Usa una clave nueva.")


class InProgress(Conflict):
    code = "idempotency_key_in_progress"
    message = _("La misma petición está en curso. Vuelve a intentarlo en unos segundos.")


def key_of(request: Request) -> str | None:
    """The key that a request came with; refuses one that cannot be kept."""
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(KEY, key):
        detail = _("Usa entre 1 y 100 caracteres ASCII visibles, sin espacios.")
        raise ValidationError({HEADER: detail})
    return key


def once(
    request: Request, key: str, run: Run, *, about: About, may_see: Callable[[], None]
) -> Response:
    """What ``run`` answers, or answered under this key of this person.

    An answer is given again only after ``may_see``, which raises where the row of the address is no
    longer the person's to see.

    The key, the effect and the answer are one transaction: a process that dies between them leaves
    nothing, and a refusal leaves the key free. Of two at once the second waits in the unique index
    for the first's commit. Raises KeyReused, or InProgress where that takes too long.
    """
    for _attempt in range(RETRIES):
        try:
            with transaction.atomic():
                return _answered(request, key, run, about, may_see)
        except OperationalError as error:
            # What usually is several short transactions is one here, and may cross another that
            # locks in another order: nothing of it stands, so it is begun anew.
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    with transaction.atomic():
        return _answered(request, key, run, about, may_see)


def _answered(
    request: Request, key: str, run: Run, about: About, may_see: Callable[[], None]
) -> Response:
    row = _claim(request, key)
    if row.status:
        may_see()
        return _again(row)
    for file in getattr(request, "FILES", {}).values():
        file.seek(0)
    response = run()
    _keep(row, response, about)
    return response


def apart(
    request: Request, key: str, run: Run, *, about: About, may_see: Callable[[], None]
) -> Response:
    """As ``once`` for what asks a vendor, during which no transaction may be open.

    The key is there before the vendor is asked, the answer after. Who comes in between is sent away,
    until the lease is over: then it is tried again, and the state of the row that it is about
    (pending, over) keeps the vendor from doing it twice.
    """
    with transaction.atomic():
        row = _claim(request, key)
        if not row.status:
            if row.leased_at and row.leased_at > timezone.now() - LEASE:
                raise InProgress(retry_after=PATIENCE_SECONDS)
            IdempotencyKey.objects.filter(pk=row.pk).update(leased_at=timezone.now())
    if row.status:
        may_see()
        return _again(row)
    try:
        response = run()
    except Exception:
        row.delete()
        raise
    _keep(row, response, about)
    return response


def _claim(request: Request, key: str) -> IdempotencyKey:
    """The key's row, locked; new where the key is."""
    user: Any = request.user
    mine = fingerprint(request)
    new = IdempotencyKey(broker_id=user.broker_id, user=user, key=key, fingerprint=mine)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'")
            _forget_old(user, key)
            IdempotencyKey.objects.bulk_create([new], ignore_conflicts=True)
            row = IdempotencyKey.objects.select_for_update(of=("self",)).get(user=user, key=key)
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise InProgress(retry_after=PATIENCE_SECONDS) from error
        raise
    if row.fingerprint != mine:
        raise KeyReused
    return row


def _forget_old(user: Any, key: str) -> None:
    """A key means the same for a day, also where the nightly clearing has not come by."""
    over = timezone.now() - KEPT
    IdempotencyKey.objects.filter(user=user, key=key, created_at__lt=over).delete()


def _keep(row: IdempotencyKey, response: Response, about: About) -> None:
    """Store the answer; one that is a stream of bytes, or a refusal, is not kept, nor its key."""
    if getattr(response, "streaming", False) or response.status_code >= 300:
        row.delete()
        return
    body = json.loads(JSONRenderer().render(response.data) or "null")
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    lead = about(body if isinstance(body, Mapping) else {})
    leads: Any = IdempotencyKey._meta.get_field("lead").related_model
    row.lead_id = leads._default_manager.filter(pk=lead).values_list("pk", flat=True).first()
    row.status, row.answer = response.status_code, {"body": body, "headers": headers}
    row.save(update_fields=["lead", "status", "answer", "updated_at"])


def _again(row: IdempotencyKey) -> Response:
    if isinstance(row.answer, Sealed):  # its key was taken away: it was done, and how is not known
        raise KeyReused
    headers = {**row.answer["headers"], "Idempotent-Replayed": "true"}
    return Response(row.answer["body"], status=row.status, headers=headers)


def fingerprint(request: Request) -> str:
    """What tells a request from another: its address and its body, files by their bytes."""
    data = request.data
    if hasattr(data, "lists"):
        data = {name: [_plain(value) for value in values] for name, values in data.lists()}
    asked = [request.method, request.get_full_path(), data]
    text = json.dumps(asked, sort_keys=True, cls=DjangoJSONEncoder, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if not hasattr(value, "chunks"):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return [value.name, digest.hexdigest()]


def forget(*, at: datetime) -> int:
    """Delete keys that are too old to come again; returns how many."""
    return IdempotencyKey.objects.filter(created_at__lt=at - KEPT).delete()[0]
