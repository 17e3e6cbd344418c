"""Signing in, as the database knows it: sessions of programs, wrong tries, addresses known."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from brokers.models.people import Broker, User
from crm.models import TimeStamped, one_of
from crm.tenancy import Tenanted, TenantQuerySet


class SignIn(TimeStamped):
    """A program's session: one sign-in, and the refresh tokens that follow from it in a line.

    Only the newest of the line, ``refresh_id``, is good.
    """

    key = models.UUIDField(default=uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    refresh_id = models.CharField(max_length=64)
    renewed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sign_ins"
        indexes = [models.Index(fields=["expires_at"], name="sign_ins_expires")]

    def __str__(self) -> str:
        return str(self.key)


class KnownAddress(TimeStamped):
    """Where a user has signed in from; ``updated_at`` is the last time."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_addresses")
    address = models.CharField(max_length=45)

    class Meta:
        db_table = "known_addresses"
        constraints = [
            models.UniqueConstraint(fields=["user", "address"], name="known_addresses_once")
        ]
        indexes = [models.Index(fields=["updated_at"], name="known_addresses_age")]

    def __str__(self) -> str:
        return self.address


class Lane(models.TextChoices):
    """Under what wrong tries are counted together."""

    PAIR = "pair", _("un correo desde una dirección")
    DEVICE = "device", _("un correo desde un equipo conocido")
    EMAIL = "email", _("un correo desde direcciones nuevas")
    ADDRESS = "address", _("muchos correos desde una dirección")

    @property
    def most(self) -> int:
        """The wrong tries after which the lane is locked."""
        wide = {Lane.EMAIL: 30, Lane.ADDRESS: 60}
        return wide.get(self, settings.AXES_FAILURE_LIMIT)

    @property
    def cool_off(self) -> timedelta:
        """What many addresses or many e-mails have in common is forgotten more slowly."""
        wide = self in (Lane.EMAIL, Lane.ADDRESS)
        return timedelta(hours=1) if wide else settings.AXES_COOLOFF_TIME


def locked_now(at: datetime) -> Q:
    found = Q(pk__in=[])
    for lane in Lane:
        found |= Q(lane=lane, failures__gte=lane.most, last_at__gt=at - lane.cool_off)
    return found


class FailedSignIns(Tenanted, TimeStamped):
    """Wrong passwords in one lane, and whether it is locked.

    ``key`` is a digest, so that what strangers type is not kept; ``user`` and ``broker`` are empty
    where the e-mail is nobody's.
    """

    admin_can: ClassVar[str] = "r"

    broker = models.ForeignKey(
        Broker,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("corredora"),
    )
    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="failed_sign_ins",
        verbose_name=_("quién"),
    )
    key = models.CharField(max_length=64, unique=True, editable=False)
    lane = models.CharField(_("qué se cuenta"), max_length=10, choices=Lane.choices)
    address = models.CharField(_("desde"), max_length=45, blank=True)
    failures = models.PositiveIntegerField(_("claves erradas"), default=0)
    since = models.DateTimeField(_("contadas desde"))
    last_at = models.DateTimeField(_("último intento"))
    lifted_at = models.DateTimeField(_("levantado"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("levantado por"),
    )

    objects: ClassVar[Any] = TenantQuerySet.as_manager()

    class Meta:
        db_table = "failed_sign_ins"
        verbose_name = _("bloqueo de ingreso")
        verbose_name_plural = _("bloqueos de ingreso")
        ordering = ["-last_at", "-id"]
        constraints = [one_of("lane", Lane, "failed_sign_ins")]
        indexes = [
            models.Index(fields=["broker", "last_at"], name="failed_sign_ins_broker"),
            models.Index(fields=["last_at"], name="failed_sign_ins_age"),
        ]

    def __str__(self) -> str:
        return " · ".join(str(each) for each in (self.user, self.address) if each) or self.lane

    def counted(self, at: datetime) -> int:
        """The wrong tries that still count."""
        lane = Lane(self.lane)
        start = self.last_at if self.failures >= lane.most else self.since
        return self.failures if start + lane.cool_off > at else 0

    @property
    def locked_until(self) -> datetime | None:
        lane = Lane(self.lane)
        return self.last_at + lane.cool_off if self.failures >= lane.most else None
