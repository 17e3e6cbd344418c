"""Prompt versions and the bill of the models in Django Admin."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter, RangeDateTimeFilter
from unfold.decorators import action, display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door
from llm import cost_page, prompts
from llm.models import CostDay, LLMCall, ModelHour, PromptVersion


def _inactive(version: PromptVersion) -> bool:
    return not version.is_active


@admin.register(PromptVersion)
class PromptVersionAdmin(TenantAdmin):
    """Immutable: a change is a new version, and one of them is active."""

    list_display = ("version_tag", "shown_active", "created_by", "notes", "created_at")
    list_filter = ("is_active",)
    search_fields = ("version_tag", "content", "notes")
    actions_detail = ("activate",)
    readonly_fields = ("is_active", "prompt_hash", "created_by", "created_at")
    fieldsets = (
        (None, {"fields": ("version_tag", "content", "sections_json", "notes")}),
        (_("Registro"), {"fields": (("is_active", "created_by"), ("created_at", "prompt_hash"))}),
    )
    add_fieldsets = ((None, {"fields": ("version_tag", "content", "notes")}),)
    empty_hint = _("Sin versiones, el asistente usa las secciones de su configuración.")

    @display(
        description=_("estado"), ordering="is_active", label={True: "success", False: "default"}
    )
    def shown_active(self, version: PromptVersion) -> tuple[bool, Any]:
        return version.is_active, _("activa") if version.is_active else _("inactiva")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None and self.names_broker(request):
            return ((None, {"fields": ("broker", "version_tag", "content", "notes")}),)
        return super().get_fieldsets(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.created_by = request.user
        super().save_model(request, obj, form, change)

    @door(
        _("Activar"),
        done=_("El asistente usa esta versión."),
        help_text=_("Reemplaza a la versión activa desde el próximo mensaje."),
        icon="rocket_launch",
        letter="c",
        applies=_inactive,
    )
    def activate(self, request: HttpRequest, version: Any, data: dict[str, Any]) -> None:
        prompts.activate(version)


@admin.register(LLMCall)
class LLMCallAdmin(TenantAdmin):
    """Append-only: one row for every attempt at a model."""

    list_display = (
        "created_at",
        "call_type",
        "model_used",
        "lead",
        "tokens",
        "cost",
        "latency_ms",
        "attempt",
        "used_fallback",
        "outcome",
    )
    list_filter = (
        "call_type",
        "provider",
        "model",
        "used_fallback",
        ("created_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = ("model", "provider", "error", "lead__name", "=trace_id")
    readonly_fields = ("created_at",)
    empty_hint = _("Cada consulta a un modelo queda aquí, con su costo y duración.")

    @display(description=_("modelo"), ordering="model")
    def model_used(self, call: LLMCall) -> str:
        return str(call)

    @display(description=_("tokens"))
    def tokens(self, call: LLMCall) -> str:
        return f"{number_format(call.input_tokens)} → {number_format(call.output_tokens)}"

    @display(description=_("costo (USD)"), ordering="estimated_cost_usd")
    def cost(self, call: LLMCall) -> Any:
        if call.estimated_cost_usd is None:
            return _("desconocido")
        return f"{call.estimated_cost_usd:.5f}".replace(".", ",")

    @display(description=_("resultado"), ordering="error", label={True: "success", False: "danger"})
    def outcome(self, call: LLMCall) -> tuple[bool, Any]:
        return not call.error, call.error or _("correcta")


@admin.register(CostDay)
class CostDayAdmin(TenantAdmin):
    """Read-only: the daily totals, and the page with their charts."""

    list_display = (
        "day",
        "model_used",
        "call_type",
        "prompt_version",
        "agent",
        "source",
        "calls",
        "failed",
        "fallbacks",
        "cost",
    )
    list_filter = ("call_type", "source", "provider", "model", ("day", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("model", "provider", "agent__name", "prompt_version__version_tag")
    readonly_fields = ("created_at",)
    actions_list = ("costs", "costs_file")
    empty_hint = _("Cada día con consultas a un modelo queda aquí, sumado, al minuto siguiente.")

    @action(description=_("Gráficos"), url_path="graficos", icon="bar_chart")
    def costs(self, request: HttpRequest) -> HttpResponse:
        self._require_sight(request)
        told = {**self.admin_site.each_context(request), **cost_page.context(request)}
        return TemplateResponse(request, "admin/llm/costday/costs.html", told)

    @action(description=_("Descargar CSV"), url_path="archivo", icon="download")
    def costs_file(self, request: HttpRequest) -> StreamingHttpResponse:
        self._require_sight(request)
        return cost_page.as_file(request)

    def _require_sight(self, request: HttpRequest) -> None:
        if not self.may(request, "r"):
            raise PermissionDenied

    @display(description=_("modelo"), ordering="model")
    def model_used(self, row: CostDay) -> str:
        return f"{row.provider}:{row.model}"

    @display(description=_("costo (USD)"), ordering="estimated_cost_usd")
    def cost(self, row: CostDay) -> str:
        return cost_page.usd(row.estimated_cost_usd)


@admin.register(ModelHour)
class ModelHourAdmin(TenantAdmin):
    """Read-only: how each model did in each hour."""

    list_display = ("day", "hour", "model_used", "calls", "failed", "fallbacks")
    list_filter = ("provider", "model", ("day", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("model", "provider")
    empty_hint = _("Cada hora con consultas a un modelo queda aquí, con sus fallas y respaldos.")

    @display(description=_("modelo"), ordering="model")
    def model_used(self, row: ModelHour) -> str:
        return f"{row.provider}:{row.model}"
