"""What an operator looks after: tasks that gave up, and when the sweeps last ran."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door, each
from crm.errors import Conflict
from crm.models import FailedTask, PeriodicRun
from crm.tasks import lateness, retry_failed

TOLERATED = timedelta(minutes=1)


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


@admin.register(PeriodicRun)
class PeriodicRunAdmin(TenantAdmin):
    """The last run of each sweep: one that lags is a sweep that does not run."""

    list_display = ("task", "started_at", "finished_at", "succeeded", "lag")
    list_filter = ("succeeded",)
    search_fields = ("task",)
    empty_hint = _("Ningún barrido se ha ejecutado todavía: revisa que worker y beat estén arriba.")

    @display(description=_("atraso"), label={True: "danger", False: "success"})
    def lag(self, run: PeriodicRun) -> tuple[bool, Any]:
        late = lateness(run)
        if late is None:
            return True, _("ya no se planifica")
        if late < TOLERATED:
            return False, _("al día")
        return True, _("%(time)s de atraso") % {"time": timesince(timezone.now() - late, depth=1)}
