"""Whose data it is: brokers, and the people who sign in."""

import re
import secrets
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from crm import rowsecurity
from crm.demo import PASSWORD, PASSWORD_HASH
from crm.emails import OneSpellingEmailField, one_spelling
from crm.models import TimeStamped, one_of
from crm.tenancy import Role, Tenanted, TenantQuerySet, everything, own


def validate_timezone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            _("«%(name)s» no es una zona horaria conocida."), params={"name": name}
        )


_STORABLE = re.compile(r"[!-~]{1,100}")


def unguessable() -> str:
    return secrets.token_urlsafe(24)


class Broker(Tenanted, TimeStamped):
    """A brokerage: the tenant.

    ``sessions_epoch``, here and of users, is counted up by a trigger of the database whenever
    who may enter changes, whoever changes it; nothing else writes it.
    """

    broker_path: ClassVar[str] = "pk"
    superadmin_can: ClassVar[str] = "cru"
    admin_can: ClassVar[str] = "ru"
    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(everything)

    name = models.CharField(_("nombre"), max_length=200)
    slug = models.SlugField(_("identificador"), max_length=100, unique=True)
    phone = models.CharField(_("teléfono"), max_length=50, blank=True)
    email = models.EmailField(_("correo"), max_length=200, blank=True)
    logo_url = models.URLField(_("logo"), max_length=500, blank=True)
    website = models.URLField(_("sitio web"), max_length=500, blank=True)
    address = models.TextField(_("dirección"), blank=True)
    timezone = models.CharField(
        _("zona horaria"), max_length=50, default="America/Santiago", validators=[validate_timezone]
    )
    currency = models.CharField(_("moneda"), max_length=10, default="CLP")
    country = models.CharField(_("país"), max_length=50, default="CL")
    language = models.CharField(_("idioma"), max_length=10, default="es")
    subscription_plan = models.CharField(_("plan"), max_length=50, default="base")
    is_active = models.BooleanField(_("activa"), default=True)
    sessions_epoch = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[Any] = TenantQuerySet.as_manager()

    class Meta:
        db_table = "brokers"
        verbose_name = _("corredora")
        verbose_name_plural = _("corredoras")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def has_channel(self, channel: str) -> bool:
        """Whether the broker has this channel turned on."""
        return channel in self.brokerchatconfig.enabled_providers


class UserManager(BaseUserManager["User"]):
    """Users by e-mail, however it is written."""

    def get_queryset(self) -> Any:
        return TenantQuerySet(self.model, using=self._db).select_related("broker")

    def visible_to(self, user: Any) -> Any:
        return self.get_queryset().visible_to(user)

    def with_email(self, email: str) -> "User | None":
        """Whoever signs in by this e-mail; signs that the column cannot hold are nobody's."""
        spelled = one_spelling(email)
        with rowsecurity.across("sign-in"):
            return self.filter(email=spelled).first() if _STORABLE.fullmatch(spelled) else None

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=one_spelling(email), **fields)
        user.set_password(password)
        user.full_clean()
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, role=Role.SUPERADMIN, **fields)


class User(AbstractBaseUser, Tenanted, TimeStamped):
    """A person who signs in: superadmin, a broker's admin, or an agent."""

    admin_can: ClassVar[str] = "cru"
    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(own("pk"))

    password = models.CharField(_("contraseña"), max_length=255, db_column="hashed_password")
    email = OneSpellingEmailField(_("correo"), max_length=100, unique=True)
    name = models.CharField(_("nombre"), max_length=100)
    role = models.CharField(_("rol"), max_length=20, choices=Role.choices, default=Role.AGENT)
    broker = models.ForeignKey(
        Broker,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="users",
        verbose_name=_("corredora"),
    )
    is_active = models.BooleanField(_("activo"), default=True)
    sessions_epoch = models.PositiveIntegerField(default=0, editable=False)
    assignment_priority = models.PositiveSmallIntegerField(
        _("prioridad de asignación"),
        null=True,
        blank=True,
        help_text=_("Menor va primero; vacío: no recibe leads automáticamente."),
    )
    telegram_user_id = models.BigIntegerField(_("usuario de Telegram"), null=True, blank=True)
    telegram_blocked_at = models.DateTimeField(null=True, blank=True, editable=False)
    telegram_code = models.CharField(max_length=64, blank=True, default="", editable=False)
    telegram_code_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        db_table = "users"
        verbose_name = _("usuario")
        verbose_name_plural = _("usuarios")
        ordering = ["name", "id"]
        constraints = [
            one_of("role", Role, "users"),
            models.UniqueConstraint(Lower("email"), name="users_email_ci_unique"),
            # In ASCII and small letters an address has one spelling: unique means unique.
            models.CheckConstraint(
                condition=Q(email=Lower("email")) & Q(email__regex=r"^[!-~]+$"),
                name="users_email_one_spelling",
            ),
            models.CheckConstraint(
                condition=Q(role=Role.SUPERADMIN, broker__isnull=True)
                | (~Q(role=Role.SUPERADMIN) & Q(broker__isnull=False)),
                name="users_superadmin_iff_no_broker",
                violation_error_message=_("Solo el superadmin no tiene corredora."),
            ),
            models.UniqueConstraint(
                fields=["telegram_user_id"],
                condition=Q(telegram_user_id__isnull=False),
                name="users_telegram_unique",
            ),
        ]
        indexes = [models.Index(fields=["broker", "role", "is_active"], name="users_broker_role")]

    def __str__(self) -> str:
        return self.name

    def validate_unique(self, exclude: Any = None) -> None:
        """An e-mail is one person's, at whatever broker."""
        with rowsecurity.across("unique"):
            super().validate_unique(exclude)

    def validate_constraints(self, exclude: Any = None) -> None:
        with rowsecurity.across("unique"):
            super().validate_constraints(exclude)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Who is deactivated is unlinked from Telegram in the same write."""
        if not self.is_active and self.telegram_user_id is not None:
            self.telegram_user_id = None
            if (fields := kwargs.get("update_fields")) is not None:
                kwargs["update_fields"] = {*fields, "telegram_user_id"}
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.partition(" ")[0]

    @classmethod
    def normalize_username(cls, username: Any) -> Any:
        return one_spelling(username) if isinstance(username, str) else username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What sessions and tokens were begun with; another one ends them, for good."""
        broker_epoch = self.broker.sessions_epoch if self.broker else 0
        begun_with = f"{self.password} {self.sessions_epoch} {broker_epoch}"
        return salted_hmac("brokers.sessions", begun_with, secret, algorithm="sha256").hexdigest()

    @property
    def has_demo_password(self) -> bool:
        return self.password.startswith(f"{PASSWORD_HASH}$")

    def check_password(self, raw_password: str | None) -> bool:
        """The demo's is nobody's in production. Its hash is not renewed: it would lose its mark."""
        if raw_password == PASSWORD and not settings.DEBUG:
            return False
        if self.has_demo_password:
            return check_password(raw_password, self.password)
        return super().check_password(raw_password)

    @property
    def may_enter(self) -> bool:
        """Whether this user and their broker are active: asked on every request, by every way in.

        In production an account that still has the demo's password does not, also with a session
        or a token of before.
        """
        if self.has_demo_password and not settings.DEBUG:
            return False
        return self.is_active and (self.broker is None or self.broker.is_active)

    @property
    def is_staff(self) -> bool:
        return self.may_enter

    @property
    def is_superuser(self) -> bool:
        return self.may_enter and self.role == Role.SUPERADMIN

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Only the superadmin passes by permission name; others pass by ``tenancy.allows``."""
        return self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.may_enter
