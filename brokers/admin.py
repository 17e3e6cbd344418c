"""Brokers, their people and their configurations in Django Admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from brokers.models import (
    Broker,
    BrokerChatConfig,
    BrokerLeadConfig,
    BrokerPromptConfig,
    BrokerVoiceConfig,
    ChannelHook,
    User,
)
from brokers.onboarding import open_broker
from crm.admin.base import TenantAdmin
from crm.admin.doors import door, each
from crm.admin.forms import TenantForm, with_secrets
from crm.errors import NotAllowed
from crm.tenancy import Role


@admin.register(Broker)
class BrokerAdmin(TenantAdmin):
    """A brokerage; the superadmin opens them, its admins keep their own details."""

    list_display = ("name", "slug", "email", "timezone", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "slug", "email")
    empty_hint = _("Abre la primera corredora: quedará lista para trabajar.")
    fieldsets = (
        (None, {"fields": ("name", "slug", ("phone", "email"), "website", "logo_url", "address")}),
        (_("Región"), {"fields": (("timezone", "country"), ("currency", "language"))}),
        (_("Cuenta"), {"fields": (("subscription_plan", "is_active"),)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if self.names_broker(request):
            return super().get_readonly_fields(request, obj)
        return ["slug", "subscription_plan", "is_active"]

    def save_model(self, request: HttpRequest, obj: Broker, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.__dict__.update(open_broker(**form.cleaned_data).__dict__)


class UserForm(TenantForm):
    """A person of the team; the password is written, never shown."""

    password = forms.CharField(
        label=_("contraseña"),
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = User
        fields = ("email", "name", "role", "broker", "assignment_priority", "telegram_user_id")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("password", None)
        adding = self.instance._state.adding
        if "password" in self.fields:
            self.fields["password"].required = adding
            self.fields["password"].help_text = (
                _("Al menos 8 caracteres, con mayúscula, minúscula y número.")
                if adding
                else _("Déjala vacía para no cambiarla.")
            )
        if "role" in self.fields and self._user.role != Role.SUPERADMIN:
            self.fields["role"].choices = [  # type: ignore[attr-defined]
                choice for choice in Role.choices if choice[0] != Role.SUPERADMIN
            ]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def clean_password(self) -> str:
        password: str = self.cleaned_data.get("password") or ""
        if password:
            validate_password(password, self.instance)
        return password

    def _post_clean(self) -> None:
        """Keeps the typed password away from the column, which holds a hash."""
        typed = self.cleaned_data.pop("password", "")
        super()._post_clean()  # type: ignore[misc]
        self.cleaned_data["password"] = typed
        if typed and not self.errors:
            self.instance.set_password(typed)

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() | {"password"}


@admin.register(User)
class UserAdmin(TenantAdmin):
    """The team; entering and leaving is by buttons, which end sessions and tokens at once."""

    form = UserForm
    list_display = ("name", "email", "shown_role", "is_active", "assignment_priority", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("name", "email")
    actions = ("activate_chosen", "deactivate_chosen")
    actions_detail = ("activate", "deactivate")
    readonly_fields = ("is_active", "last_login")
    empty_hint = _("Agrega a quienes atenderán a los leads.")
    fieldsets = (
        (None, {"fields": (("name", "email"), ("role", "password"))}),
        (_("Asignación"), {"fields": ("assignment_priority", "telegram_user_id")}),
        (_("Acceso"), {"fields": (("is_active", "last_login"),)}),
    )

    @display(
        description=_("rol"),
        ordering="role",
        label={"SUPERADMIN": "danger", "ADMIN": "primary", "AGENT": "info"},
    )
    def shown_role(self, user: User) -> tuple[str, str]:
        return user.role, user.get_role_display()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A role is somebody else's to give: nobody raises or lowers their own."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "role"] if obj is not None and obj.pk == request.user.pk else fields

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.pk == request.user.pk and form.cleaned_data.get("password"):
            update_session_auth_hash(request, obj)

    @door(_("Activar"), done=_("Ya puede entrar."), icon="person_check", applies=lambda u: not u.is_active)
    def activate(self, request: HttpRequest, user: User, data: dict[str, Any]) -> None:
        _set_active(user, True, by=request.user)

    @door(
        _("Desactivar"),
        done=_("Ya no puede entrar: sus sesiones terminaron."),
        help_text=_("Sus sesiones y tokens terminan de inmediato; sus leads siguen asignados."),
        icon="person_off",
        applies=lambda u: u.is_active,
    )
    def deactivate(self, request: HttpRequest, user: User, data: dict[str, Any]) -> None:
        _set_active(user, False, by=request.user)

    @admin.action(description=_("Activar a los elegidos"), permissions=["change"])
    def activate_chosen(self, request: HttpRequest, queryset: Any) -> None:
        each(self, request, queryset, lambda u: _set_active(u, True, by=request.user), _("Activados"))

    @admin.action(description=_("Desactivar a los elegidos"), permissions=["change"])
    def deactivate_chosen(self, request: HttpRequest, queryset: Any) -> None:
        each(self, request, queryset, lambda u: _set_active(u, False, by=request.user), _("Desactivados"))


def _set_active(user: User, active: bool, *, by: Any) -> None:
    if user.pk == by.pk:
        raise NotAllowed(_("No puedes desactivar tu propia cuenta."))
    user.is_active = active
    user.save(update_fields=["is_active", "updated_at"])


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


@admin.register(BrokerPromptConfig)
class BrokerPromptConfigAdmin(ConfigAdmin):
    fieldsets = (
        (_("Quién es"), {"fields": (("agent_name", "agent_role"), "identity_prompt", "agent_objective")}),
        (_("Qué sabe"), {"fields": ("business_context", "benefits_info", "qualification_requirements")}),
        (
            _("Cómo conversa"),
            {"fields": ("data_collection_prompt", "behavior_rules", "restrictions", "output_format", "situation_handlers")},
        ),
        (_("Agenda"), {"fields": ("enable_appointment_booking", "tools_instructions", "meeting_config")}),
        (_("Costos"), {"fields": ("monthly_llm_budget_usd",)}),
        (_("Avanzado"), {"fields": ("full_custom_prompt", "follow_up_messages", "additional_fields")}),
    )


@admin.register(BrokerLeadConfig)
class BrokerLeadConfigAdmin(ConfigAdmin):
    fieldsets = (
        (
            _("Puntaje"),
            {"fields": (("cold_max_score", "warm_max_score", "qualified_min_score"), "field_weights", "income_ranges")},
        ),
        (_("Calificación"), {"fields": ("qualification_criteria", "max_acceptable_debt", "field_priority")}),
        (_("Asignación"), {"fields": ("assignment_mode",)}),
        (
            _("Avisos"),
            {"fields": (("alert_on_hot_lead", "alert_on_qualified"), ("alert_score_threshold", "alert_email"))},
        ),
        (_("Silencio"), {"fields": ("quiet_hours", "max_messages_per_day")}),
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
    "whatsapp_app_secret": (("whatsapp", "app_secret"), _("WhatsApp: secreto de la aplicación")),
    "whatsapp_verify": (("whatsapp", "verify_token"), _("WhatsApp: token de verificación")),
}


@admin.register(BrokerVoiceConfig)
class BrokerVoiceConfigAdmin(ConfigAdmin):
    form = with_secrets("provider_credentials", VOICE_SECRETS)
    readonly_fields = ("webhook_key",)
    fieldsets = (
        (None, {"fields": (("provider", "phone_number_id"), ("caller_id_class", "caller_id_reason"), "webhook_key")}),
        (_("Credenciales"), {"fields": tuple(VOICE_SECRETS)}),
        (
            _("Llamada"),
            {"fields": ("first_message_template", ("recording_enabled", "max_concurrent_calls"), "timing_config", "end_call_config")},
        ),
        (
            _("Avanzado"),
            {"fields": ("assistant_id_default", "assistant_id_by_type", "voice_config", "model_config", "transcriber_config")},
        ),
    )


@admin.register(BrokerChatConfig)
class BrokerChatConfigAdmin(ConfigAdmin):
    form = with_secrets("provider_configs", CHAT_SECRETS)
    fieldsets = (
        (None, {"fields": ("enabled_providers", "default_provider")}),
        (_("Credenciales"), {"fields": tuple(CHAT_SECRETS)}),
        (_("Avanzado"), {"fields": ("features", "rate_limits")}),
    )


@admin.register(ChannelHook)
class ChannelHookAdmin(TenantAdmin):
    """The key of each channel's webhook address."""

    list_display = ("channel", "key", "created_at")
    list_filter = ("channel",)
    search_fields = ("channel",)
    empty_hint = _("Las direcciones de webhook se crean al conectar un canal.")

