"""Importing leads in Admin: upload, columns, preview, progress and report on one page; exports."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from brokers.models import Broker
from crm.admin.base import TenantAdmin
from crm.admin.doors import door, person
from crm.admin.forms import TenantForm
from crm.errors import DomainError
from leads import exporting, import_columns, import_mapping, importing
from leads.admin.forms import Tags
from leads.models import (
    ImportState,
    LeadExport,
    LeadImport,
    LeadImportPart,
    LeadImportRow,
    Verdict,
)

STATE_TONES = {
    "mapping": "warning",
    "checking": "info",
    "ready": "warning",
    "committing": "info",
    "done": "success",
    "failed": "danger",
}
VERDICT_TONES = {
    "created": "success",
    "matched": "info",
    "suppressed": "warning",
    "duplicate": "warning",
    "refused": "danger",
}
STEPS = (
    (_("Archivo"), ()),
    (_("Columnas"), (ImportState.MAPPING,)),
    (_("Revisión"), (ImportState.CHECKING, ImportState.READY)),
    (_("Importación"), (ImportState.COMMITTING, ImportState.DONE)),
)
ROWS_SHOWN = 50


class UploadForm(TenantForm):
    """A file, and what every lead of it gets; the row is stored by its door."""

    file = forms.FileField(
        label=_("Archivo CSV"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
        help_text=_(
            "Hasta 100 MB, con los títulos de las columnas en la primera fila. "
            "En Excel: «Guardar como» y CSV UTF-8."
        ),
    )
    tags = Tags(
        label=_("Etiquetas para todos"), required=False, help_text=_("Separadas por comas.")
    )

    class Meta:
        model = LeadImport
        fields = ("source", "tags", "assigned_to")


class ColumnsForm(forms.Form):
    """For each column of the file, the fact that it holds."""

    def __init__(self, *args: Any, job: LeadImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.job = job
        choices = [("", _("No importar")), *import_mapping.TARGETS.items()]
        for place, target in enumerate(job.mapping):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=import_mapping.title(job.header, place),
                choices=choices,
                required=False,
                initial=target,
                widget=UnfoldAdminSelectWidget,
            )

    def mapping(self) -> list[str]:
        return [self.cleaned_data[f"column-{place}"] for place in range(len(self.job.mapping))]

    def columns(self) -> list[dict[str, Any]]:
        """Each field beside what the file has in its column."""
        return [
            {
                "title": import_mapping.title(self.job.header, place),
                "samples": [
                    row[place] for row in self.job.samples if len(row) > place and row[place]
                ],
                "field": self[f"column-{place}"],
            }
            for place in range(len(self.job.mapping))
        ]


def _ready(job: LeadImport) -> bool:
    return job.state == ImportState.READY


def _failed(job: LeadImport) -> bool:
    return job.state == ImportState.FAILED


@admin.register(LeadImport)
class LeadImportAdmin(TenantAdmin):
    """Each file that was imported, and what became of its rows."""

    form = UploadForm
    list_display = ("filename", "shown_state", "created", "refused", "created_by", "created_at")
    list_filter = ("state",)
    search_fields = ("filename",)
    actions_detail = ("commit", "retry")
    empty_hint = _(
        "Sube un CSV con tus contactos: verás qué pasará con cada fila antes de importar nada."
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = ["broker"] if self.names_broker(request) else []
        return [*own, "file", "source", "tags", "assigned_to"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        given = form.cleaned_data
        job = importing.upload(
            obj.broker,
            chunks=given["file"].chunks(),
            filename=given["file"].name,
            by=person(request),
            source=given["source"],
            tags=given["tags"],
            assigned_to=given["assigned_to"],
        )
        obj.pk = job.pk
        obj.refresh_from_db()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context["show_save_and_continue"] = False  # the next page is the import itself
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        return HttpResponseRedirect(self.page_of(request, obj))

    # --- The list ---
    @display(description=_("estado"), ordering="state", label=STATE_TONES)
    def shown_state(self, job: LeadImport) -> tuple[str, str]:
        return job.state, job.get_state_display()

    @display(description=_("nuevos"))
    def created(self, job: LeadImport) -> int:
        return int(job.counts.get("created", 0))

    @display(description=_("rechazados"))
    def refused(self, job: LeadImport) -> int:
        return int(job.counts.get("refused", 0))

    # --- The page ---
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        if not self.may(request, "u" if request.method == "POST" else "r"):
            raise PermissionDenied
        form = ColumnsForm(request.POST if request.method == "POST" else None, job=job)
        if form.is_bound and form.is_valid() and self._mapped(job, form):
            return HttpResponseRedirect(self.page_of(request, job))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": job.filename,
            "original": job,
            **_page(request, job, form),
        }
        return TemplateResponse(request, "admin/leads/leadimport/page.html", context)

    def _mapped(self, job: LeadImport, form: ColumnsForm) -> bool:
        try:
            importing.set_columns(job, form.mapping(), at=timezone.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            return False
        return True

    def get_custom_urls(self) -> Any:
        pages = (("avance", self.progress), ("rechazadas.csv", self.refused_file))
        return super().get_custom_urls() + tuple(
            (f"<path:object_id>/{path}", f"leads_leadimport_{view.__name__}", _bare(view))
            for path, view in pages
        )

    def progress(self, request: HttpRequest, object_id: str) -> JsonResponse:
        job = self.get_object(request, object_id)
        return JsonResponse(
            {
                "state": job.state,
                "percent": percent(job),
                "told": f"{job.get_state_display().capitalize()}… {percent(job)} %",
            }
        )

    def refused_file(self, request: HttpRequest, object_id: str) -> Any:
        job = self.get_object(request, object_id)
        lines = exporting.refused_file(importing.refused_rows(job))
        return exporting.csv_response(lines, f"rechazadas-{job.pk}.csv")

    # --- Buttons ---
    @door(
        _("Importar"),
        done=_("La importación está en marcha. Puedes cerrar esta página."),
        icon="upload",
        applies=_ready,
    )
    def commit(self, request: HttpRequest, job: LeadImport, data: dict[str, Any]) -> None:
        importing.commit(job, at=timezone.now())

    @door(_("Reintentar"), done=_("Se retoma donde quedó."), icon="replay", applies=_failed)
    def retry(self, request: HttpRequest, job: LeadImport, data: dict[str, Any]) -> None:
        importing.retry(job, at=timezone.now())


def _bare(view: Any) -> Any:
    def bare(request: HttpRequest, object_id: str, model_admin: Any) -> Any:
        return view(request, object_id)

    return bare


def percent(job: LeadImport) -> int:
    return min(100, round(100 * job.done / job.total)) if job.total else 0


def _page(request: HttpRequest, job: LeadImport, form: ColumnsForm) -> dict[str, Any]:
    """What the page shows in each state of the import."""
    at_work = job.state in importing.AT_WORK
    reviewed = bool(job.counts) and not at_work
    mappable = job.state in (ImportState.MAPPING, ImportState.READY) or (
        job.state == ImportState.FAILED and job.parts.exists()
    )
    return {
        "job": job,
        "state_tone": STATE_TONES[job.state],
        "steps": [(title, _place(job) >= place) for place, (title, _states) in enumerate(STEPS)],
        "error": importing.explain(job.error),
        "at_work": at_work,
        "percent": percent(job),
        "mappable": mappable,
        "form": form,
        "ready": _ready(job),
        "failed": _failed(job),
        "done": job.state == ImportState.DONE,
        "figures": _figures(job) if reviewed else [],
        "rows_total": sum(job.counts.values()),
        "left_out": sum(job.counts.get(each, 0) for each in ("refused", "duplicate", "suppressed")),
        **(_rows(request, job) if reviewed else {}),
    }


def _place(job: LeadImport) -> int:
    places = (place for place, (_title, states) in enumerate(STEPS) if job.state in states)
    return next(places, 1)


def _figures(job: LeadImport) -> list[tuple[str, Any, int]]:
    return [(each.value, each.label, job.counts.get(each.value, 0)) for each in Verdict]


def _rows(request: HttpRequest, job: LeadImport) -> dict[str, Any]:
    chosen = request.GET.get("resultado", "")
    rows = LeadImportRow.objects.filter(job=job).select_related("lead").order_by("number")
    if chosen in Verdict.values:
        rows = rows.filter(verdict=chosen)
    page = Paginator(rows, ROWS_SHOWN).get_page(request.GET.get("pagina"))
    return {"chosen": chosen, "page": page, "rows": [_shown(job, row) for row in page]}


def _shown(job: LeadImport, row: LeadImportRow) -> dict[str, Any]:
    names = [place for place, target in enumerate(job.mapping) if target == "name"]
    name = " ".join(row.values[place] for place in names if place < len(row.values)).strip()
    contact = list(filter(None, (row.phone_e164, row.email))) or _contact(job, row)
    return {
        "number": row.number,
        "name": name or _t("sin nombre"),
        "contact": " · ".join(filter(None, contact)),
        "verdict": row.get_verdict_display(),
        "tone": VERDICT_TONES[row.verdict],
        "problems": [import_columns.explain(*problem) for problem in row.problems],
        "lead": row.lead,
    }


def _contact(job: LeadImport, row: LeadImportRow) -> list[str]:
    """As it was written, where it could not be read."""
    return [
        row.values[place][:40]
        for place, target in enumerate(job.mapping)
        if target in ("phone", "email") and place < len(row.values)
    ]


@admin.register(LeadImportRow)
class LeadImportRowAdmin(TenantAdmin):
    """Read-only: the rows of every import, to find what became of somebody."""

    list_display = ("job", "number", "phone_e164", "email", "shown_verdict", "lead")
    list_filter = ("verdict",)
    search_fields = ("phone_e164", "email", "job__filename")
    empty_hint = _("Aquí quedan las filas de cada archivo importado, con su resultado.")

    @display(description=_("resultado"), ordering="verdict", label=VERDICT_TONES)
    def shown_verdict(self, row: LeadImportRow) -> tuple[str, str]:
        return row.verdict, row.get_verdict_display()


@admin.register(LeadImportPart)
class LeadImportPartAdmin(TenantAdmin):
    """Read-only: files that wait to be imported, in pieces and without their content."""

    list_display = ("job", "number", "created_at")
    search_fields = ("job__filename",)
    empty_hint = _("Un archivo queda aquí, en partes, hasta que se importa.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")


@admin.register(LeadExport)
class LeadExportAdmin(TenantAdmin):
    """Read-only: who took how many leads out, and how they were chosen."""

    list_display = ("created_at", "user", "count", "shown_filters", "finished_at")
    search_fields = ("user__name", "user__email")
    empty_hint = _("En la lista de leads, elige los que quieras y usa «Exportar los elegidos».")

    @display(description=_("filtros"))
    def shown_filters(self, export: LeadExport) -> str:
        return ", ".join(f"{name}={value}" for name, value in export.filters.items())[:120]


def export(model_admin: TenantAdmin, request: HttpRequest, leads: Any) -> Any:
    """The chosen leads as a download, or None with a message why not."""
    brokers = list(Broker.objects.filter(pk__in=leads.order_by().values("broker"))[:2])
    if len(brokers) != 1:
        model_admin.message_user(request, _("Elige leads de una sola corredora."), messages.ERROR)
        return None
    chosen, at = request.GET.dict(), timezone.now()
    return exporting.respond(leads, broker=brokers[0], user=request.user, filters=chosen, at=at)
