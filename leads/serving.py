"""Answers a request for a private file, so that a browser shows or saves it and runs nothing."""

from django.http import FileResponse
from django.utils.translation import gettext_lazy as _

from crm.errors import DomainError
from leads import reasons, sniffing
from leads.enums import AttachmentState
from leads.models import Attachment


class NotHere(DomainError):
    """The file was not fetched yet, could not be had, or is refused; the message says which."""

    code = "attachment_not_available"
    status = 409
    message = _("El archivo todavía no está disponible. Vuelve a intentarlo en un momento.")


def response(attachment: Attachment) -> FileResponse:
    """The file of a row that the caller may see."""
    if attachment.state != AttachmentState.READY:
        told = reasons.told(attachment.reason) if attachment.reason else None
        raise NotHere(told, reason=attachment.reason, state=attachment.state)
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise NotHere(_("El archivo ya no está en el servidor."), reason="gone") from error
    kind, inline = attachment.mime_type, attachment.mime_type in sniffing.INLINE
    answer = FileResponse(
        content,
        as_attachment=not inline,
        filename=attachment.filename or f"{attachment.kind}{sniffing.ENDINGS[kind]}",
        content_type=f"{kind}; charset=utf-8" if kind == sniffing.TEXT else kind,
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
