"""The door of an import: uploaded, its columns confirmed, its rows checked, then made leads."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from brokers.models import Broker, User
from crm import connections, correlation
from crm.errors import Conflict, DomainError
from leads import import_columns, import_mapping, import_rows, spreadsheets
from leads.errors import NotAssignable
from leads.models import ImportState, LeadImport, LeadImportPart, LeadImportRow
from leads.signals import announce, import_waiting
from leads.stages import Source

MAX_BYTES = 100 * 1024 * 1024
MAX_COLUMNS = 200
PART_BYTES = 512 * 1024
SAMPLES = 4
CHUNK = 500
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 5
AT_WORK = (ImportState.CHECKING, ImportState.COMMITTING)
ERRORS: dict[str, Any] = {
    "empty": lambda: _("El archivo está vacío o no tiene filas."),
    "not_csv": lambda: _("No es un archivo CSV. En Excel, usa «Guardar como» y elige CSV UTF-8."),
    "no_titles": lambda: _("La primera fila debe tener los títulos de las columnas."),
    "too_many_columns": lambda: _("El archivo tiene más de 200 columnas: deja las que importan."),
    "too_large": lambda: _("El archivo supera los 100 MB: divídelo en varios."),
    "bad_quotes": lambda: _("En la fila %(row)s se abren comillas que no se cierran."),
    "long_cell": lambda: _(
        "La fila %(row)s tiene una celda de más de 100.000 letras: acórtala o quita esa columna."
    ),
    "gave_up": lambda: _("No se pudo procesar el archivo. Reinténtalo en unos minutos."),
}
Clock = Callable[[], datetime]


def explain(error: str) -> str:
    """What stopped an import, in a sentence; empty when nothing did."""
    code, _sep, row = error.partition(":")
    told = ERRORS[code]() if code in ERRORS else error
    return str(told % {"row": row} if row else told)


def _refused(code: str) -> DomainError:
    return DomainError(explain(code), code=code.partition(":")[0], field="file")


@transaction.atomic
def upload(
    broker: Broker,
    *,
    chunks: Iterable[bytes],
    filename: str,
    by: Any,
    source: Source | str = Source.IMPORT,
    tags: Sequence[str] = (),
    assigned_to: User | None = None,
) -> LeadImport:
    """Keep a file and read its head; raises DomainError with what is wrong with it."""
    if assigned_to and (assigned_to.broker_id != broker.pk or not assigned_to.may_enter):
        raise NotAssignable(field="assigned_to")
    job: LeadImport = LeadImport.objects.create(
        broker=broker,
        filename=PurePath(filename.replace("\x00", "")).name[:255] or "leads.csv",
        created_by=by,
        source=source,
        tags=list(tags),
        assigned_to=assigned_to,
    )
    try:
        _read_head(job, _keep(job, chunks))
    except spreadsheets.Unreadable as error:
        raise _refused(str(error)) from error
    job.save()
    return job


def _keep(job: LeadImport, chunks: Iterable[bytes]) -> spreadsheets.EncodingGuess:
    """Store the bytes as they come, in pieces; what is told in the end is how to read them."""
    guess = spreadsheets.EncodingGuess()
    for number, piece in enumerate(_pieces(chunks)):
        job.size += len(piece)
        if job.size > MAX_BYTES:
            raise spreadsheets.Unreadable("too_large")
        guess.see(piece)
        LeadImportPart.objects.create(
            broker_id=job.broker_id, job=job, number=number, content=piece
        )
    return guess


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= PART_BYTES:
            yield bytes(held[:PART_BYTES])
            del held[:PART_BYTES]
    if held:
        yield bytes(held)


def _read_head(job: LeadImport, guess: spreadsheets.EncodingGuess) -> None:
    job.encoding = guess.encoding()
    head = "".join(spreadsheets.lines([guess.head], job.encoding))
    job.delimiter = spreadsheets.delimiter_of(head)
    titles, rows = spreadsheets.table(_records(job))
    samples = [values[: len(titles)] for _number, values in _first(rows, SAMPLES)]
    if not titles or not samples:
        raise spreadsheets.Unreadable("empty")
    if len(titles) > MAX_COLUMNS:
        raise spreadsheets.Unreadable("too_many_columns")
    if any(_is_contact(title, job.broker.country) for title in titles):
        raise spreadsheets.Unreadable("no_titles")
    job.header = titles
    job.samples = [[import_columns.tidy(value)[:100] for value in row] for row in samples]
    job.mapping = import_mapping.suggest(titles)


def _first(rows: Iterator[spreadsheets.Record], count: int) -> list[spreadsheets.Record]:
    return [row for row, _place in zip(rows, range(count), strict=False)]


def _is_contact(title: str, country: str) -> bool:
    return "@" in title or import_columns.is_phone(title, country)


def _records(job: LeadImport, read: Callable[[int], object] = int) -> Any:
    """The file's rows, a part in memory at a time; ``read`` hears of each part that was read."""
    parts = LeadImportPart.objects.filter(job=job).order_by("number")

    def contents() -> Iterator[bytes]:
        for number in range(parts.count()):
            read(number)
            yield bytes(parts.values_list("content", flat=True).get(number=number))

    return spreadsheets.records(contents(), job.encoding, job.delimiter)


@transaction.atomic
def set_columns(job: LeadImport, mapping: Sequence[str], *, at: datetime) -> LeadImport:
    """Confirm what each column is; every row is then checked in the background, anew."""
    import_mapping.check(job.header, mapping)
    before = (ImportState.MAPPING, ImportState.READY)
    unread = Q(state=ImportState.FAILED, parts__isnull=False)
    locked = LeadImport.objects.filter(Q(state__in=before) | unread, pk=job.pk)
    if not LeadImport.objects.filter(pk__in=locked.values("pk")).update(
        mapping=list(mapping), counts={}, **_started(ImportState.CHECKING, at)
    ):
        raise Conflict(_("Esta importación ya está en marcha o terminó."))
    LeadImportRow.objects.filter(job=job).delete()
    return _start(job)


@transaction.atomic
def commit(job: LeadImport, *, at: datetime) -> LeadImport:
    """Make leads of a checked file, in the background; its bytes are not needed any more."""
    ready = LeadImport.objects.filter(pk=job.pk, state=ImportState.READY)
    if not ready.update(**_started(ImportState.COMMITTING, at)):
        raise Conflict(_("Esta importación no está lista, o ya empezó."))
    LeadImportPart.objects.filter(job=job).delete()
    return _start(job)


@transaction.atomic
def retry(job: LeadImport, *, at: datetime) -> LeadImport:
    """Go on where a failed import stopped."""
    unread = LeadImportPart.objects.filter(job=job).exists()
    state = ImportState.CHECKING if unread else ImportState.COMMITTING
    failed = LeadImport.objects.filter(pk=job.pk, state=ImportState.FAILED)
    if not failed.update(
        state=state, error="", attempts=0, worker=None, lease_until=None, updated_at=at
    ):
        raise Conflict
    return _start(job)


def _started(state: ImportState, at: datetime) -> dict[str, Any]:
    fresh = {"error": "", "attempts": 0, "worker": None, "lease_until": None, "finished_at": None}
    return {"state": state, "done": 0, "reached": 0, "updated_at": at, **fresh}


def _start(job: LeadImport) -> LeadImport:
    announce(import_waiting, import_id=job.pk)
    job.refresh_from_db()
    return job


def due(*, at: datetime) -> list[int]:
    """Imports that wait for a worker, those of a worker that died included."""
    return list(owed(at).values_list("pk", flat=True))


def owed(at: datetime) -> QuerySet[LeadImport]:
    return LeadImport.objects.filter(_free(at), state__in=AT_WORK)


def _free(at: datetime) -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lte=at)


def work(import_id: int, *, clock: Clock, seconds: float) -> bool:
    """Do what an import waits for, for about so long; True while something is left to do.

    One worker has it at a time; what a dead one left is gone on with once its lease ran out.
    """
    worker, at = uuid.uuid4(), clock()
    mine = owed(at).filter(pk=import_id)
    held = LeadImport.objects.filter(pk=import_id, worker=worker)
    connections.claimed(
        lambda: held.update(worker=None, lease_until=None, attempts=F("attempts") - 1)
    )
    if not mine.update(
        worker=worker, lease_until=at + LEASE, attempts=F("attempts") + 1, updated_at=at
    ):
        return False
    job = LeadImport.objects.select_related("broker__brokerleadconfig", "created_by").get(
        pk=import_id
    )
    correlation.bind(broker_id=job.broker_id)
    if job.attempts > MAX_ATTEMPTS:
        _fail(job, worker, "gave_up", at)
        return False
    until = time.monotonic() + seconds
    run = _check if job.state == ImportState.CHECKING else _commit
    try:
        unfinished = run(job, worker, clock, until)
    except spreadsheets.Unreadable as error:
        _fail(job, worker, str(error), clock())
        return False
    if unfinished:
        _held(job, worker).update(worker=None, lease_until=None)
    return unfinished


def _held(job: LeadImport, worker: uuid.UUID) -> Any:
    return LeadImport.objects.filter(pk=job.pk, worker=worker, state=job.state)


class _Lost(Exception):
    """Another worker has the import by now, or somebody deleted it."""


def _keep_on(job: LeadImport, worker: uuid.UUID, at: datetime, **progress: Any) -> None:
    """Note how far we are, in the chunk's own transaction: without the lease nothing counts."""
    progress |= {"lease_until": at + LEASE, "attempts": 0, "updated_at": at}
    if not _held(job, worker).update(**progress):
        raise _Lost
    for name, value in progress.items():
        setattr(job, name, value)


def _check(job: LeadImport, worker: uuid.UUID, clock: Clock, until: float) -> bool:
    read = 0

    def note(number: int) -> None:
        nonlocal read
        read = number

    _titles, rows = spreadsheets.table(_records(job, note))
    parts, columns = job.parts.count(), import_rows.columns_of(job)
    unseen = (row for row in rows if row[0] > job.reached)
    try:
        for chunk in spreadsheets.in_chunks(unseen, CHUNK):
            with transaction.atomic():
                at = clock()
                _keep_on(job, worker, at, reached=chunk[-1][0], done=read, total=parts)
                import_rows.check(job, chunk, columns, at=at)
            if time.monotonic() > until:
                return True
        _finish(job, worker, ImportState.READY, clock())
    except _Lost:
        pass
    return False


def _commit(job: LeadImport, worker: uuid.UUID, clock: Clock, until: float) -> bool:
    try:
        while rows := import_rows.waiting(job, CHUNK):
            at = clock()
            _keep_on(job, worker, at)
            enriched = import_rows.enrich(job, rows, at=at)
            with transaction.atomic():
                at = clock()
                _keep_on(job, worker, at, reached=rows[-1].number, done=job.done + len(rows))
                import_rows.settle(job, rows, enriched, at=at)
            if time.monotonic() > until:
                return True
        _finish(job, worker, ImportState.DONE, clock())
    except _Lost:
        pass
    return False


def _finish(job: LeadImport, worker: uuid.UUID, state: ImportState, at: datetime) -> None:
    counts = tally(job)
    waiting = sum(counts.get(verdict.value, 0) for verdict in import_rows.WAITING)
    over = {"done": waiting, "total": waiting} if state == ImportState.DONE else {}
    ready = {"done": 0, "reached": 0, "total": waiting} if state == ImportState.READY else {}
    _held(job, worker).update(
        state=state,
        counts=counts,
        worker=None,
        lease_until=None,
        finished_at=at if state == ImportState.DONE else None,
        updated_at=at,
        **over,
        **ready,
    )


def tally(job: LeadImport) -> dict[str, int]:
    rows = LeadImportRow.objects.filter(job=job).order_by().values_list("verdict")
    return dict(rows.annotate(count=Count("pk")))


def _fail(job: LeadImport, worker: uuid.UUID, error: str, at: datetime) -> None:
    _held(job, worker).update(
        state=ImportState.FAILED, error=error[:300], worker=None, lease_until=None, updated_at=at
    )


def forget(*, at: datetime) -> int:
    """Drop files and rows of old imports: personal data stay no longer than they are of use."""
    old = at - timedelta(days=settings.IMPORT_KEEP_DAYS)
    jobs = LeadImport.objects.filter(updated_at__lt=old).exclude(state__in=AT_WORK)
    LeadImportPart.objects.filter(job__in=jobs).delete()
    deleted: int = LeadImportRow.objects.filter(job__in=jobs).delete()[0]
    return deleted


def refused_rows(job: LeadImport) -> Iterator[list[str]]:
    """The refused rows as they came, each with its row number and why, below their titles."""
    yield [_("Fila"), _("Motivo"), *job.header]
    rows = LeadImportRow.objects.filter(job=job, verdict__in=("refused", "duplicate", "suppressed"))
    for row in rows.order_by("number").iterator(2000):
        yield [str(row.number), reasons(row), *row.values]


def reasons(row: LeadImportRow) -> str:
    if row.verdict == "suppressed":
        return import_columns.explain("", "suppressed")
    return "; ".join(import_columns.explain(*problem) for problem in row.problems)
