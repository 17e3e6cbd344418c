"""Whose data it is: brokers, their users, and the four configurations of each broker."""

import secrets
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from brokers import defaults
from crm.fields import EncryptedJSONField
from crm.models import BrokerOwned, TimeStamped, one_of, within
from crm.tenancy import Role, Tenanted, TenantQuerySet, everything, own


def validate_timezone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            _("«%(name)s» no es una zona horaria conocida."), params={"name": name}
        )


def unguessable() -> str:
    return secrets.token_urlsafe(24)


class Broker(Tenanted, TimeStamped):
    """A brokerage: the tenant."""

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


class UserManager(BaseUserManager["User"]):
    """Users by e-mail, whatever its case."""

    def get_queryset(self) -> Any:
        return TenantQuerySet(self.model, using=self._db).select_related("broker")

    def visible_to(self, user: Any) -> Any:
        return self.get_queryset().visible_to(user)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
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
    email = models.EmailField(_("correo"), max_length=100, unique=True)
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
    assignment_priority = models.PositiveSmallIntegerField(
        _("prioridad de asignación"),
        null=True,
        blank=True,
        help_text=_("Menor va primero; vacío: no recibe leads automáticamente."),
    )
    telegram_user_id = models.BigIntegerField(_("usuario de Telegram"), null=True, blank=True)
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

    @property
    def may_enter(self) -> bool:
        """Whether this user and their broker are active: asked on every request."""
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


class BrokerConfig(Tenanted, TimeStamped):
    """One of a broker's configurations: exactly one row a broker, edited by its admins."""

    admin_can: ClassVar[str] = "ru"

    broker = models.OneToOneField(
        Broker, on_delete=models.CASCADE, related_name="%(class)s", verbose_name=_("corredora")
    )

    objects: ClassVar[Any] = TenantQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} · {self.broker}"


class BrokerPromptConfig(BrokerConfig):
    """What the assistant is told about itself, the business and its manners."""

    agent_name = models.CharField(_("nombre del asistente"), max_length=100, default="Sofía")
    agent_role = models.CharField(
        _("rol del asistente"), max_length=200, default="asesora inmobiliaria"
    )
    identity_prompt = models.TextField(_("identidad"), blank=True)
    business_context = models.TextField(_("contexto del negocio"), blank=True)
    agent_objective = models.TextField(_("objetivo"), blank=True)
    data_collection_prompt = models.TextField(_("recolección de datos"), blank=True)
    behavior_rules = models.TextField(_("reglas de comportamiento"), blank=True)
    restrictions = models.TextField(_("restricciones"), blank=True)
    situation_handlers = models.JSONField(_("situaciones"), default=dict, blank=True)
    output_format = models.TextField(_("formato de salida"), blank=True)
    full_custom_prompt = models.TextField(_("prompt completo propio"), blank=True)
    enable_appointment_booking = models.BooleanField(_("agenda visitas"), default=True)
    tools_instructions = models.TextField(_("uso de herramientas"), blank=True)
    benefits_info = models.TextField(_("beneficios"), blank=True)
    qualification_requirements = models.TextField(_("requisitos de calificación"), blank=True)
    follow_up_messages = models.JSONField(_("mensajes de seguimiento"), default=list, blank=True)
    additional_fields = models.JSONField(_("campos adicionales"), default=dict, blank=True)
    meeting_config = models.JSONField(_("reuniones"), default=dict, blank=True)
    monthly_llm_budget_usd = models.DecimalField(
        _("presupuesto mensual de modelos (USD)"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Vacío: sin tope."),
    )

    class Meta:
        db_table = "broker_prompt_configs"
        verbose_name = _("configuración del asistente")
        verbose_name_plural = _("configuración del asistente")
        constraints = [within("monthly_llm_budget_usd", 0, None, "broker_prompt_configs")]


class AssignmentMode(models.TextChoices):
    MANUAL = "manual", _("manual")
    ROUND_ROBIN = "round_robin", _("por turnos")
    PRIORITY = "priority", _("por prioridad")


_score = [MinValueValidator(0), MaxValueValidator(100)]


class BrokerLeadConfig(BrokerConfig):
    """How leads are scored, qualified, assigned, alerted on and left in peace."""

    field_weights = models.JSONField(_("pesos por dato"), default=defaults.field_weights)
    cold_max_score = models.PositiveSmallIntegerField(
        _("frío hasta"), default=20, validators=_score
    )
    warm_max_score = models.PositiveSmallIntegerField(
        _("tibio hasta"), default=50, validators=_score
    )
    qualified_min_score = models.PositiveSmallIntegerField(
        _("calificado desde"), default=75, validators=_score
    )
    field_priority = models.JSONField(_("orden de preguntas"), default=defaults.field_priority)
    income_ranges = models.JSONField(
        _("tramos de renta"),
        default=list,
        blank=True,
        help_text=_("Lista de [renta mínima en CLP, puntos]; vacía: los tramos estándar."),
    )
    qualification_criteria = models.JSONField(
        _("criterios de calificación"), default=defaults.qualification_criteria
    )
    max_acceptable_debt = models.PositiveIntegerField(_("deuda máxima (CLP)"), default=500_000)
    alert_on_hot_lead = models.BooleanField(_("avisar lead caliente"), default=True)
    alert_score_threshold = models.PositiveSmallIntegerField(
        _("avisar desde puntaje"), default=60, validators=_score
    )
    alert_on_qualified = models.BooleanField(_("avisar calificado"), default=True)
    alert_email = models.EmailField(_("correo de avisos"), blank=True)
    assignment_mode = models.CharField(
        _("modo de asignación"),
        max_length=20,
        choices=AssignmentMode.choices,
        default=AssignmentMode.MANUAL,
    )
    quiet_hours = models.JSONField(_("horas de silencio"), default=defaults.quiet_hours)
    max_messages_per_day = models.PositiveSmallIntegerField(
        _("mensajes de campaña por día"), default=2
    )

    class Meta:
        db_table = "broker_lead_configs"
        verbose_name = _("configuración de leads")
        verbose_name_plural = _("configuración de leads")
        constraints = [
            one_of("assignment_mode", AssignmentMode, "broker_lead_configs"),
            within("cold_max_score", 0, None, "broker_lead_configs"),
            within("alert_score_threshold", 0, 100, "broker_lead_configs"),
            models.CheckConstraint(
                condition=Q(cold_max_score__lt=F("warm_max_score"))
                & Q(warm_max_score__lt=F("qualified_min_score"))
                & Q(qualified_min_score__lte=100),
                name="broker_lead_configs_ascending",
                violation_error_message=_(
                    "Los umbrales deben ser ascendentes: frío, tibio, calificado."
                ),
            ),
        ]


class VoiceProvider(models.TextChoices):
    VAPI = "vapi", "Vapi"
    BLAND = "bland", "Bland"
    SIMULATED = "simulated", _("simulado")


class CallerIdClass(models.TextChoices):
    PROMOTIONAL = "600", _("600: llamada no solicitada")
    REQUESTED = "809", _("809: llamada solicitada")


class BrokerVoiceConfig(BrokerConfig):
    """How AI voice calls are placed, with the vendor's credentials encrypted."""

    provider = models.CharField(
        _("proveedor"),
        max_length=20,
        choices=VoiceProvider.choices,
        default=VoiceProvider.SIMULATED,
    )
    provider_credentials = EncryptedJSONField(_("credenciales"), default=dict, blank=True)
    webhook_key = models.CharField(
        _("clave del webhook"), max_length=64, unique=True, default=unguessable, editable=False
    )
    phone_number_id = models.CharField(_("número"), max_length=100, blank=True)
    assistant_id_default = models.CharField(_("asistente"), max_length=100, blank=True)
    assistant_id_by_type = models.JSONField(_("asistente por tipo"), default=dict, blank=True)
    voice_config = models.JSONField(_("voz"), default=dict, blank=True)
    model_config = models.JSONField(_("modelo"), default=dict, blank=True)
    transcriber_config = models.JSONField(_("transcripción"), default=dict, blank=True)
    timing_config = models.JSONField(_("tiempos"), default=defaults.call_timing, blank=True)
    end_call_config = models.JSONField(_("término"), default=dict, blank=True)
    first_message_template = models.TextField(
        _("primer mensaje"), default=defaults.CALL_FIRST_MESSAGE, blank=True
    )
    recording_enabled = models.BooleanField(_("graba"), default=True)
    max_concurrent_calls = models.PositiveSmallIntegerField(_("llamadas simultáneas"), default=2)
    caller_id_class = models.CharField(
        _("clase de identificador"),
        max_length=3,
        choices=CallerIdClass.choices,
        null=True,
        blank=True,
    )
    caller_id_reason = models.CharField(_("motivo de la clase"), max_length=200, blank=True)

    class Meta:
        db_table = "broker_voice_configs"
        verbose_name = _("configuración de voz")
        verbose_name_plural = _("configuración de voz")
        constraints = [
            one_of("provider", VoiceProvider, "broker_voice_configs"),
            one_of("caller_id_class", CallerIdClass, "broker_voice_configs"),
            within("max_concurrent_calls", 1, 100, "broker_voice_configs"),
        ]


class BrokerChatConfig(BrokerConfig):
    """Which message channels are on, with their tokens and webhook keys encrypted."""

    enabled_providers = models.JSONField(
        _("canales activos"), default=defaults.enabled_providers, blank=True
    )
    default_provider = models.CharField(_("canal por defecto"), max_length=20, default="webchat")
    provider_configs = EncryptedJSONField(_("credenciales por canal"), default=dict, blank=True)
    features = models.JSONField(_("funciones"), default=dict, blank=True)
    rate_limits = models.JSONField(_("límites"), default=defaults.rate_limits, blank=True)

    class Meta:
        db_table = "broker_chat_configs"
        verbose_name = _("configuración de canales")
        verbose_name_plural = _("configuración de canales")


class ChannelHook(BrokerOwned):
    """The address of one channel's webhook: an unguessable key that finds its broker."""

    channel = models.CharField(_("canal"), max_length=20)
    key = models.CharField(_("clave"), max_length=64, unique=True, default=unguessable)

    class Meta:
        db_table = "channel_hooks"
        verbose_name = _("webhook de canal")
        verbose_name_plural = _("webhooks de canal")
        constraints = [
            models.UniqueConstraint(fields=["broker", "channel"], name="channel_hooks_one_each")
        ]

    def __str__(self) -> str:
        return f"{self.broker} · {self.channel}"

    @property
    def address(self) -> str:
        """Where the vendor posts to."""
        return f"{settings.PUBLIC_URL}/hooks/{self.channel}/{self.key}/"
