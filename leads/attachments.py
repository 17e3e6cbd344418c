"""The one writer of attachments: expected with a message, fetched off the request, kept or refused."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from brokers.models import Broker
from crm import connections
from crm.errors import Conflict, DomainError, FilesAway, NoRoom, is_no_room
from crm.queues import in_turn
from leads import removals, signals, sniffing
from leads.enums import AttachmentState
from leads.errors import ChannelError
from leads.models import Attachment, ChatMessage
from leads.models.attachment import private_path

LEASE = timedelta(minutes=3)
MAX_ATTEMPTS = 5
BACK_OFF_SECONDS = (10, 60, 300, 1800)
ROOM_SECONDS = 5  # less than a sweep: a full disk, or its server, is looked at again with each
AWAY_SECONDS = 10  # somebody waits for what goes out; asking is cheap, and uses up no attempt

log = logging.getLogger(__name__)


class BadFile(DomainError):
    """A file that we do not keep; ``code`` says why."""

    code = "type_not_allowed"
    message = _("Ese tipo de archivo no se acepta. Usa fotos, audio, video, PDF u Office.")


@dataclass(frozen=True)
class Source:
    """Where a channel's files come from.

    ``key`` is the entry's key that names the file at the vendor. ``fetch(config, name, limit)``
    talks to it with the broker's settings of the channel; raises ChannelError, and with reason
    ``too_large`` above ``limit`` bytes.
    """

    key: str
    fetch: Callable[[dict[str, Any], str, int], bytes]


_sources: dict[str, Source] = {}


def register(channel: str, source: Source) -> None:
    _sources[channel] = source


def expect(message: ChatMessage) -> None:
    """Rows for the files that a message names; they are fetched once it is committed."""
    source = _sources.get(message.provider)
    if source is None:
        return
    for position, entry in enumerate(message.attachments):
        if entry.get(source.key):
            row = Attachment.objects.create(
                broker_id=message.broker_id,
                message=message,
                position=position,
                kind=str(entry["kind"])[:20],
                remote_id=str(entry[source.key])[:300],
                filename=_tidy(entry.get("filename") or ""),
                due_at=message.at,
            )
            signals.announce(signals.attachment_expected, attachment_id=row.pk)


def checked(filename: str, content: bytes) -> str:
    """The type of a file that somebody hands us; raises BadFile."""
    if len(content) > settings.ATTACHMENT_MAX_BYTES:
        raise BadFile(_("El archivo supera el tamaño permitido."), code="too_large", field="file")
    found = sniffing.type_of(content, filename)
    if found is None:
        raise BadFile(field="file")
    return found


def keep(message: ChatMessage, *, filename: str, content: bytes) -> Attachment:
    """Store a file that goes out with a message; raises BadFile, NoRoom or FilesAway."""
    mime_type = checked(filename, content)
    row = Attachment(
        broker_id=message.broker_id,
        message=message,
        kind=sniffing.kind_of(mime_type),
        filename=_tidy(filename),
    )
    _fill(row, mime_type, content)
    row.save()
    removals.is_used(str(row.file.name))
    return row


def discard(message: ChatMessage) -> None:
    """Forget a message's files; what a worker is fetching finds its row gone."""
    message.files.all().delete()


def of(message: ChatMessage) -> list[Attachment]:
    """The files that go out with a message, in order."""
    return list(message.files.filter(state=AttachmentState.READY).order_by("position", "id"))


def read(file: Attachment) -> bytes:
    """The content of a file on its way out; raises ChannelError where it is lost, or cannot be had now."""
    try:
        with file.file.open("rb") as content:
            return bytes(content.read())
    except FilesAway as error:
        raise ChannelError(permanent=False, reason=error.code, retry_after=AWAY_SECONDS) from error
    except OSError as error:
        raise ChannelError(permanent=True, reason="gone") from error


def fetch(attachment_id: int, *, at: datetime) -> bool:
    """Get one due file from its channel; False when it is not ours to get now."""
    if not _claim(attachment_id, at):
        return False
    row = Attachment.objects.select_related("message__broker__brokerchatconfig").get(
        pk=attachment_id
    )
    try:
        content = _content(row)
        _keep(row, _fitting(row, content), content, at)
        if row.reason == NoRoom.code:
            _start_the_rest(row, at)
    except BadFile as error:
        _settle(row, AttachmentState.REFUSED, error.code, at)
    except (NoRoom, FilesAway) as error:
        _wait_for_room(row, error, at)
    except ChannelError as error:
        _missed(row, error, at)
    return True


def retry(attachment: Attachment, *, at: datetime) -> None:
    """A person asks for a file again that could not be had."""
    failed = Attachment.objects.filter(pk=attachment.pk, state=AttachmentState.FAILED)
    if not failed.update(state=AttachmentState.PENDING, attempts=0, due_at=at, updated_at=at):
        raise Conflict
    signals.announce(signals.attachment_expected, attachment_id=attachment.pk)


def due(*, at: datetime, limit: int = 200) -> list[int]:
    """Files that should be on their way by now, those of dead workers too.

    While the disk is full one of each broker's tries: to fetch all of them again and again would
    keep the workers from their replies. The first one that finds room starts the rest.
    """
    refused = owed(at).filter(reason=NoRoom.code)
    first = refused.order_by("broker_id", "id").distinct("broker_id").values_list("pk", flat=True)
    others = in_turn(owed(at).exclude(reason=NoRoom.code), "id")
    return [*first, *others.values_list("pk", flat=True)[:limit]]


def owed(at: datetime) -> Any:
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
    return Attachment.objects.filter(free, state=AttachmentState.PENDING, due_at__lte=at)


def _claim(attachment_id: int, at: datetime) -> bool:
    mine = owed(at).filter(pk=attachment_id)
    leased = Attachment.objects.filter(pk=attachment_id, lease_until=at + LEASE)
    connections.claimed(lambda: leased.update(lease_until=None, attempts=F("attempts") - 1))
    return bool(mine.update(lease_until=at + LEASE, attempts=F("attempts") + 1, updated_at=at))


def _content(row: Attachment) -> bytes:
    broker: Broker = row.message.broker
    source = _sources.get(row.message.provider)
    config = broker.brokerchatconfig.provider_configs.get(row.message.provider)
    if source is None or not config:
        raise ChannelError(permanent=True, reason="channel_not_configured")
    return source.fetch(dict(config), row.remote_id, settings.ATTACHMENT_MAX_BYTES)


def _fitting(row: Attachment, content: bytes) -> str:
    mime_type = checked(row.filename, content)
    if not sniffing.fits(row.kind, mime_type):
        raise BadFile(code="type_mismatch")
    return mime_type


def _missed(row: Attachment, error: ChannelError, at: datetime) -> None:
    if error.reason == "too_large":
        _settle(row, AttachmentState.REFUSED, error.reason, at)
    elif error.permanent or row.attempts >= MAX_ATTEMPTS:
        _settle(row, AttachmentState.FAILED, error.reason, at)
    else:
        wait = error.retry_after or BACK_OFF_SECONDS[min(row.attempts, len(BACK_OFF_SECONDS)) - 1]
        later = at + timedelta(seconds=wait)
        _settle(row, AttachmentState.PENDING, error.reason, at, due_at=later)


def _wait_for_room(row: Attachment, error: NoRoom | FilesAway, at: datetime) -> None:
    """As long as it takes: an operator sees to it, and no attempt is used up until then."""
    log.error("attachment %s waits: %s", row.pk, error.code)
    later = at + timedelta(seconds=ROOM_SECONDS)
    _settle(row, AttachmentState.PENDING, error.code, at, due_at=later, attempts=row.attempts - 1)


def _start_the_rest(row: Attachment, at: datetime) -> None:
    """There is room again: the broker's files that waited for it are fetched now."""
    rest = Attachment.objects.filter(
        broker_id=row.broker_id, state=AttachmentState.PENDING, reason=NoRoom.code
    )
    waiting = list(rest.order_by("id").values_list("id", flat=True))
    rest.filter(pk__in=waiting).update(reason="", due_at=at, updated_at=at)
    for attachment_id in waiting:
        signals.announce(signals.attachment_expected, attachment_id=attachment_id)


def _settle(
    row: Attachment, state: AttachmentState, reason: str, at: datetime, **fields: Any
) -> bool:
    mine = Attachment.objects.filter(
        pk=row.pk, state=AttachmentState.PENDING, attempts=row.attempts
    )
    settled = {"state": state, "reason": reason[:50], "lease_until": None, "updated_at": at}
    return bool(mine.update(**settled, **fields))


def _keep(row: Attachment, mime_type: str, content: bytes, at: datetime) -> None:
    _fill(row, mime_type, content)
    name = str(row.file.name)
    stored = {"file": name, "mime_type": mime_type, "size": row.size}

    @transaction.atomic
    def settle() -> bool:
        settled = _settle(row, AttachmentState.READY, "", at, **stored) or _is_kept(row)
        if settled:
            removals.is_used(name)
        return settled

    if not connections.persist(settle):
        removals.remove(name)  # another worker was quicker, or the row is gone


def _is_kept(row: Attachment) -> bool:
    """Whether the row knows the file: the answer that it was stored may have been lost."""
    return Attachment.objects.filter(pk=row.pk, file=row.file.name).exists()


def _fill(row: Attachment, mime_type: str, content: bytes) -> None:
    """Raises NoRoom or FilesAway; what was stored of it by then will be taken back."""
    row.mime_type, row.size, row.state = mime_type, len(content), AttachmentState.READY
    name = private_path(row, f"file{sniffing.ENDINGS[mime_type]}")
    removals.may_be_left(name)
    try:
        row.file = row.file.storage.save(name, ContentFile(content))
    except OSError as error:
        if is_no_room(error):
            raise NoRoom from error
        raise


def _tidy(filename: str) -> str:
    """A name without folders or signs that a header or a terminal would obey."""
    name = PurePath(str(filename).replace("\\", "/")).name
    return "".join(sign for sign in name if sign.isprintable())[:200]
