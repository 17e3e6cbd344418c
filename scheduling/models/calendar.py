"""Agents' calendars with a vendor, and the outbox of events that should stand in them."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.fields import EncryptedJSONField
from crm.models import BrokerOwned
from crm.tenancy import own
from scheduling.models.diary import Appointment, visit_token


class CalendarConnection(BrokerOwned):
    """An agent's calendar with a vendor: tokens encrypted, and where its sync stands.

    Made when the agent first asks for their feed; ``disconnected`` until a vendor is joined.
    """

    admin_can: ClassVar[str] = "rd"
    agent_can: ClassVar[str] = "rd"
    agent_sees = staticmethod(own("user"))

    class State(models.TextChoices):
        CONNECTED = "connected", _("conectado")
        BROKEN = "broken", _("requiere reconexión")
        DISCONNECTED = "disconnected", _("desconectado")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="calendar",
        verbose_name=_("agente"),
    )
    provider = models.CharField(_("proveedor"), max_length=20, default="google", editable=False)
    calendar_id = models.CharField(_("calendario"), max_length=300, default="primary")
    credentials = EncryptedJSONField(_("credenciales"), default=dict, editable=False)
    sync_token = models.TextField(editable=False, blank=True)
    pull_due_at = models.DateTimeField(_("próxima lectura"), null=True, blank=True, editable=False)
    read_all_at = models.DateTimeField(null=True, blank=True, editable=False)
    reading_until = models.DateTimeField(null=True, blank=True, editable=False)
    channel_id = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    channel_until = models.DateTimeField(_("avisos hasta"), null=True, blank=True, editable=False)
    state = models.CharField(
        _("estado"), max_length=20, choices=State.choices, default=State.CONNECTED
    )
    feed_token = models.CharField(max_length=64, unique=True, default=visit_token, editable=False)

    class Meta:
        db_table = "calendar_connections"
        verbose_name = _("calendario conectado")
        verbose_name_plural = _("calendarios conectados")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["connected", "broken", "disconnected"]),
                name="calendar_connections_state_valid",
            ),
            models.CheckConstraint(
                condition=models.Q(provider="google"), name="calendar_connections_provider_valid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.user}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.user.broker is not None:
            self.broker = self.user.broker
        super().save(*args, **kwargs)


class CalendarEvent(BrokerOwned):
    """What should stand in one calendar for one appointment: the row is the queue.

    It outlives its appointment, so that what an erased lead left in a calendar is removed too.
    """

    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(own("connection__user"))

    class Action(models.TextChoices):
        UPSERT = "upsert", _("poner al día")
        DELETE = "delete", _("quitar")

    class State(models.TextChoices):
        PENDING = "pending", _("pendiente")
        DONE = "done", _("al día")
        FAILED = "failed", _("fallido")

    appointment = models.ForeignKey(
        Appointment,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="calendar_events",
        verbose_name=_("cita"),
    )
    connection = models.ForeignKey(
        CalendarConnection,
        on_delete=models.CASCADE,
        related_name="events",
        verbose_name=_("calendario"),
    )
    event_id = models.CharField(_("evento"), max_length=64)
    action = models.CharField(
        _("acción"), max_length=20, choices=Action.choices, default=Action.UPSERT
    )
    state = models.CharField(
        _("estado"), max_length=20, choices=State.choices, default=State.PENDING
    )
    version = models.PositiveIntegerField(_("versión"), default=0)
    synced_version = models.PositiveIntegerField(_("versión al día"), null=True, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(_("programado"), default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(_("intentos"), default=0)
    reason = models.CharField(_("motivo"), max_length=100, blank=True)

    class Meta:
        db_table = "calendar_events"
        verbose_name = _("evento de calendario")
        verbose_name_plural = _("eventos de calendario")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(action__in=["upsert", "delete"]),
                name="calendar_events_action_valid",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "done", "failed"]),
                name="calendar_events_state_valid",
            ),
            models.UniqueConstraint(
                fields=["connection", "event_id"], name="calendar_events_unique"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="pending"),
                name="calendar_events_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} · {self.event_id}"
