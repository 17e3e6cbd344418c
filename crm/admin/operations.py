"""What an operator looks after: tasks that gave up, and when the sweeps last ran."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm import watching
from crm.admin.base import TenantAdmin
from crm.admin.doors import door, each
from crm.errors import Conflict
from crm.models import FailedTask, PeriodicRun
from crm.tasks import lateness, list_periodic, retry_failed
from crm.troubles import told_since


def _retry(task: FailedTask, by: Any) -> None:
    if not retry_failed(task, by=by):
        raise Conflict(_("Otra persona ya atendió esta tarea."))


def _dismiss(task: FailedTask, by: Any) -> None:
    taken = FailedTask.objects.filter(pk=task.pk, state=FailedTask.State.FAILED).update(
        state=FailedTask.State.DISMISSED, retried_by=by, updated_at=timezone.now()
    )
    if not taken:
        raise Conflict(_("Otra persona ya atendió esta tarea."))


def _failed(task: FailedTask) -> bool:
    return task.state == FailedTask.State.FAILED


@admin.register(FailedTask)
class FailedTaskAdmin(TenantAdmin):
    """Read-only; a task is run once more or set aside by its buttons."""

    list_display = ("task", "coloured_state", "error", "attempts", "retried_by", "created_at")
    list_filter = ("state", "task")
    search_fields = ("task", "error", "task_id")
    actions = ("retry_chosen", "dismiss_chosen")
    actions_detail = ("retry", "dismiss")
    empty_hint = _("Ninguna tarea se ha dado por vencida: no hay nada que hacer.")

    def get_custom_urls(self) -> Any:
        page = ("estado/", "crm_failedtask_state", self.operation_view)
        return (*super().get_custom_urls(), page)

    def operation_view(self, request: HttpRequest, **_given: Any) -> HttpResponse:
        """What is wrong, since when, and what to do: red only for what a person can act on."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        at = timezone.now()
        found = [
            {
                "kind": each.kind,
                "what": each.what,
                "todo": each.todo,
                "page": each.page,
                "since": told_since(each.since, at),
            }
            for each in watching.troubles(request.user, at)
        ]
        shown = {"title": _("Estado de la operación"), "troubles": found}
        context = {**self.admin_site.each_context(request), **shown}
        return TemplateResponse(request, "admin/operation.html", context)

    @display(
        description=_("estado"),
        ordering="state",
        label={"failed": "danger", "retried": "success", "dismissed": "info"},
    )
    def coloured_state(self, task: FailedTask) -> tuple[str, str]:
        return task.state, task.get_state_display()

    @door(
        _("Reintentar"),
        done=_("La tarea se ejecutará de nuevo."),
        icon="replay",
        letter="r",
        applies=_failed,
    )
    def retry(self, request: HttpRequest, task: FailedTask, data: dict[str, Any]) -> None:
        _retry(task, request.user)

    @door(_("Descartar"), done=_("Tarea descartada."), icon="block", letter="r", applies=_failed)
    def dismiss(self, request: HttpRequest, task: FailedTask, data: dict[str, Any]) -> None:
        _dismiss(task, request.user)

    @admin.action(description=_("Reintentar las elegidas"))
    def retry_chosen(self, request: HttpRequest, queryset: Any) -> None:
        each(self, request, queryset, lambda task: _retry(task, request.user), _("Reintentadas"))

    @admin.action(description=_("Descartar las elegidas"))
    def dismiss_chosen(self, request: HttpRequest, queryset: Any) -> None:
        each(self, request, queryset, lambda task: _dismiss(task, request.user), _("Descartadas"))


NEVER, FAILED, LATE, FINE = "never", "failed", "late", "fine"
STATES = {
    NEVER: _("nunca se ha ejecutado"),
    FAILED: _("falló"),
    LATE: _("atrasado"),
    FINE: _("al día"),
}
GRACE = watching.THRESHOLDS.sweep_late


def _state(run: PeriodicRun) -> str:
    late = lateness(run)
    if late is None:
        return NEVER
    if late > GRACE:
        return LATE
    return FINE if run.succeeded else FAILED


@admin.register(PeriodicRun)
class PeriodicRunAdmin(TenantAdmin):
    """The last run of each sweep, the worst first: one that lags is a sweep that does not run."""

    list_display = ("task", "state", "late_by", "started_at", "finished_at", "error")
    list_filter = ("succeeded",)
    search_fields = ("task",)
    empty_hint = _("Ningún barrido se ha ejecutado todavía: revisa que worker y beat estén arriba.")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        list_periodic()
        return super().changelist_view(request, extra_context)

    def get_ordering(self, request: HttpRequest) -> Any:
        """A schedule is no column: how bad each row is, is told to the database row by row."""
        ranks = list(STATES)
        worst = [
            When(pk=run.pk, then=Value(ranks.index(_state(run))))
            for run in PeriodicRun.objects.all()
        ]
        badness = Case(*worst, default=Value(len(ranks)), output_field=IntegerField())
        return (badness, "started_at", "task")

    @display(
        description=_("estado"),
        label={NEVER: "danger", FAILED: "danger", LATE: "warning", FINE: "success"},
    )
    def state(self, run: PeriodicRun) -> tuple[str, Any]:
        state = _state(run)
        return state, STATES[state]

    @display(description=_("atraso"))
    def late_by(self, run: PeriodicRun) -> str:
        late = lateness(run)
        if late is None or late <= timedelta():
            return "–"
        minutes, seconds = divmod(int(late.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
