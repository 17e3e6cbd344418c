"""The knowledge base in Django Admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door
from knowledge.models import KnowledgeDocument, KnowledgeEntry, KnowledgeGap

EMBED_TONES = {"pending": "warning", "ready": "success", "failed": "danger"}


@admin.register(KnowledgeEntry)
class KnowledgeEntryAdmin(TenantAdmin):
    """What the assistant may answer with; a changed text is embedded again by itself."""

    list_display = (
        "title",
        "source_type",
        "shown_state",
        "valid_from",
        "valid_until",
        "updated_at",
    )
    list_filter = ("source_type", "embed_status")
    search_fields = ("title", "content")
    list_select_related = ("broker",)
    readonly_fields = ("embed_status",)
    fieldsets = (
        (None, {"fields": (("title", "source_type"), "content")}),
        (_("Vigencia"), {"fields": (("valid_from", "valid_until"),)}),
        (_("Datos"), {"fields": ("metadata", "embed_status")}),
    )
    empty_hint = _(
        "Agrega propiedades, subsidios, políticas y preguntas frecuentes: "
        "el asistente responde solo con lo que esté aquí."
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the vectors, which are long and shown nowhere."""
        return super().get_queryset(request).defer("embedding", "search")

    @display(description=_("estado"), ordering="embed_status", label=EMBED_TONES)
    def shown_state(self, entry: KnowledgeEntry) -> tuple[str, str]:
        return entry.embed_status, entry.get_embed_status_display()


@admin.register(KnowledgeDocument)
class KnowledgeDocumentAdmin(TenantAdmin):
    """Files that were split into entries."""

    list_display = ("title", "source_type", "shown_state", "error", "updated_at")
    list_filter = ("source_type", "status")
    search_fields = ("title", "text")
    readonly_fields = ("status", "error", "text")
    empty_hint = _("Los documentos cargados se dividen en entradas de la base de conocimiento.")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("estado"), ordering="status", label=EMBED_TONES)
    def shown_state(self, document: KnowledgeDocument) -> tuple[str, str]:
        return document.status, document.get_status_display()


def _open(gap: KnowledgeGap) -> bool:
    return gap.state == KnowledgeGap.State.OPEN


@admin.register(KnowledgeGap)
class KnowledgeGapAdmin(TenantAdmin):
    """Questions that found no answer, the most asked first."""

    list_display = ("question", "times", "shown_state", "updated_at")
    list_filter = ("state",)
    search_fields = ("question",)
    readonly_fields = ("question", "times", "state", "last_message")
    actions = ("resolve_chosen",)
    actions_detail = ("resolve",)
    empty_hint = _("Cuando el asistente no sepa responder algo, la pregunta aparecerá aquí.")

    @display(
        description=_("estado"),
        ordering="state",
        label={"open": "warning", "resolved": "success"},
    )
    def shown_state(self, gap: KnowledgeGap) -> tuple[str, str]:
        return gap.state, gap.get_state_display()

    @door(_("Marcar resuelta"), done=_("Pregunta resuelta."), icon="task_alt", applies=_open)
    def resolve(self, request: HttpRequest, gap: KnowledgeGap, data: dict[str, Any]) -> None:
        _resolve(KnowledgeGap.objects.filter(pk=gap.pk))

    @admin.action(description=_("Marcar resueltas las elegidas"), permissions=["change"])
    def resolve_chosen(self, request: HttpRequest, queryset: Any) -> None:
        _resolve(queryset)


def _resolve(gaps: Any) -> None:
    gaps.update(state=KnowledgeGap.State.RESOLVED, updated_at=timezone.now())
