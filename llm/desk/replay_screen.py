"""Replays in Admin: what one will cost, how far it is, and then and now side by side."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget

from brokers.models import BrokerPromptConfig
from crm.admin.doors import person
from crm.errors import DomainError
from llm import prompts
from llm.desk import estimating, replaying, telling, versions
from llm.desk.replaying import AT_WORK
from llm.models import PromptReplay, PromptVersion, ReplayState

COUNTS = (10, 20, 50, 100)
PER_PAGE = 10
TONES = {"pending": "info", "running": "warning", "done": "success", "stopped": "warning"}
ERRORS = {
    "over_budget": _("Se acabó el presupuesto del mes: quedó lo repetido hasta ahí."),
    "some_failed": _("Algunas conversaciones no se pudieron repetir y no están en el resultado."),
    "gave_up": _("No se pudo terminar. Puedes pedirla de nuevo."),
}


@dataclass(frozen=True)
class Figure:
    """One total, then and now."""

    title: str
    then: str
    now: str


class CountForm(forms.Form):
    """How many conversations, each choice with what it will cost."""

    count = forms.TypedChoiceField(
        label=_("Cuántas conversaciones"), coerce=int, widget=UnfoldAdminRadioSelectWidget
    )

    def __init__(self, *args: Any, config: BrokerPromptConfig, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["count"].choices = [  # type: ignore[attr-defined]
            (count, _told(config, count)) for count in COUNTS
        ]
        self.initial["count"] = COUNTS[0]


def _told(config: BrokerPromptConfig, count: int) -> str:
    estimate = estimating.of(config, replaying.latest(config, count), at=timezone.now())
    sentence = _t("las últimas %(count)s: %(turns)s respuestas, %(cost)s")
    cost = telling.cost(estimate.cost_usd)
    return sentence % {"count": estimate.conversations, "turns": estimate.turns, "cost": cost}


class StartsReplays:
    """The page that starts one, mixed into the admin of prompt versions."""

    def replay(self, request: HttpRequest, model_admin: Any) -> HttpResponse:
        """GET tells the cost of the draft's replay, or of ``version``'s; POST starts it."""
        config = self._config(request)  # type: ignore[attr-defined]
        if config is None:
            return self._choose(request, "replay")  # type: ignore[attr-defined,no-any-return]
        version = self._asked_version(request, config)
        form = CountForm(request.POST if request.method == "POST" else None, config=config)
        if form.is_bound and form.is_valid():
            given = prompts.sections_of(version) if version else versions.draft_of(config)
            count, by = form.cleaned_data["count"], person(request)
            try:
                made = replaying.ask(config, given, count=count, by=by, at=timezone.now())
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                address = reverse("admin:llm_promptreplay_change", args=[made.pk])
                return HttpResponseRedirect(address)
        context = {
            **self._around(  # type: ignore[attr-defined]
                request, config, _("Repetir conversaciones"), "replays"
            ),
            "form": form,
            "of_version": version,
            "left": estimating.left(config, timezone.now()),
        }
        return TemplateResponse(request, "admin/llm/desk/replay_start.html", context)

    def _asked_version(
        self, request: HttpRequest, config: BrokerPromptConfig
    ) -> PromptVersion | None:
        asked = request.GET.get("version", "")
        if not asked:
            return None
        version: PromptVersion = self.get_object(request, asked)  # type: ignore[attr-defined]
        if version.broker_id != config.broker_id:
            raise PermissionDenied
        return version


class ReplayScreen:
    """One replay's page, mixed into the admin of replays."""

    def replay_urls(self) -> tuple[Any, ...]:
        """In unfold's form: address, name, view."""
        name = "llm_promptreplay"
        return (
            ("<path:object_id>/avance/", f"{name}_progress", self.progress),
            ("<path:object_id>/detener/", f"{name}_stop", self.stop),
        )

    def replay_page(self, request: HttpRequest, replay: PromptReplay) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        only = request.GET.get("solo") == "distintas"
        rows = replay.conversations.select_related("lead").order_by("pk")
        rows = rows.filter(figures__differ__gt=0) if only else rows
        pages = Paginator(rows, PER_PAGE)
        shown = pages.get_page(request.GET.get("pagina"))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Conversaciones repetidas"),
            "replay": replay,
            "tone": TONES.get(replay.state, "danger"),
            "at_work": replay.state in AT_WORK,
            "percent": _percent(replay),
            "error": ERRORS.get(replay.error, ""),
            "figures": _figures(replay.result),
            "page": shown,
            "conversations": [(each, _exchanges(each.exchanges)) for each in shown],
            "only": only,
            "may_stop": self.may(request, "c"),  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/llm/desk/replay.html", context)

    def progress(self, request: HttpRequest, object_id: str, model_admin: Any) -> HttpResponse:
        replay = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if not self.may(request, "r"):  # type: ignore[attr-defined]
            raise PermissionDenied
        progress = f"{replay.done} / {replay.total}"
        return JsonResponse({"state": replay.state, "percent": _percent(replay), "told": progress})

    def stop(self, request: HttpRequest, object_id: str, model_admin: Any) -> HttpResponse:
        replay = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if not self.may(request, "c"):  # type: ignore[attr-defined]
            raise PermissionDenied
        if request.method == "POST":
            try:
                replaying.stop(replay, at=timezone.now())
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return HttpResponseRedirect(self.page_of(request, replay))  # type: ignore[attr-defined]


def _percent(replay: PromptReplay) -> int:
    return round(100 * replay.done / replay.total) if replay.total else 0


def _exchanges(stored: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "at": parse_datetime(each["at"])} for each in stored]


def _figures(result: dict[str, Any]) -> list[Figure]:
    if not result:
        return []
    counts = {
        "handed_over": _t("Pasan a una persona"),
        "facts": _t("Datos anotados"),
        "visits": _t("Visitas agendadas"),
        "broken": _t("Respuestas corregidas"),
    }
    then, now = result["cost"]
    return [
        Figure(_t("Respuestas"), str(result["turns"]), _t("%s distintas") % result["differ"]),
        *(Figure(title, *map(str, result[name])) for name, title in counts.items()),
        Figure(_t("Costo"), telling.cost(then), telling.cost(now)),
    ]


def summary(replay: PromptReplay) -> str:
    """A replay in one line, for the page of its version."""
    if replay.state == ReplayState.DONE:
        sentence = _t(
            "%(differ)s de %(turns)s respuestas distintas, %(conversations)s conversaciones"
        )
        return str(sentence % replay.result)
    return f"{replay.get_state_display()} · {replay.done} / {replay.total}"
