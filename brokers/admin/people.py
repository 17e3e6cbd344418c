"""Brokers and their people in Django Admin."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.db.models import Q
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
)

from brokers import linking, team
from brokers.models import (
    Broker,
    User,
)
from brokers.onboarding import open_broker
from crm.admin.base import TenantAdmin
from crm.admin.doors import DoorForm, door, each
from crm.admin.filters import QueryFilter
from crm.admin.forms import TenantForm
from crm.emails import one_spelling
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


ROLES = {
    Role.AGENT.value: _("Agente"),
    Role.ADMIN.value: _("Administrador"),
    Role.SUPERADMIN.value: _("Superadministrador"),
}


class RoleFilter(QueryFilter):
    title = _("rol")
    parameter_name = "rol"
    conditions = {role.lower(): (label, Q(role=role)) for role, label in ROLES.items()}


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
        fields = ("email", "name", "role", "broker", "assignment_priority")

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
        if "role" in self.fields:
            given = [role for role in ROLES if role != Role.SUPERADMIN or self._user.is_superuser]
            self.fields["role"].choices = [(role, ROLES[role]) for role in given]  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        return one_spelling(self.cleaned_data["email"])

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


class LeaveForm(DoorForm):
    """Says what will be handed on before anybody confirms."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        work = team.looks_after(self.row, at=timezone.now())
        told = [
            _("Sus sesiones y tokens terminan de inmediato."),
            _("Pasarán a otras personas, según el modo de asignación, o quedarán disponibles: %s.")
            % ", ".join(f"{count} {title}" for title, count in work)
            if work
            else _("No tiene leads abiertos ni visitas futuras que repartir."),
        ]
        self.told = " ".join(str(line) for line in told)


def _told(invitation: linking.Invitation) -> str:
    """How to bring the code to the bot: by its link, or typed."""
    until = formats.time_format(timezone.localtime(invitation.expires_at), "H:i")
    typed = _t("envía al bot de Telegram de la corredora: %s") % invitation.command
    if not invitation.link:
        return _t("Hasta las %(until)s, %(typed)s") % {"until": until, "typed": typed}
    return format_html(
        _t("Hasta las {until}, abre en tu teléfono {link} y pulsa «Iniciar», o {typed}"),
        until=until,
        link=format_html('<a class="underline" href="{0}">{0}</a>', invitation.link),
        typed=typed,
    )


@admin.register(User)
class UserAdmin(TenantAdmin):
    """The team; entering and leaving is by buttons, which end sessions and tokens at once."""

    form = UserForm
    list_display = (
        "name",
        "email",
        "shown_role",
        "is_active",
        "assignment_priority",
        "shown_telegram",
    )
    list_filter = (RoleFilter, "is_active")
    search_fields = ("name", "email")
    actions = ("activate_chosen", "deactivate_chosen")
    actions_detail = ("activate", "deactivate", "link_telegram", "unlink_telegram")
    readonly_fields = ("is_active", "last_login", "told_telegram")
    empty_hint = _("Agrega a quienes atenderán a los leads.")
    fieldsets = (
        (None, {"fields": (("name", "email"), ("role", "password"))}),
        (_("Asignación"), {"fields": ("assignment_priority", "told_telegram")}),
        (_("Acceso"), {"fields": (("is_active", "last_login"),)}),
    )

    @display(
        description=_("rol"),
        ordering="role",
        label={"SUPERADMIN": "danger", "ADMIN": "primary", "AGENT": "info"},
    )
    def shown_role(self, user: User) -> tuple[str, str]:
        return user.role, str(ROLES[user.role])

    @display(
        description=_("Telegram"),
        label={"linked": "success", "blocked": "danger", "invited": "info", "none": "warning"},
    )
    def shown_telegram(self, user: User) -> tuple[str, str]:
        state = linking.state_of(user, at=timezone.now())
        return state.value, str(state.label)

    @display(description=_("Telegram"))
    def told_telegram(self, user: User) -> str:
        return str(linking.state_of(user, at=timezone.now()).label)

    @display(description=_("rol"))
    def told_role(self, user: User) -> str:
        return str(ROLES[user.role])

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only read has no use for the stored password, and sees the role in words."""
        if obj is None or self.may(request, "u"):
            return super().get_fieldsets(request, obj)
        (_title, first), *rest = super().get_fieldsets(request, obj)
        return [(None, {**first, "fields": (("name", "email"), "told_role")}), *rest]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A role is somebody else's to give: nobody raises or lowers their own."""
        fields = [*super().get_readonly_fields(request, obj), "told_role"]
        return [*fields, "role"] if obj is not None and obj.pk == request.user.pk else fields

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Nobody links another's Telegram."""
        buttons = super().get_actions_detail(request, object_id)
        is_own = str(object_id) == str(request.user.pk)
        return [each for each in buttons if is_own or each.path != "link-telegram"]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.pk == request.user.pk and form.cleaned_data.get("password"):
            update_session_auth_hash(request, obj)

    @door(
        _("Activar"),
        done=_("Ya puede entrar."),
        icon="person_check",
        applies=lambda u: not u.is_active,
    )
    def activate(self, request: HttpRequest, user: User, data: dict[str, Any]) -> None:
        team.activate(user, at=timezone.now())

    @door(
        _("Desactivar"),
        done=_("Ya no puede entrar: sus sesiones terminaron."),
        form=LeaveForm,
        icon="person_off",
        applies=lambda u: u.is_active,
    )
    def deactivate(self, request: HttpRequest, user: User, data: dict[str, Any]) -> None:
        team.deactivate(user, by=request.user, at=timezone.now())

    @door(
        _("Vincular mi Telegram"),
        done=_("El código está listo: sirve una vez, durante 10 minutos."),
        icon="add_link",
        letter="r",
        applies=lambda u: u.is_active and u.broker_id is not None,
        help_text=_(
            "El bot de la corredora te avisará en tu Telegram de leads calientes o sin asignar, y "
            "podrás tomarlos desde ahí. Si ya lo vinculaste, el teléfono nuevo reemplaza al "
            "anterior."
        ),
    )
    def link_telegram(self, request: HttpRequest, user: User, data: dict[str, Any]) -> None:
        if user.pk != request.user.pk:
            raise NotAllowed(_("Cada persona vincula su propio Telegram."))
        self.message_user(request, _told(linking.invite(user, at=timezone.now())), messages.INFO)

    @door(
        _("Desvincular Telegram"),
        done=_("Ya no recibe avisos por Telegram."),
        icon="link_off",
        letter="r",
        applies=lambda u: u.telegram_user_id is not None,
    )
    def unlink_telegram(self, request: HttpRequest, user: User, data: dict[str, Any]) -> None:
        if user.pk != request.user.pk and not self.may(request, "u"):
            raise NotAllowed
        linking.unlink(user, at=timezone.now())

    @admin.action(description=_("Activar a los elegidos"), permissions=["change"])
    def activate_chosen(self, request: HttpRequest, queryset: Any) -> None:
        at = timezone.now()
        each(self, request, queryset, lambda u: team.activate(u, at=at), _("Activados"))

    @admin.action(description=_("Desactivar a los elegidos"), permissions=["change"])
    def deactivate_chosen(self, request: HttpRequest, queryset: Any) -> None:
        by, at = request.user, timezone.now()
        each(self, request, queryset, lambda u: team.deactivate(u, by=by, at=at), _("Desactivados"))
