"""Base models of every app, and the operator's tables: work that gave up, runs of the sweeps."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.fields import EncryptedJSONField
from crm.tenancy import Tenanted, TenantQuerySet


class TimeStamped(models.Model):
    """Adds when a row was made and last changed."""

    created_at = models.DateTimeField(_("creado"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("actualizado"), auto_now=True)

    class Meta:
        abstract = True


class BrokerOwned(Tenanted, TimeStamped):
    """A row that belongs to one broker."""

    broker = models.ForeignKey(
        "brokers.Broker", on_delete=models.CASCADE, related_name="+", verbose_name=_("corredora")
    )

    objects: ClassVar[Any] = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


def one_of(field: str, choices: type[models.TextChoices], table: str) -> models.CheckConstraint:
    """The check that holds a text column to its enum."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": choices.values}), name=f"{table}_{field}_valid"
    )


def within(field: str, low: float | None, high: float | None, table: str) -> models.CheckConstraint:
    """The check that holds a number to its range, ends included; ``None`` leaves an end open."""
    condition = Q()
    if low is not None:
        condition &= Q(**{f"{field}__gte": low})
    if high is not None:
        condition &= Q(**{f"{field}__lte": high})
    return models.CheckConstraint(condition=condition, name=f"{table}_{field}_range")


def bounds(model: type[models.Model], field: str) -> tuple[Any, Any]:
    """The range that ``within`` holds a column to; None for an open end."""
    name = f"{model._meta.db_table}_{field}_range"
    found: dict[str, Any] = {}
    for check in model._meta.constraints:
        if check.name == name and isinstance(check, models.CheckConstraint):
            condition: Any = check.condition
            found |= dict(child for child in condition.children if isinstance(child, tuple))
    return found.get(f"{field}__gte"), found.get(f"{field}__lte")


class FailedTask(Tenanted, TimeStamped):
    """Work that gave up: what, with which arguments, why, and what became of it."""

    class State(models.TextChoices):
        FAILED = "failed", _("fallida")
        RETRIED = "retried", _("reintentada")
        DISMISSED = "dismissed", _("descartada")

    broker = models.ForeignKey(
        "brokers.Broker",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("corredora"),
    )
    task = models.CharField(_("tarea"), max_length=200)
    task_id = models.CharField(_("identificador"), max_length=100, unique=True)
    args = models.JSONField(_("argumentos"), default=list, blank=True)
    kwargs = models.JSONField(_("opciones"), default=dict, blank=True)
    state = models.CharField(
        _("estado"), max_length=20, choices=State.choices, default=State.FAILED
    )
    error = models.CharField(_("error"), max_length=200)
    details = models.TextField(_("detalle"), blank=True)
    attempts = models.PositiveIntegerField(_("intentos"), default=1)
    retried_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reintentada por"),
    )

    objects: ClassVar[Any] = TenantQuerySet.as_manager()

    class Meta:
        db_table = "failed_tasks"
        verbose_name = _("tarea fallida")
        verbose_name_plural = _("tareas fallidas")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["failed", "retried", "dismissed"]),
                name="failed_tasks_state_valid",
            )
        ]
        indexes = [models.Index(fields=["broker", "state"], name="failed_tasks_broker_state")]

    def __str__(self) -> str:
        return f"{self.task} · {self.error}"


class IdempotencyKey(TimeStamped):
    """What a request with an ``Idempotency-Key`` was answered; for a day, shown to nobody.

    ``lead`` is whom the answer is about: who is erased takes it along. Superadmins have no broker.
    """

    is_short_lived: ClassVar[bool] = True

    broker = models.ForeignKey(
        "brokers.Broker",
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("corredora"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("usuario"),
    )
    key = models.CharField(_("clave"), max_length=100)
    fingerprint = models.CharField(_("huella"), max_length=64)
    lead = models.ForeignKey(
        "leads.Lead",
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("lead"),
    )
    leased_at = models.DateTimeField(_("en curso desde"), null=True)
    status = models.PositiveSmallIntegerField(_("estado HTTP"), default=0)
    answer = EncryptedJSONField(_("respuesta"), null=True)

    class Meta:
        db_table = "idempotency_keys"
        verbose_name = _("clave de idempotencia")
        verbose_name_plural = _("claves de idempotencia")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_keys_once")
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_keys_age")]

    def __str__(self) -> str:
        return self.key


class PeriodicRun(Tenanted, TimeStamped):
    """The last run of each beat entry, so that an operator sees a sweep that lags.

    Without ``started_at`` it has never run; ``error`` is what the last run failed with.
    """

    broker_path: ClassVar[str] = ""
    superadmin_can: ClassVar[str] = "r"
    admin_can: ClassVar[str] = ""

    task = models.CharField(_("tarea"), max_length=200, unique=True)
    started_at = models.DateTimeField(_("inicio"), null=True)
    finished_at = models.DateTimeField(_("término"), null=True)
    succeeded = models.BooleanField(_("correcta"), default=True)
    error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta:
        db_table = "periodic_runs"
        verbose_name = _("barrido periódico")
        verbose_name_plural = _("barridos periódicos")
        ordering = ["task"]

    def __str__(self) -> str:
        return self.task
