"""Documents: taken in once, split into entries in the background, and tried again on request."""

import hashlib
from datetime import datetime, timedelta
from pathlib import PurePath

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from brokers.models import Broker
from crm.errors import DomainError
from crm.queues import in_turn
from knowledge import splitting
from knowledge.models import (
    DocumentFormat,
    EmbedStatus,
    KnowledgeDocument,
    KnowledgeEntry,
    SourceType,
)
from knowledge.signals import document_pending, document_split
from leads.signals import announce

MAX_BYTES = 2 * 1024 * 1024
MAX_ENTRIES = 5_000
MAX_ATTEMPTS = 3
LEASE = timedelta(minutes=5)
BATCH = 500
FORMATS = {
    ".csv": DocumentFormat.CSV,
    ".md": DocumentFormat.MARKDOWN,
    ".markdown": DocumentFormat.MARKDOWN,
    ".txt": DocumentFormat.TEXT,
}


def format_of(filename: str) -> DocumentFormat:
    """By the file's ending; raises DomainError for one that we do not read."""
    kind = FORMATS.get(PurePath(filename).suffix.lower())
    if kind is None:
        raise DomainError(
            _("Sube un archivo CSV, Markdown (.md) o de texto (.txt)."),
            code="unknown_format",
            field="file",
        )
    return kind


def read(content: bytes, *, field: str = "file") -> str:
    """The text of a file in UTF-8 or, as spreadsheets in Windows write it, Windows-1252."""
    if len(content) > MAX_BYTES:
        raise DomainError(_("El archivo supera los 2 MB."), code="too_large", field=field)
    text = _decoded(content, field)
    if not text.strip():
        raise DomainError(_("El documento está vacío."), code="blank", field=field)
    return text


def _decoded(content: bytes, field: str) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise DomainError(
        _("El archivo no es texto: guárdalo como UTF-8 y vuelve a subirlo."),
        code="not_text",
        field=field,
    )


def take_in(
    broker: Broker,
    *,
    content: bytes,
    filename: str = "",
    title: str = "",
    kind: DocumentFormat | str | None = None,
    source_type: str = SourceType.CUSTOM,
) -> tuple[KnowledgeDocument, bool]:
    """Keep an uploaded file, or a pasted text (without a ``filename``), as ``add`` does."""
    field = "file" if filename else "text"
    kind = kind or (format_of(filename) if filename else DocumentFormat.TEXT)
    text = read(content, field=field)
    title = title.strip() or PurePath(filename).stem.replace("\x00", "")
    return add(broker, title=title, text=text, kind=kind, source_type=source_type)


def with_counts(documents: QuerySet[KnowledgeDocument]) -> QuerySet[KnowledgeDocument]:
    """With how many entries each has, and how many of them are embedded."""
    mine = KnowledgeEntry.objects.filter(document=OuterRef("pk")).order_by()
    count = mine.values("document").annotate(count=Count("pk")).values("count")
    ready = count.filter(embed_status=EmbedStatus.READY)
    return documents.annotate(
        entries_made=Coalesce(Subquery(count), 0), embedded=Coalesce(Subquery(ready), 0)
    )


def add(
    broker: Broker,
    *,
    title: str,
    text: str,
    kind: DocumentFormat | str,
    source_type: str = SourceType.CUSTOM,
) -> tuple[KnowledgeDocument, bool]:
    """Keep a document and split it in the background; the same one again is a no-op.

    The second value tells whether it is new.
    """
    document, is_new = KnowledgeDocument.objects.get_or_create(
        broker=broker,
        content_hash=_fingerprint(text, kind),
        defaults={"title": title[:255], "text": text, "format": kind, "source_type": source_type},
    )
    if is_new:
        announce(document_pending, document_id=document.pk)
    return document, is_new


def _fingerprint(text: str, kind: DocumentFormat | str) -> str:
    return hashlib.sha256(f"{DocumentFormat(kind).value}\n{text}".encode()).hexdigest()


def due(*, at: datetime, limit: int = 100) -> list[int]:
    """Documents that wait to be split, those of a worker that died included."""
    return list(in_turn(owed(at), "id").values_list("id", flat=True)[:limit])


def owed(at: datetime) -> QuerySet[KnowledgeDocument]:
    return KnowledgeDocument.objects.filter(_ready(at), status=EmbedStatus.PENDING)


def _ready(at: datetime) -> Q:
    return Q(due_at__isnull=True) | Q(due_at__lte=at)


def process(document_id: int, *, at: datetime) -> bool:
    """Split one waiting document; False when it is not ours to split now."""
    mine = owed(at).filter(pk=document_id)
    if not mine.update(due_at=at + LEASE, attempts=F("attempts") + 1, updated_at=at):
        return False
    document = KnowledgeDocument.objects.get(pk=document_id)
    if document.attempts > MAX_ATTEMPTS:
        _fail(document, "no_result_after_attempts", at)
        return True
    try:
        pieces = splitting.split(document.text, document.format, document.title)
    except splitting.Unreadable as reason:
        _fail(document, str(reason), at)
        return True
    if len(pieces) > MAX_ENTRIES:
        _fail(document, "too_many_entries", at)
        return True
    _store(document, pieces, at)
    return True


@transaction.atomic
def _store(document: KnowledgeDocument, pieces: list[splitting.Piece], at: datetime) -> None:
    """The entries and the document's new state at once; nothing of a document that is gone."""
    waiting = KnowledgeDocument.objects.filter(pk=document.pk, status=EmbedStatus.PENDING)
    if not waiting.update(status=EmbedStatus.READY, error="", due_at=None, updated_at=at):
        return
    KnowledgeEntry.objects.filter(document=document).delete()
    entries = [_entry(document, piece, part) for part, piece in enumerate(pieces)]
    KnowledgeEntry.objects.bulk_create(entries, batch_size=BATCH)
    announce(document_split, document_id=document.pk)


def _entry(document: KnowledgeDocument, piece: splitting.Piece, part: int) -> KnowledgeEntry:
    entry = KnowledgeEntry(
        broker_id=document.broker_id,
        document=document,
        part=part,
        title=piece.title,
        content=piece.content,
        source_type=piece.source_type or document.source_type,
        metadata=piece.metadata,
    )
    # As save() would: rows made together skip it.
    entry.content_hash = entry.fingerprint
    entry.read_listing()
    return entry


def _fail(document: KnowledgeDocument, reason: str, at: datetime) -> None:
    waiting = KnowledgeDocument.objects.filter(pk=document.pk, status=EmbedStatus.PENDING)
    waiting.update(status=EmbedStatus.FAILED, error=reason, due_at=None, updated_at=at)


def retry(document: KnowledgeDocument, *, at: datetime) -> bool:
    """Split a failed document once more; False when it is no longer failed."""
    failed = KnowledgeDocument.objects.filter(pk=document.pk, status=EmbedStatus.FAILED)
    changed = failed.update(status=EmbedStatus.PENDING, error="", attempts=0, updated_at=at)
    if changed:
        announce(document_pending, document_id=document.pk)
    return bool(changed)
