"""Tasks in Admin, done or put off by one click, and each person's notifications."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.filters import EmptyFieldListFilter
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from crm.admin.base import TenantAdmin
from crm.admin.doors import DoorForm, door, each, person
from crm.admin.filters import ScopedRelatedFilter
from crm.errors import NotAllowed
from leads import next_actions, notices, notifications
from leads.admin.tables import LEAD_SEARCH
from leads.enums import TaskState
from leads.models import Lead, Notification, Task

SHOWN = 20
TONES = {"open": "warning", "done": "success", "cancelled": "default"}


def _is_open(task: Task) -> bool:
    return task.state == TaskState.OPEN


class Due(DropdownFilter):
    """By the days of the broker's calendar."""

    title = _("para cuándo")
    parameter_name = "plazo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("overdue", _("atrasadas")),
            ("today", _("hoy")),
            ("tomorrow", _("mañana")),
            ("week", _("próximos 7 días")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in next_actions.SPANS:
            return queryset
        user: Any = request.user
        within: Q = next_actions.due_within(str(self.value()), at=timezone.now(), of=user)
        return queryset.filter(within)


class PutOffForm(DoorForm):
    """Empty: the same hour tomorrow."""

    until = forms.SplitDateTimeField(
        label=_("Hasta"), required=False, widget=UnfoldAdminSplitDateTimeWidget
    )


@admin.register(Task)
class TaskAdmin(TenantAdmin):
    list_display = ("lead", "what", "owner", "due_at", "shown_state", "repeat")
    list_filter = (
        "state",
        Due,
        "kind",
        ("owner", ScopedRelatedFilter),
        ("due_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = (*LEAD_SEARCH, "note")
    list_select_related = ("lead", "owner", "broker")
    fields = (("lead", "owner"), ("kind", "repeat"), "note", ("due_at", "remind_at"))
    actions = ("complete_chosen", "put_off_chosen")
    actions_detail = ("done", "put_off", "cancel")
    empty_hint = _("Anota qué hay que hacer con cada lead, para cuándo y quién: aquí se recuerda.")

    @display(description=_("qué"), ordering="kind")
    def what(self, task: Task) -> str:
        return str(task)

    @display(description=_("estado"), ordering="state", label=TONES)
    def shown_state(self, task: Task) -> tuple[str, str]:
        return task.state, task.get_state_display()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or _is_open(obj))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        named = ("broker",) if obj is None and self.names_broker(request) else ()
        return (*named, *self.fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A task stays with its lead."""
        fixed = ["lead"] if obj is not None else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def save_model(self, request: HttpRequest, obj: Task, form: Any, change: bool) -> None:
        by, at, given = person(request), timezone.now(), form.cleaned_data
        if change:
            changes = {name: given[name] for name in form.changed_data}
            next_actions.change(obj, by=by, at=at, **changes)
            return
        plain = {name: given[name] for name in ("kind", "note", "due_at", "repeat")}
        chosen = {name: given[name] for name in ("owner", "remind_at") if given[name]}
        made = next_actions.add(given["lead"], by=by, at=at, **plain, **chosen)
        obj.__dict__.update(made.__dict__)

    @door(
        _("Hecha"),
        done=_("Tarea hecha."),
        icon="task_alt",
        variant=ActionVariant.PRIMARY,
        applies=_is_open,
    )
    def done(self, request: HttpRequest, row: Task, data: dict[str, Any]) -> HttpResponse:
        next_actions.complete(row, by=person(request), at=timezone.now())
        return _back_to(row)

    @door(
        _("Postergar"),
        form=PutOffForm,
        done=_("Tarea postergada."),
        help_text=_("Sin fecha, queda para mañana a la misma hora."),
        icon="schedule",
        applies=_is_open,
    )
    def put_off(self, request: HttpRequest, row: Task, data: dict[str, Any]) -> HttpResponse:
        until: datetime | None = data["until"]
        next_actions.put_off(row, by=person(request), at=timezone.now(), until=until)
        return _back_to(row)

    @door(
        _("Cancelar"),
        done=_("Tarea cancelada."),
        help_text=_("Si se repite, no vuelve a aparecer."),
        icon="close",
        applies=_is_open,
    )
    def cancel(self, request: HttpRequest, row: Task, data: dict[str, Any]) -> None:
        next_actions.cancel(row, by=person(request), at=timezone.now())

    @admin.action(description=_("Marcar como hechas"), permissions=["change"])
    def complete_chosen(self, request: HttpRequest, queryset: Any) -> None:
        by, at = person(request), timezone.now()
        each(
            self,
            request,
            queryset,
            lambda task: next_actions.complete(task, by=by, at=at),
            _("Hechas"),
        )

    @admin.action(description=_("Postergar hasta mañana"), permissions=["change"])
    def put_off_chosen(self, request: HttpRequest, queryset: Any) -> None:
        by, at = person(request), timezone.now()
        each(
            self,
            request,
            queryset.select_related("lead__broker"),
            lambda task: next_actions.put_off(task, by=by, at=at),
            _("Postergadas"),
        )


def _back_to(task: Task) -> HttpResponse:
    """The lead's page, where the next thing to do stands."""
    return HttpResponseRedirect(reverse("admin:leads_lead_change", args=[task.lead_id]))


def of_lead(lead: Lead, at: datetime) -> dict[str, Any]:
    """What the lead's page shows: the open tasks, the earliest first."""
    tasks = Task.objects.filter(lead=lead, state=TaskState.OPEN).select_related("owner")[:SHOWN]
    return {
        "tasks": [(task, task.due_at < at) for task in tasks],
        "add_task_url": f"{reverse('admin:leads_task_add')}?lead={lead.pk}",
    }


@admin.register(Notification)
class NotificationAdmin(TenantAdmin):
    """Read-only: what each person was told here, and whether they read it."""

    list_display = ("subject", "lead", "user", "at", "read_at")
    list_filter = ("kind", ("read_at", EmptyFieldListFilter), ("user", ScopedRelatedFilter))
    search_fields = (*LEAD_SEARCH,)
    exclude = ("key", "details")
    actions_detail = ("read",)
    empty_hint = _("Aquí queda lo que cada persona debe saber: leads nuevos, tareas, esperas.")

    @display(description=_("aviso"), ordering="kind")
    def subject(self, notification: Notification) -> str:
        return notices.subject(notification)

    @door(
        _("Marcar como leída"),
        done=_("Notificación leída."),
        icon="done_all",
        letter="r",
        applies=lambda notification: notification.read_at is None,
    )
    def read(self, request: HttpRequest, row: Notification, data: dict[str, Any]) -> None:
        if row.user_id != person(request).pk:
            raise NotAllowed(_("Solo quien la recibió la marca como leída."))
        notifications.read(row, at=timezone.now())
