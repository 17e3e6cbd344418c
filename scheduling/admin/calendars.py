"""Agents' calendars in Admin: their feed, Google, and what still has to reach it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door, person
from crm.tasks import enqueue
from scheduling import feeds, sync
from scheduling.calendars import google
from scheduling.models import CalendarConnection, CalendarEvent
from scheduling.tasks import push_event

CONNECTION_TONES = {"connected": "success", "broken": "danger", "disconnected": "default"}
EVENT_TONES = {"done": "success", "pending": "warning", "failed": "danger"}


def _is_joined(connection: CalendarConnection) -> bool:
    return connection.state != CalendarConnection.State.DISCONNECTED


def _has_failed(event: CalendarEvent) -> bool:
    return event.state == CalendarEvent.State.FAILED


@admin.register(CalendarConnection)
class CalendarConnectionAdmin(TenantAdmin):
    """Everybody finds their own feed and joins their own Google calendar from the list."""

    list_display = ("user", "calendar_id", "shown_state", "updated_at")
    list_filter = ("state",)
    search_fields = ("user__name", "calendar_id")
    actions_list = ("mine", "join")
    actions_detail = ("renew_feed", "disconnect")
    readonly_fields = ("shown_state", "feed_address")
    empty_hint = _("Abre «Mi calendario» para ver tus visitas en el teléfono o unir Google.")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The feed's address is a secret of its owner."""
        is_own = obj is not None and obj.user_id == person(request).pk
        return ["user", "calendar_id", "shown_state", *(["feed_address"] if is_own else [])]

    @display(description=_("estado"), ordering="state", label=CONNECTION_TONES)
    def shown_state(self, connection: CalendarConnection) -> tuple[str, str]:
        return connection.state, connection.get_state_display()

    @display(description=_("dirección para suscribirse (.ics)"))
    def feed_address(self, connection: CalendarConnection) -> str:
        return feeds.address(connection)

    def get_actions_list(self, request: HttpRequest) -> list[Any]:
        """Nobody without a broker has a calendar; Google only where it is set up."""
        if person(request).broker_id is None:
            return []
        shown = super().get_actions_list(request)
        return [each for each in shown if google.is_configured() or each.path != "join"]

    def delete_model(self, request: HttpRequest, obj: CalendarConnection) -> None:
        """Deleted as when disconnected: the busy time that it brought goes with it."""
        sync.disconnect(obj, at=timezone.now())
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for connection in queryset:
            self.delete_model(request, connection)

    @action(description=_("Mi calendario"), url_path="mine", icon="calendar_month")
    def mine(self, request: HttpRequest) -> HttpResponse:
        own = sync.connection_of(person(request))
        return HttpResponseRedirect(self.page_of(request, own))

    @action(description=_("Unir mi Google Calendar"), url_path="join", icon="add_link")
    def join(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("google-start"))

    @door(
        _("Cambiar dirección"),
        done=_("La dirección cambió: suscríbete de nuevo."),
        help_text=_("La dirección actual dejará de mostrar las visitas."),
        icon="lock_reset",
        letter="r",
    )
    def renew_feed(
        self, request: HttpRequest, row: CalendarConnection, data: dict[str, Any]
    ) -> None:
        sync.renew_feed(row)

    @door(
        _("Desconectar"),
        done=_("Calendario desconectado."),
        help_text=_(
            "Los eventos que ya están en el calendario se quedan allí; tus horas ocupadas de "
            "Google dejan de bloquear la agenda."
        ),
        icon="link_off",
        letter="d",
        applies=_is_joined,
    )
    def disconnect(
        self, request: HttpRequest, row: CalendarConnection, data: dict[str, Any]
    ) -> None:
        sync.disconnect(row, at=timezone.now())


@admin.register(CalendarEvent)
class CalendarEventAdmin(TenantAdmin):
    """The outbox: what waits, what stands, and what gave up with its reason."""

    list_display = ("appointment", "connection", "action", "shown_state", "reason", "due_at")
    list_filter = ("state", "action")
    list_select_related = ("broker", "appointment__lead", "connection__user")
    search_fields = ("event_id", "connection__user__name")
    actions_detail = ("retry",)
    empty_hint = _("Las citas de quienes unieron Google Calendar aparecen aquí.")

    @display(description=_("estado"), ordering="state", label=EVENT_TONES)
    def shown_state(self, event: CalendarEvent) -> tuple[str, str]:
        return event.state, event.get_state_display()

    @door(
        _("Reintentar"),
        done=_("Se volverá a enviar."),
        icon="refresh",
        letter="r",
        applies=_has_failed,
    )
    def retry(self, request: HttpRequest, row: CalendarEvent, data: dict[str, Any]) -> None:
        sync.retry(row, at=timezone.now())
        enqueue(push_event, row.pk)
