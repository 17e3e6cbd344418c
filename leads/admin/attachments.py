"""Files of messages in Admin: which came, which could not be had, and the bytes themselves."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door
from crm.errors import DomainError
from leads import attachments, reasons, serving
from leads.enums import AttachmentState
from leads.models import Attachment

TONES = {"pending": "info", "ready": "success", "failed": "danger", "refused": "warning"}


def _failed(attachment: Attachment) -> bool:
    return attachment.state == AttachmentState.FAILED


@admin.register(Attachment)
class AttachmentAdmin(TenantAdmin):
    """Read-only; a file that could not be had is asked for again."""

    list_display = ("opened", "lead", "kind", "shown_state", "told", "shown_size", "created_at")
    list_filter = ("state", "kind")
    list_select_related = ("message__lead", "broker")
    search_fields = ("filename", "message__lead__name", "message__lead__phone")
    exclude = ("file", "remote_id")
    readonly_fields = ("opened",)
    actions_detail = ("retry",)
    empty_hint = _("Aquí quedan las fotos, audios y documentos que envían los leads.")

    @display(description=_("archivo"))
    def opened(self, attachment: Attachment) -> str:
        if attachment.state != AttachmentState.READY:
            return str(attachment)
        page = reverse("admin:leads_attachment_content", args=[attachment.pk])
        return format_html('<a href="{}">{}</a>', page, attachment)

    @display(description=_("lead"))
    def lead(self, attachment: Attachment) -> str:
        return str(attachment.message.lead)

    @display(description=_("estado"), ordering="state", label=TONES)
    def shown_state(self, attachment: Attachment) -> tuple[str, str]:
        return attachment.state, attachment.get_state_display()

    @display(description=_("motivo"))
    def told(self, attachment: Attachment) -> str:
        return reasons.told(attachment.reason) if attachment.reason else ""

    @display(description=_("tamaño"), ordering="size")
    def shown_size(self, attachment: Attachment) -> str:
        return filesizeformat(attachment.size) if attachment.size else ""

    @door(
        _("Descargar de nuevo"),
        done=_("Se está descargando."),
        icon="replay",
        letter="r",
        applies=_failed,
    )
    def retry(self, request: HttpRequest, row: Attachment, data: dict[str, Any]) -> None:
        attachments.retry(row, at=timezone.now())

    def get_custom_urls(self) -> Any:
        content = ("<path:object_id>/content/", "leads_attachment_content", self._content)
        return (*super().get_custom_urls(), content)

    def _content(self, request: HttpRequest, object_id: str, model_admin: Any = None) -> Any:
        row = self.get_object(request, object_id)
        try:
            return serving.response(row)
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.WARNING)
            return self._back(request, row)

    def _back(self, request: HttpRequest, row: Attachment) -> HttpResponse:
        return HttpResponseRedirect(self.page_of(request, row))
