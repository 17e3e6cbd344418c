"""Files that came or went with a message, kept where no address reaches them."""

from pathlib import PurePath
from typing import Any, ClassVar
from uuid import uuid4

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, TimeStamped, one_of
from crm.tenancy import of_their_leads
from leads.enums import AttachmentState
from leads.models.message import ChatMessage


def private_storage() -> Storage:
    return storages["attachments"]


def private_path(attachment: Any, filename: str) -> str:
    """A name that says nothing of the person; only the ending of the given one is kept."""
    ending = PurePath(filename).suffix
    return f"{attachment.broker_id}/{uuid4().hex}{ending}"


class Attachment(BrokerOwned):
    """One file of a message. The row is the queue: pending until a worker has fetched it.

    It hangs on the message, and with it goes wherever the message goes; ``position`` is its place
    in the message's ``attachments``.
    """

    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(of_their_leads("message__lead__"))

    message = models.ForeignKey(
        ChatMessage, on_delete=models.CASCADE, related_name="files", verbose_name=_("mensaje")
    )
    position = models.PositiveSmallIntegerField(_("posición"), default=0)
    kind = models.CharField(_("tipo"), max_length=20)
    remote_id = models.CharField(_("identificador en el canal"), max_length=300, blank=True)
    state = models.CharField(
        _("estado"),
        max_length=20,
        choices=AttachmentState.choices,
        default=AttachmentState.PENDING,
    )
    reason = models.CharField(_("motivo"), max_length=50, blank=True)
    filename = models.CharField(_("nombre"), max_length=200, blank=True)
    mime_type = models.CharField(_("formato"), max_length=100, blank=True)
    size = models.PositiveBigIntegerField(_("tamaño"), default=0)
    file = models.FileField(
        _("archivo"), storage=private_storage, upload_to=private_path, max_length=200, blank=True
    )
    due_at = models.DateTimeField(_("descargar desde"), null=True, blank=True)
    lease_until = models.DateTimeField(_("descarga en curso hasta"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)

    class Meta:
        db_table = "attachments"
        verbose_name = _("adjunto")
        verbose_name_plural = _("adjuntos")
        ordering = ["-id"]
        constraints = [
            one_of("state", AttachmentState, "attachments"),
            models.UniqueConstraint(fields=["message", "position"], name="attachments_once"),
            models.CheckConstraint(
                condition=~Q(state=AttachmentState.READY) | ~Q(file=""),
                name="attachments_ready_has_file",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state=AttachmentState.PENDING),
                name="attachments_due",
            )
        ]

    def __str__(self) -> str:
        return self.filename or self.kind


class FileRemoval(TimeStamped):
    """The name of a file that is to be deleted, for as long as it is not: shown to nobody.

    Noted before a file is stored, too, and crossed out with the row that names it: what a process
    stored that died before is not left lying.
    """

    name = models.CharField(_("archivo"), max_length=200, unique=True)
    due_at = models.DateTimeField(_("borrar desde"))

    class Meta:
        db_table = "file_removals"
        verbose_name = _("archivo por borrar")
        verbose_name_plural = _("archivos por borrar")
        ordering = ["-id"]
        indexes = [models.Index(fields=["due_at"], name="file_removals_due")]

    def __str__(self) -> str:
        return self.name
