"""Prompt versions and the bill of the models in Django Admin."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter, RangeDateTimeFilter
from unfold.decorators import action, display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door, person
from crm.admin.filters import ScopedRelatedFilter
from llm import cost_page, prompts
from llm.desk import versions
from llm.desk.replay_screen import TONES, ReplayScreen
from llm.desk.screen import DeskScreen
from llm.models import (
    CostDay,
    CostShare,
    LLMCall,
    ModelHour,
    Part,
    PromptReplay,
    PromptVersion,
    ReplayedConversation,
)


def _inactive(version: PromptVersion) -> bool:
    return not version.is_active


@admin.register(PromptVersion)
class PromptVersionAdmin(DeskScreen, TenantAdmin):
    """Immutable: a change is a new version, and one of them is active."""

    list_display = ("version_tag", "shown_active", "created_by", "notes", "created_at", "compare")
    list_filter = ("is_active",)
    search_fields = ("version_tag", "content", "notes")
    actions_detail = ("activate", "edit_from_here")
    empty_hint = _("Guarda la primera versión en «Asistente»: hasta entonces valen sus textos.")

    @display(
        description=_("estado"), ordering="is_active", label={True: "success", False: "default"}
    )
    def shown_active(self, version: PromptVersion) -> tuple[bool, Any]:
        return version.is_active, _("activa") if version.is_active else _("inactiva")

    @display(description=_("con la activa"))
    def compare(self, version: PromptVersion) -> Any:
        if version.is_active:
            return "–"
        address = reverse("admin:llm_promptversion_differences", args=[version.pk])
        return format_html('<a href="{}">{}</a>', address, _("Ver diferencias"))

    def get_custom_urls(self) -> Any:
        return (*super().get_custom_urls(), *self.desk_urls())

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A version is made of the draft, in the editor."""
        if not self.may(request, "c"):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:llm_promptversion_desk"))

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return self.version_page(request, self.get_object(request, object_id))

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

    @door(
        _("Editar a partir de esta"),
        done=_("El borrador tiene los textos de esta versión."),
        help_text=_("Reemplaza al borrador. Nada cambia para los leads."),
        icon="edit_note",
        letter="c",
    )
    def edit_from_here(
        self, request: HttpRequest, version: Any, data: dict[str, Any]
    ) -> HttpResponse:
        versions.take_as_draft(version, by=person(request))
        address = reverse("admin:llm_promptversion_desk")
        return HttpResponseRedirect(f"{address}?corredora={version.broker_id}")


@admin.register(PromptReplay)
class PromptReplayAdmin(ReplayScreen, TenantAdmin):
    """What real leads would be answered with a version or a draft, beside what they were."""

    list_display = ("created_at", "shown_text", "shown_state", "shown_progress", "asked_by")
    list_filter = ("state",)
    search_fields = ("version__version_tag",)
    empty_hint = _("En «Asistente», prueba un texto con las últimas conversaciones reales.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content", "sections_json")

    @display(description=_("texto"))
    def shown_text(self, replay: PromptReplay) -> str:
        return str(replay.version or _("borrador"))

    @display(description=_("estado"), ordering="state", label={**TONES, "failed": "danger"})
    def shown_state(self, replay: PromptReplay) -> tuple[str, str]:
        return replay.state, replay.get_state_display()

    @display(description=_("avance"))
    def shown_progress(self, replay: PromptReplay) -> str:
        return f"{replay.done} / {replay.total}"

    def get_custom_urls(self) -> Any:
        return (*super().get_custom_urls(), *self.replay_urls())

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """One is started where its cost is told."""
        if not self.may(request, "c"):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:llm_promptversion_replay"))

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return self.replay_page(request, self.get_object(request, object_id))


@admin.register(ReplayedConversation)
class ReplayedConversationAdmin(TenantAdmin):
    """Read-only: a row opens in its replay."""

    list_display = ("lead", "replay", "created_at")
    list_filter = (("replay", ScopedRelatedFilter),)
    list_select_related = ("lead", "replay__version", "broker")
    search_fields = ("lead__name", "lead__phone")
    empty_hint = _("Aquí quedan las conversaciones que se repitieron, por tres meses.")

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if request.method != "GET":
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:llm_promptreplay_change", args=[row.replay_id]))


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
        context = {**self.admin_site.each_context(request), **cost_page.context(request)}
        return TemplateResponse(request, "admin/llm/costday/costs.html", context)

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


@admin.register(CostShare)
class CostShareAdmin(TenantAdmin):
    """Read-only: the same totals by one thing at a time."""

    list_display = ("day", "span", "part", "belongs_to", "calls", "failed", "fallbacks", "cost")
    list_filter = ("span", "part", ("day", RangeDateFilter))
    list_filter_submit = True
    list_select_related = ("agent", "prompt_version", "broker")
    search_fields = ("model", "provider", "agent__name", "prompt_version__version_tag")
    readonly_fields = ("created_at",)
    empty_hint = _("Cada día con consultas a un modelo queda aquí, sumado por cada concepto.")

    @display(description=_("valor"))
    def belongs_to(self, row: CostShare) -> str:
        return {
            Part.DAY: "",
            Part.KIND: f"{row.provider}:{row.model} · {row.get_call_type_display()}",
            Part.VERSION: str(row.prompt_version or "–"),
            Part.AGENT: str(row.agent or "–"),
            Part.SOURCE: row.get_source_display() or "–",
        }[Part(row.part)]

    @display(description=_("costo (USD)"), ordering="estimated_cost_usd")
    def cost(self, row: CostShare) -> str:
        return cost_page.usd(row.estimated_cost_usd)


@admin.register(ModelHour)
class ModelHourAdmin(TenantAdmin):
    """Read-only: how each model did in each hour."""

    list_display = ("day", "span", "hour", "model_used", "calls", "failed", "fallbacks")
    list_filter = ("span", "provider", "model", ("day", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("model", "provider")
    empty_hint = _("Cada hora con consultas a un modelo queda aquí, con sus fallas y respaldos.")

    @display(description=_("modelo"), ordering="model")
    def model_used(self, row: ModelHour) -> str:
        return f"{row.provider}:{row.model}"
