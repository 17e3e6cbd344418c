"""The knowledge base in Django Admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from crm.admin.base import TenantAdmin
from crm.admin.doors import door
from crm.admin.forms import TenantForm
from crm.errors import Conflict, DomainError
from knowledge import documents, figures, gaps, ingestion, matching
from knowledge.models import (
    DocumentFormat,
    EmbedStatus,
    Figure,
    KnowledgeDocument,
    KnowledgeEntry,
    KnowledgeGap,
    ListingRefusal,
)
from leads import reasons
from leads.models import Lead
from leads.money import grouped

EMBED_TONES = {"pending": "warning", "ready": "success", "failed": "danger"}


LEADS_SHOWN = 20
REASONS = {
    "bad_csv": _("El CSV no se entiende: revisa comillas y columnas."),
    "no_rows": _("El CSV no tiene filas bajo los títulos de sus columnas."),
    "nothing_to_read": _("El documento no tiene texto."),
    "too_many_entries": _("El documento es demasiado grande: divídelo en varios."),
    "no_result_after_attempts": _("No se pudo procesar. Reinténtalo en unos minutos."),
}


def _entry_failed(entry: KnowledgeEntry) -> bool:
    return entry.embed_status == EmbedStatus.FAILED


def _document_failed(document: KnowledgeDocument) -> bool:
    return document.status == EmbedStatus.FAILED


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
    readonly_fields = ("embed_status", "shown_error", "suits")
    actions = ("retry_chosen",)
    actions_detail = ("retry",)
    fieldsets = (
        (None, {"fields": (("title", "source_type"), "content")}),
        (_("Vigencia"), {"fields": (("valid_from", "valid_until"),)}),
        (_("Datos"), {"fields": ("metadata", ("embed_status", "shown_error"), "suits")}),
    )
    empty_hint = _(
        "Agrega propiedades, subsidios, políticas y preguntas frecuentes: "
        "el asistente responde solo con lo que esté aquí."
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the vectors, which are long and shown nowhere."""
        return super().get_queryset(request).defer("embedding", "search")

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The entry, which knows for whom its page is made: an agent sees the leads that are theirs."""
        entry = super().get_object(request, object_id, from_field)
        entry.viewer = request.user
        return entry

    @display(description=_("leads a los que les sirve"))
    def suits(self, entry: Any) -> str:
        viewer = getattr(entry, "viewer", None)
        if viewer is None or not entry.listing:
            return "–"
        seen = Lead.objects.visible_to(viewer)
        found = matching.for_entry(entry, seen, at=timezone.now(), limit=LEADS_SHOWN)
        lines = format_html_join("", "<li>{}</li>", ((_suited(each),) for each in found))
        return format_html("<ul>{}</ul>", lines) if found else "–"

    @display(description=_("estado"), ordering="embed_status", label=EMBED_TONES)
    def shown_state(self, entry: KnowledgeEntry) -> tuple[str, str]:
        return entry.embed_status, entry.get_embed_status_display()

    @door(
        _("Reintentar"),
        done=_("La entrada se procesará de nuevo."),
        icon="replay",
        applies=_entry_failed,
    )
    def retry(self, request: HttpRequest, entry: KnowledgeEntry, data: dict[str, Any]) -> None:
        ingestion.retry(KnowledgeEntry.objects.filter(pk=entry.pk), at=timezone.now())

    @display(description=_("motivo"))
    def shown_error(self, entry: KnowledgeEntry) -> str:
        return reasons.told(entry.embed_error) or "–"

    @admin.action(description=_("Reintentar las fallidas elegidas"), permissions=["change"])
    def retry_chosen(self, request: HttpRequest, queryset: Any) -> None:
        count = ingestion.retry(queryset, at=timezone.now())
        self.message_user(request, f"{_('Se procesarán de nuevo')}: {count}")


def _suited(found: matching.LeadMatch) -> str:
    page = reverse("admin:leads_lead_change", args=[found.lead.pk])
    findings = ". ".join(each.text for each in found.match.findings)
    return format_html('<a href="{}">{}</a>: {}', page, found.lead, findings)


class UploadForm(TenantForm):
    """A file or a pasted text; the row is stored by its door."""

    file = forms.FileField(
        label=_("Archivo"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(),
        help_text=_("CSV, Markdown (.md) o texto (.txt), de hasta 2 MB."),
    )
    pasted = forms.CharField(
        label=_("O pega el texto"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        file, pasted = cleaned.get("file"), cleaned.get("pasted")
        if bool(file) == bool(pasted):
            self.add_error("file", _("Elige un archivo o pega un texto, uno de los dos."))
            return cleaned
        try:
            content = file.read(documents.MAX_BYTES + 1) if file else str(pasted).encode()
            documents.read(content)
            cleaned["kind"] = documents.format_of(file.name) if file else DocumentFormat.MARKDOWN
            cleaned["content"] = content
        except DomainError as refusal:
            self.add_error("file" if file else "pasted", str(refusal))
        return cleaned


@admin.register(KnowledgeDocument)
class KnowledgeDocumentAdmin(TenantAdmin):
    """Files that are split into entries in the background; deleting one deletes its entries."""

    list_display = (
        "title",
        "format",
        "source_type",
        "shown_state",
        "progress",
        "why",
        "updated_at",
    )
    list_filter = ("source_type", "format", "status")
    search_fields = ("title",)
    readonly_fields = ("format", "status", "why", "source_type", "text")
    actions_detail = ("retry",)
    empty_hint = _("Sube un CSV, Markdown o texto: se divide en entradas para el asistente.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return documents.with_counts(super().get_queryset(request).defer("text"))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if not change:
            kwargs["form"] = UploadForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = ["broker"] if self.names_broker(request) else []
        if obj is None:
            return [*own, "title", "source_type", "file", "pasted"]
        return [*own, "title", "source_type", "format", "status", "why", "text"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return super().get_readonly_fields(request, obj) if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        given = form.cleaned_data
        document, is_new = documents.take_in(
            obj.broker,
            content=given["content"],
            title=given["title"],
            kind=given["kind"],
            source_type=given["source_type"],
        )
        obj.pk = document.pk
        obj.refresh_from_db()
        if not is_new:
            self.message_user(request, _("Ese documento ya estaba: no cambió nada."))

    @display(description=_("estado"), ordering="status", label=EMBED_TONES)
    def shown_state(self, document: KnowledgeDocument) -> tuple[str, str]:
        return document.status, document.get_status_display()

    @display(description=_("entradas listas"))
    def progress(self, document: Any) -> str:
        return f"{document.embedded} / {document.entries_made}"

    @display(description=_("motivo"))
    def why(self, document: KnowledgeDocument) -> str:
        return str(REASONS.get(document.error, document.error))

    @door(
        _("Reintentar"),
        done=_("El documento se procesará de nuevo."),
        icon="replay",
        applies=_document_failed,
    )
    def retry(self, request: HttpRequest, document: Any, data: dict[str, Any]) -> None:
        if not documents.retry(document, at=timezone.now()):
            raise Conflict


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
        gaps.resolve(KnowledgeGap.objects.filter(pk=gap.pk), at=timezone.now())

    @admin.action(description=_("Marcar resueltas las elegidas"), permissions=["change"])
    def resolve_chosen(self, request: HttpRequest, queryset: Any) -> None:
        gaps.resolve(queryset, at=timezone.now())


@admin.register(ListingRefusal)
class ListingRefusalAdmin(TenantAdmin):
    """Properties that leads did not want; one kept by mistake is deleted here."""

    list_display = ("lead", "title", "reason", "note", "by", "at")
    list_filter = ("reason",)
    search_fields = ("title", "note")
    readonly_fields = ("lead", "entry", "title", "reason", "note", "by", "at")
    empty_hint = _("Lo que un lead rechaza se anota en su conversación o por la API.")


@admin.register(Figure)
class FigureAdmin(TenantAdmin):
    """UF, rates, terms and subsidies: each with its source and date, and told when it is old."""

    list_display = ("kind", "shown_value", "source", "as_of", "shown_age")
    search_fields = ("source",)
    fieldsets = (
        (None, {"fields": ("kind", ("low", "high"))}),
        (_("De dónde viene"), {"fields": (("source", "as_of"), "source_url")}),
    )
    empty_hint = _(
        "Rigen los valores de la instalación. Agrega aquí los de tu corredora que sean otros."
    )

    @display(description=_("valor"))
    def shown_value(self, figure: Figure) -> str:
        ends = [end for end in (figure.low, figure.high) if end is not None]
        return " – ".join(grouped(end) for end in ends)

    @display(description=_("vigencia"), label={"old": "danger", "good": "success"})
    def shown_age(self, figure: Figure) -> tuple[str, str]:
        is_old = figures.is_stale(figure, on=timezone.localdate())
        return ("old", _t("desactualizado")) if is_old else ("good", _t("vigente"))
