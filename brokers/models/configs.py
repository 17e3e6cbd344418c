"""The four configurations of each broker, and the addresses of its channels' webhooks."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from brokers import defaults, model_names
from brokers.models.people import Broker, unguessable
from crm.fields import EncryptedJSONField
from crm.models import BrokerOwned, TimeStamped, one_of, within
from crm.tenancy import Tenanted, TenantQuerySet


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
    """The assistant's name, hours, models and budget, and the draft of what it is told.

    ``TEXTS`` are that draft: what leads are answered with is the active version.
    """

    TEXTS: ClassVar[tuple[str, ...]] = (
        "identity_prompt",
        "business_context",
        "agent_objective",
        "data_collection_prompt",
        "qualification_requirements",
        "benefits_info",
        "behavior_rules",
        "restrictions",
        "tools_instructions",
        "output_format",
        "situation_handlers",
        "full_custom_prompt",
    )

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
    model_chain = models.JSONField(
        _("modelos, en orden"),
        null=True,
        blank=True,
        validators=[model_names.chained],
        help_text=_(
            "Responde el primero; los demás lo reemplazan, en orden, cuando falla. Vacío: los del "
            "servidor."
        ),
    )
    temperature = models.FloatField(
        _("temperatura"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(2)],
        help_text=_("De 0 (siempre igual) a 2 (muy variado). Vacía: la del servidor."),
    )
    writing_model = models.CharField(
        _("modelo para textos"),
        max_length=model_names.LONGEST,
        blank=True,
        validators=[model_names.named],
        help_text=_(
            "Para resúmenes y mensajes de campañas: uno económico basta. Vacío: el del servidor."
        ),
    )

    class Meta:
        db_table = "broker_prompt_configs"
        verbose_name = _("configuración del asistente")
        verbose_name_plural = _("configuración del asistente")
        constraints = [
            within("monthly_llm_budget_usd", 0, None, "broker_prompt_configs"),
            within("temperature", 0, 2, "broker_prompt_configs"),
        ]


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

    def renew_webhook(self) -> None:
        """Another address for the provider's reports; the old one leads nowhere."""
        self.webhook_key = unguessable()
        self.save(update_fields=["webhook_key", "updated_at"])


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

    def renew(self) -> None:
        """Another address from now on; the old one leads nowhere."""
        self.key = unguessable()
        self.save(update_fields=["key", "updated_at"])

    @property
    def address(self) -> str:
        """Where the vendor posts to."""
        return f"{settings.PUBLIC_URL}/hooks/{self.channel}/{self.key}/"
