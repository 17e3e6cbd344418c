"""What the buttons about consent and the rights of the person ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from crm.admin.doors import DoorForm
from crm.admin.forms import TenantForm
from leads import suppressing
from leads.enums import AskedBy, Channel, ConsentPurpose, Right

ANY_CHANNEL = [("", _("Todos los canales")), *Channel.choices]


def _choice(label: Any, choices: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminSelectWidget, **more)


def _words(label: Any, *, most: int, rows: int = 3, **more: Any) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=most, widget=widget, **more)


class GrantForm(DoorForm):
    purpose = _choice(_("Para qué"), ConsentPurpose.choices)
    channel = _choice(_("Canal"), ANY_CHANNEL, required=False)
    evidence = _words(_("Cómo lo dio"), most=500)
    text_shown = _words(_("Texto que se le mostró"), most=2000, required=False)


class AskForm(DoorForm):
    kind = _choice(_("Derecho"), Right.choices)
    asked_by = _choice(_("Quién lo pide"), AskedBy.choices)
    notes = _words(_("Cómo lo pidió"), most=2000, required=False)


class HandOverForm(DoorForm):
    asked_by = _choice(_("Quién lo pide"), AskedBy.choices)


class ObjectionForm(HandOverForm):
    notes = _words(_("Cómo lo pidió"), most=2000, required=False)


class RectifyForm(HandOverForm):
    """The person's word on who they are; left as it stands it is not a correction."""

    name = forms.CharField(
        label=_("Nombre"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget
    )
    phone = forms.CharField(
        label=_("Teléfono"), max_length=20, required=False, widget=UnfoldAdminTextInputWidget
    )
    email = forms.EmailField(
        label=_("Correo"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget
    )
    notes = _words(_("Cómo lo pidió"), most=2000, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "phone", "email"):
            self.initial.setdefault(name, getattr(self.row, name) or "")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        changed = {name: cleaned.get(name, "") for name in ("name", "phone", "email")}
        cleaned["changes"] = {k: v for k, v in changed.items() if v != self.initial[k]}
        if not cleaned["changes"] and not self.errors:
            raise forms.ValidationError(_("No cambiaste nada."))
        return cleaned


class EraseForm(HandOverForm):
    confirm = forms.CharField(
        label=_("Escribe el nombre del lead para confirmar"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    suppress = forms.BooleanField(
        label=_("No volver a contactar"),
        required=False,
        initial=True,
        help_text=_("Deja su teléfono y su correo en la lista de no contactar, y nada más."),
        widget=UnfoldBooleanSwitchWidget,
    )


class SuppressionForm(TenantForm):
    """A phone or an e-mail as typed; the door keeps it normalised."""

    def clean_identifier(self) -> str:
        broker = self.cleaned_data.get("broker") or getattr(self.instance, "broker", None)
        country = broker.country if broker else "CL"
        found = suppressing.normalise(self.cleaned_data["identifier"], country=country)
        if found is None:
            raise forms.ValidationError(str(suppressing.NotUnderstood.message))
        return found


class ListForm(DoorForm):
    file = forms.FileField(
        label=_("Archivo"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(),
        help_text=_("CSV o texto con teléfonos y correos, de hasta 5 MB."),
    )
    pasted = _words(_("O pega la lista, uno por línea"), most=1_000_000, rows=8, required=False)
    channel = _choice(_("Canal"), ANY_CHANNEL, required=False)
    reason = forms.CharField(label=_("Motivo"), max_length=200, widget=UnfoldAdminTextInputWidget)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(cleaned.get("file")) == bool(cleaned.get("pasted")):
            self.add_error("file", _("Elige un archivo o pega un texto, uno de los dos."))
        return cleaned

    @property
    def content(self) -> str | bytes:
        file = self.cleaned_data.get("file")
        if file:
            found: bytes = file.read(suppressing.MAX_BYTES + 1)
            return found
        return str(self.cleaned_data["pasted"])
