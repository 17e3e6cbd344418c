"""The diary in Django Admin: appointments go through their doors, windows and blocks are edited."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget

from brokers.models import User
from crm.admin.base import TenantAdmin
from crm.admin.doors import DoorForm, ReasonForm, door, person
from crm.admin.filters import ScopedRelatedFilter
from crm.tenancy import Role, visible
from leads.enums import Holder
from scheduling import booking, properties, reminders
from scheduling.admin import week
from scheduling.calendars.wording import visit_link
from scheduling.models import (
    ACTIVE,
    Appointment,
    AppointmentBlock,
    AppointmentStatus,
    AvailabilitySlot,
    SlotOffer,
)

STATUS_TONES = {
    "scheduled": "warning",
    "confirmed": "success",
    "completed": "info",
    "cancelled": "default",
    "no_show": "danger",
}


def _midnight(days: int = 0) -> datetime:
    """The start of the day in the signed-in broker's zone."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=days)


class When(DropdownFilter):
    title = _("cuándo")
    parameter_name = "cuando"
    spans: dict[str, tuple[Any, Callable[[], tuple[datetime, datetime]]]] = {
        "hoy": (_("Hoy"), lambda: (_midnight(), _midnight(1))),
        "manana": (_("Mañana"), lambda: (_midnight(1), _midnight(2))),
        "semana": (_("Próximos 7 días"), lambda: (_midnight(), _midnight(7))),
        "pasadas": (_("Últimos 30 días"), lambda: (_midnight(-30), _midnight())),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, label) for key, (label, _span) in self.spans.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in self.spans:
            return queryset
        start, end = self.spans[self.value()][1]()
        return queryset.filter(start_time__gte=start, start_time__lt=end)


class RescheduleForm(DoorForm):
    start = forms.SplitDateTimeField(label=_("Nueva hora"), widget=UnfoldAdminSplitDateTimeWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("start", self.row.start_time)


class ReassignForm(DoorForm):
    to = forms.ModelChoiceField(
        label=_("Agente"), queryset=User.objects.none(), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = visible(User, self.user).filter(broker=self.row.broker_id, is_active=True)
        self.fields["to"].queryset = team  # type: ignore[attr-defined]
        self.initial.setdefault("to", self.row.agent_id)


def _active(appointment: Appointment) -> bool:
    return appointment.status in ACTIVE


def _to_confirm(appointment: Appointment) -> bool:
    return appointment.status == AppointmentStatus.SCHEDULED


def _may_be_reminded(appointment: Appointment) -> bool:
    """Where the assistant has the conversation it reminds by itself."""
    talk = getattr(appointment.lead, "conversation", None)
    ahead = _active(appointment) and appointment.start_time > timezone.now()
    return ahead and talk is not None and talk.holder != Holder.ASSISTANT


def _told(appointment: Appointment, kind: reminders.Kind) -> str:
    """What became of the reminder, with the reason where it did not go."""
    message = reminders.messages(appointment).get(kind.name)
    if message is None:
        return str(_("no ha salido"))
    state = str(message.get_status_display())
    reason = HELD_BACK if message.reason in reminders.HELD else message.reason
    return f"{state}: {reason}" if message.reason else state


HELD_BACK = _("una persona lleva la conversación y el asistente calla")


@admin.register(Appointment)
class AppointmentAdmin(TenantAdmin):
    """Booked and changed through ``scheduling.booking``; only the notes are edited directly."""

    list_display = ("start_time", "lead", "agent", "appointment_type", "shown_status", "location")
    list_filter = (
        When,
        "status",
        ("agent", ScopedRelatedFilter),
        "appointment_type",
        ("start_time", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = ("lead__name", "lead__phone", "lead__phone_e164", "location", "agent__name")
    actions_list = ("week",)
    actions_detail = (
        "confirm",
        "reschedule",
        "reassign",
        "complete",
        "no_show",
        "remind",
        "cancel",
    )
    readonly_fields = (
        "told_24h",
        "told_1h",
        "status",
        "end_time",
        "meet_url",
        "shown_listing",
        "requested",
        "lead_link",
        "cancelled_at",
        "cancellation_reason",
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("lead", "agent"),
                    ("appointment_type", "status"),
                    ("start_time", "end_time"),
                    ("location", "meet_url"),
                    ("shown_listing", "requested"),
                    "lead_link",
                    "notes",
                )
            },
        ),
        (_("Recordatorios"), {"fields": (("told_24h", "told_1h"),)}),
        (_("Cancelación"), {"fields": (("cancelled_at", "cancellation_reason"),)}),
    )
    booked_fields = (
        "lead",
        "agent",
        "appointment_type",
        "start_time",
        "duration_minutes",
        "location",
    )
    empty_hint = _(
        "Agenda una visita desde aquí, o deja que el asistente ofrezca horas a los leads."
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ((None, {"fields": self.booked_fields}),)
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None else [*fields, *self.booked_fields[:4], "location"]

    def names_broker(self, request: HttpRequest) -> bool:
        """An appointment's broker is its lead's, for the superadmin too."""
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        agent = request.user.role == Role.AGENT  # type: ignore[union-attr]
        return {"agent": request.user.pk, **initial} if agent else initial

    def save_model(self, request: HttpRequest, obj: Appointment, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        given = form.cleaned_data
        booked = booking.book(
            given["lead"],
            start=given["start_time"],
            agent=given["agent"],
            appointment_type=given["appointment_type"],
            duration=given["duration_minutes"],
            location=given["location"],
            by=person(request),
            at=timezone.now(),
        )
        obj.__dict__.update(booked.__dict__)

    @action(description=_("Ver la semana"), url_path="semana", icon="calendar_view_week")
    def week(self, request: HttpRequest) -> HttpResponse:
        if not self.may(request, "r"):
            raise PermissionDenied
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "title": _("Semana")}
        context = {**shown, **week.context(request)}
        return TemplateResponse(request, "scheduling/week.html", context)

    @display(description=_("estado"), ordering="status", label=STATUS_TONES)
    def shown_status(self, appointment: Appointment) -> tuple[str, str]:
        return appointment.status, appointment.get_status_display()

    @display(description=_("página del lead"))
    def lead_link(self, appointment: Appointment) -> str:
        """What the reminder carries, for an agent to send by other means."""
        return format_html('<a href="{0}">{0}</a>', visit_link(appointment))

    @display(description=_("propiedad"))
    def shown_listing(self, appointment: Appointment) -> str:
        return properties.name(appointment.listing) if appointment.listing else ""

    @display(description=_("24 horas antes"))
    def told_24h(self, appointment: Appointment) -> str:
        return _told(appointment, reminders.DAY_BEFORE)

    @display(description=_("1 hora antes"))
    def told_1h(self, appointment: Appointment) -> str:
        return _told(appointment, reminders.HOUR_BEFORE)

    @door(
        _("Enviar recordatorio"),
        done=_("Recordatorio en camino."),
        help_text=_("Sale como un mensaje tuyo, y la conversación queda contigo."),
        icon="notification_important",
        applies=_may_be_reminded,
    )
    def remind(self, request: HttpRequest, row: Appointment, data: dict[str, Any]) -> None:
        reminders.send_by_person(row, by=person(request), at=timezone.now())

    @door(_("Confirmar"), done=_("Cita confirmada."), icon="event_available", applies=_to_confirm)
    def confirm(self, request: HttpRequest, row: Appointment, data: dict[str, Any]) -> None:
        booking.confirm(row, by=person(request), at=timezone.now())

    @door(
        _("Reprogramar"),
        form=RescheduleForm,
        done=_("Cita reprogramada."),
        icon="update",
        applies=_active,
    )
    def reschedule(self, request: HttpRequest, row: Appointment, data: dict[str, Any]) -> None:
        booking.reschedule(row, start=data["start"], by=person(request), at=timezone.now())

    @door(
        _("Reasignar"),
        form=ReassignForm,
        done=_("Cita reasignada."),
        icon="swap_horiz",
        applies=_active,
    )
    def reassign(self, request: HttpRequest, row: Appointment, data: dict[str, Any]) -> None:
        booking.reassign(row, to=data["to"], by=person(request), at=timezone.now())

    @door(_("Realizada"), done=_("Cita realizada."), icon="task_alt", applies=_active)
    def complete(self, request: HttpRequest, row: Appointment, data: dict[str, Any]) -> None:
        booking.complete(row, by=person(request), at=timezone.now())

    @door(_("No asistió"), done=_("Inasistencia registrada."), icon="person_off", applies=_active)
    def no_show(self, request: HttpRequest, row: Appointment, data: dict[str, Any]) -> None:
        booking.mark_no_show(row, by=person(request), at=timezone.now())

    @door(
        _("Cancelar"),
        form=ReasonForm,
        done=_("Cita cancelada."),
        icon="event_busy",
        variant=ActionVariant.DANGER,
        applies=_active,
    )
    def cancel(self, request: HttpRequest, row: Appointment, data: dict[str, Any]) -> None:
        booking.cancel(row, reason=data["reason"], by=person(request), at=timezone.now())


class OwnDiaryAdmin(TenantAdmin):
    """Agents keep their own diary: what they add is theirs."""

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        agent = request.user.role == Role.AGENT  # type: ignore[union-attr]
        return [*super().get_exclude(request, obj), *(["agent"] if agent else [])]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if request.user.role == Role.AGENT:  # type: ignore[union-attr]
            form = type(form.__name__, (_Own, form), {})
        return form


class _Own:
    """Names the agent before the form is checked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.agent = self.request.user  # type: ignore[attr-defined]


@admin.register(AvailabilitySlot)
class AvailabilitySlotAdmin(OwnDiaryAdmin):
    list_display = (
        "weekday",
        "start_time",
        "end_time",
        "agent",
        "appointment_type",
        "step_minutes",
    )
    list_filter = ("weekday", ("agent", ScopedRelatedFilter), "appointment_type")
    search_fields = ("agent__name",)
    empty_hint = _("Sin horarios de atención, el asistente no puede ofrecer visitas.")


@admin.register(AppointmentBlock)
class AppointmentBlockAdmin(OwnDiaryAdmin):
    """What came from an agent's Google calendar is seen here and changed there."""

    list_display = ("start_time", "end_time", "agent", "reason", "rrule", "source")
    list_filter = ("source", ("agent", ScopedRelatedFilter), ("start_time", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("reason", "agent__name")
    empty_hint = _("Agrega vacaciones, reuniones o almuerzos: a esas horas no se ofrecen visitas.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_by_person)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_by_person)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        queryset.filter(source=AppointmentBlock.Source.PERSON).delete()


@admin.register(SlotOffer)
class SlotOfferAdmin(TenantAdmin):
    """Append-only: what the assistant offered, and until when it is held."""

    list_display = ("lead", "agent", "appointment_type", "start_time", "hold_until", "taken")
    list_filter = ("taken", ("agent", ScopedRelatedFilter))
    search_fields = ("lead__name", "lead__phone", "agent__name")
    empty_hint = _("Las horas que el asistente ofrece quedan aquí.")
