"""The pages of people who forgot their password, were invited, or choose another."""

from typing import Any

from django import forms
from django.contrib.admin import site
from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminOwnPasswordChangeForm

from brokers import guessing, passwords
from brokers.passwords import one_time_tokens
from brokers.tasks import mail_reset
from crm import rowsecurity
from crm.api.throttling import PasswordResetThrottle
from crm.errors import TooMany

TEMPLATE = "brokers/account.html"


class ForgottenForm(forms.Form):
    email = forms.EmailField(
        label=_("Correo"),
        max_length=100,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


class Forgotten(views.PasswordResetView):
    """Asks for the address, and says the same whoever's it is."""

    form_class: Any = ForgottenForm
    template_name = TEMPLATE
    success_url = reverse_lazy("password_reset_done")
    extra_context = {
        "heading": _("¿Olvidaste tu contraseña?"),
        "explanation": _("Escribe tu correo y te enviaremos un enlace para elegir una nueva."),
        "button": _("Enviar enlace"),
    }

    def form_valid(self, form: Any) -> HttpResponse:
        asked: Any = self.request
        if not PasswordResetThrottle().allow_request(asked, self):
            form.add_error(None, str(TooMany.message))
            return self.form_invalid(form)
        mail_reset(form.cleaned_data["email"])
        return HttpResponseRedirect(str(self.success_url))


class Sent(views.PasswordResetDoneView):
    template_name = TEMPLATE
    extra_context = {
        "heading": _("Revisa tu correo"),
        "explanation": _("Si hay una cuenta con ese correo, te llegará un enlace en unos minutos."),
    }


class Choose(views.PasswordResetConfirmView):
    template_name = TEMPLATE
    token_generator = one_time_tokens

    def get_user(self, uidb64: str) -> Any:
        """The link tells who it is; who it is not stays unknown."""
        with rowsecurity.across("sign-in"):
            user = super().get_user(uidb64)
        rowsecurity.enter_as(user)
        return user

    extra_context = {
        "heading": _("Elige tu contraseña"),
        "explanation": _("Escríbela dos veces para evitar errores."),
        "button": _("Guardar contraseña"),
    }

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        guessing.proved(form.user, guessing.caller_of(self.request))
        return response


class Chosen(views.PasswordResetCompleteView):
    template_name = TEMPLATE
    extra_context = {
        "heading": _("Listo, tu contraseña quedó guardada"),
        "explanation": _("Ya puedes ingresar con tu correo y tu contraseña nueva."),
    }


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """Admin's own, whose wrong old passwords count as those of the sign-in page."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self._request = request
        super().__init__(*args, **kwargs)

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        try:
            known = passwords.knows(self.user, old, self._request)
        except TooMany as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from refusal
        if not known:
            raise forms.ValidationError(
                self.error_messages["password_incorrect"], code="password_incorrect"
            )
        return old


class OwnPassword(views.PasswordChangeView):
    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **site.each_context(self.request)}
