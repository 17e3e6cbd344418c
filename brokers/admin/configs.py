"""The four configurations of a broker, with its secrets write-only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from brokers import defaults
from brokers.models import (
    BrokerChatConfig,
    BrokerLeadConfig,
    BrokerPromptConfig,
    BrokerVoiceConfig,
    ChannelHook,
)
from crm.admin.base import TenantAdmin
from crm.admin.doors import door
from crm.admin.forms import PartsForm, with_secrets


class ConfigAdmin(TenantAdmin):
    """One of a broker's four configurations."""

    list_display = ("__str__", "updated_at")
    search_fields = ("broker__name",)
    list_select_related = ("broker",)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Who has one configuration goes straight to it."""
        if not self.names_broker(request) and request.method == "GET":
            row = self.get_queryset(request).first()
            if row is not None and self.may(request, "r"):
                return HttpResponseRedirect(self.page_of(request, row))
        return super().changelist_view(request, extra_context)


def _whole(label: Any, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=most, widget=UnfoldAdminIntegerFieldWidget
    )


class PromptConfigForm(PartsForm):
    """The assistant's name and how visits take place; what it is told is edited at its desk."""

    parts = {
        "duration": ("meeting_config", "duration_minutes"),
        "notice": ("meeting_config", "minimum_notice_hours"),
        "horizon": ("meeting_config", "horizon_days"),
        "place": ("meeting_config", "location"),
        "invites": ("meeting_config", "invite_lead"),
    }
    duration = _whole(_("Duración de una visita (minutos)"), 1440)
    notice = _whole(_("Aviso mínimo (horas)"), 1000)
    horizon = _whole(_("Se ofrecen horas hasta (días)"), 365)
    place = forms.CharField(
        label=_("Lugar de encuentro"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    invites = forms.BooleanField(
        label=_("Invita al lead al evento del calendario"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """What is not set is shown as it holds without being set."""
        super().__init__(*args, **kwargs)
        for name, (_column, key) in self.parts.items():
            if self.initial[name] is None:
                self.initial[name] = {**defaults.MEETING, "invite_lead": True}.get(key)


@admin.register(BrokerPromptConfig)
class BrokerPromptConfigAdmin(ConfigAdmin):
    form = PromptConfigForm
    readonly_fields = ("texts",)
    fieldsets = (
        (_("Nombre"), {"fields": (("agent_name", "agent_role"), "texts")}),
        (
            _("Visitas"),
            {
                "fields": (
                    "enable_appointment_booking",
                    ("duration", "notice", "horizon"),
                    ("place", "invites"),
                )
            },
        ),
    )

    @display(description=_("qué se le dice"))
    def texts(self, config: BrokerPromptConfig) -> str:
        address = f"{reverse('admin:llm_promptversion_desk')}?corredora={config.broker_id}"
        words = _("Sus textos y modelos se editan, prueban y activan en «Asistente»")
        return format_html('<a class="text-primary-600" href="{}">{}</a>', address, words)


def _points(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=100, widget=UnfoldAdminIntegerFieldWidget
    )


def _pesos(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, localize=True, widget=UnfoldAdminTextInputWidget
    )


def _clock(label: Any) -> forms.CharField:
    return forms.RegexField(
        r"^([01]\d|2[0-3]):[0-5]\d$",
        label=label,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "21:00"}),
        error_messages={"invalid": _("Escribe una hora como 21:00.")},
    )


class LeadConfigForm(PartsForm):
    """The known keys of scoring, qualification and silence, each in its own input."""

    parts = {
        **{f"weight_{fact}": ("field_weights", fact) for fact in defaults.field_weights()},
        "min_income": ("qualification_criteria", "min_income"),
        "qualified_income": ("qualification_criteria", "qualified_income"),
        "quiet_start": ("quiet_hours", "start"),
        "quiet_end": ("quiet_hours", "end"),
        "quiet_sundays": ("quiet_hours", "sundays"),
        "quiet_holidays": ("quiet_hours", "holidays"),
    }
    weight_name = _points(_("Peso: nombre"))
    weight_phone = _points(_("Peso: teléfono"))
    weight_email = _points(_("Peso: correo"))
    weight_location = _points(_("Peso: comuna"))
    weight_budget = _points(_("Peso: presupuesto"))
    min_income = _pesos(_("Renta mínima (CLP)"))
    qualified_income = _pesos(_("Renta para calificar (CLP)"))
    quiet_start = _clock(_("Silencio desde"))
    quiet_end = _clock(_("Silencio hasta"))
    quiet_sundays = forms.BooleanField(
        label=_("Silencio los domingos"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    quiet_holidays = forms.BooleanField(
        label=_("Silencio los feriados"), required=False, widget=UnfoldBooleanSwitchWidget
    )


@admin.register(BrokerLeadConfig)
class BrokerLeadConfigAdmin(ConfigAdmin):
    form = LeadConfigForm
    fieldsets = (
        (
            _("Temperatura"),
            {"fields": (("cold_max_score", "warm_max_score", "qualified_min_score"),)},
        ),
        (
            _("Pesos del perfil"),
            {
                "fields": (
                    ("weight_name", "weight_phone", "weight_email"),
                    ("weight_location", "weight_budget"),
                    "income_ranges",
                )
            },
        ),
        (
            _("Calificación"),
            {
                "fields": (
                    ("min_income", "qualified_income"),
                    "max_acceptable_debt",
                    "field_priority",
                )
            },
        ),
        (_("Asignación"), {"fields": ("assignment_mode",)}),
        (
            _("Avisos"),
            {
                "fields": (
                    ("alert_on_hot_lead", "alert_on_qualified"),
                    ("alert_score_threshold", "alert_email"),
                )
            },
        ),
        (
            _("Silencio"),
            {
                "fields": (
                    ("quiet_start", "quiet_end"),
                    ("quiet_sundays", "quiet_holidays"),
                    "max_messages_per_day",
                )
            },
        ),
    )


VOICE_SECRETS = {
    "secret_api_key": (("api_key",), _("Clave de API del proveedor")),
    "secret_webhook": (("webhook_secret",), _("Secreto del webhook")),
}
CHAT_SECRETS = {
    "telegram_token": (("telegram", "token"), _("Telegram: token del bot")),
    "telegram_secret": (("telegram", "secret"), _("Telegram: secreto del webhook")),
    "whatsapp_token": (("whatsapp", "access_token"), _("WhatsApp: token de acceso")),
    "whatsapp_phone": (("whatsapp", "phone_number_id"), _("WhatsApp: identificador del número")),
    "whatsapp_account": (
        ("whatsapp", "business_account_id"),
        _("WhatsApp: identificador de la cuenta de WhatsApp Business"),
    ),
    "whatsapp_app_secret": (("whatsapp", "app_secret"), _("WhatsApp: secreto de la aplicación")),
    "whatsapp_verify": (("whatsapp", "verify_token"), _("WhatsApp: token de verificación")),
}


@admin.register(BrokerVoiceConfig)
class BrokerVoiceConfigAdmin(ConfigAdmin):
    form = with_secrets("provider_credentials", VOICE_SECRETS)
    readonly_fields = ("webhook_key",)
    actions_detail = ("renew_webhook",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("provider", "phone_number_id"),
                    ("caller_id_class", "caller_id_reason"),
                    "webhook_key",
                )
            },
        ),
        (_("Credenciales"), {"fields": tuple(VOICE_SECRETS)}),
        (
            _("Llamada"),
            {
                "fields": (
                    "first_message_template",
                    ("recording_enabled", "max_concurrent_calls"),
                    "timing_config",
                    "end_call_config",
                )
            },
        ),
        (
            _("Avanzado"),
            {
                "fields": (
                    "assistant_id_default",
                    "assistant_id_by_type",
                    "voice_config",
                    "model_config",
                    "transcriber_config",
                )
            },
        ),
    )

    @door(
        _("Renovar dirección"),
        done=_("Las próximas llamadas llevan la dirección nueva; la anterior ya no responde."),
        icon="autorenew",
        help_text=_("La clave actual del webhook deja de valer de inmediato."),
    )
    def renew_webhook(
        self, request: HttpRequest, row: BrokerVoiceConfig, data: dict[str, Any]
    ) -> None:
        row.renew_webhook()


CHANNELS = [
    ("webchat", _("Chat web")),
    ("telegram", "Telegram"),
    ("whatsapp", "WhatsApp"),
    ("email", _("Correo")),
]


class ChatConfigForm(with_secrets("provider_configs", CHAT_SECRETS)):  # type: ignore[misc]
    enabled_providers = forms.MultipleChoiceField(
        label=_("Canales activos"),
        choices=CHANNELS,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    default_provider = forms.ChoiceField(
        label=_("Canal por defecto"), choices=CHANNELS, widget=UnfoldAdminSelectWidget
    )


@admin.register(BrokerChatConfig)
class BrokerChatConfigAdmin(ConfigAdmin):
    form = ChatConfigForm
    fieldsets = (
        (None, {"fields": ("enabled_providers", "default_provider")}),
        (
            _("Credenciales"),
            {
                "fields": tuple(CHAT_SECRETS),
                "description": _(
                    "Los identificadores del número y de la cuenta de WhatsApp Business están en "
                    "Meta for Developers → tu aplicación → WhatsApp → Configuración de la API: son "
                    "solo dígitos. Con el de la cuenta, y un token con el permiso "
                    "whatsapp_business_management, las plantillas se mantienen al día con Meta."
                ),
            },
        ),
        (_("Avanzado"), {"fields": ("features", "rate_limits")}),
    )


@admin.register(ChannelHook)
class ChannelHookAdmin(TenantAdmin):
    """The key of each channel's webhook address."""

    list_display = ("channel", "address", "created_at")
    readonly_fields = ("address",)
    list_filter = ("channel",)
    search_fields = ("channel",)
    empty_hint = _("Las direcciones de webhook se crean al conectar un canal.")

    @display(description=_("dirección"))
    def address(self, hook: ChannelHook) -> str:
        return hook.address
