"""The forms of a lead's page: its facts as proper fields, and what its doors ask."""

import json
import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from brokers.models import User
from crm.admin.doors import DoorForm
from crm.admin.forms import TenantForm
from crm.emails import one_spelling
from crm.tenancy import visible
from leads import (
    comunas,
    editing,
    gate,
    names,
    outbox,
    phones,
    placeholders,
    reasons,
    words,
)
from leads.channels import base
from leads.models import ChatMessage, Lead, MessageTemplate
from leads.stages import BY_PEOPLE, Stage

CURRENCIES = [("UF", "UF"), ("CLP", "$"), ("USD", "US$")]
UNKNOWN = [("", _("No se sabe"))]


class Comunas(forms.CharField):
    """Comunas separated by commas; the value is their official names."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        written = [part.strip() for part in (value or "").split(",") if part.strip()]
        found = {part: self._meant(part) for part in written}
        if unknown := [part for part, meant in found.items() if not meant]:
            raise forms.ValidationError(
                _("No conozco esta comuna: %(names)s."), params={"names": ", ".join(unknown)}
            )
        for part, meant in found.items():
            if len(meant) > 1:
                raise forms.ValidationError(
                    _("«%(name)s» puede ser %(names)s. Escribe cuál."),
                    params={"name": part, "names": ", ".join(meant)},
                )
        return list(dict.fromkeys(meant[0] for meant in found.values()))

    def _meant(self, part: str) -> list[str]:
        """A name that was stored is the official one and stands."""
        return [part] if part in comunas.COMUNAS else comunas.meanings(part)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))


class Tags(forms.CharField):
    """Words separated by commas, each once."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        written = (part.strip()[:50] for part in (value or "").split(","))
        return list(dict.fromkeys(part for part in written if part))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))


def _amount(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        localize=True,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )


def _choice(label: Any, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=choices, widget=UnfoldAdminSelectWidget
    )


class ContactForm(TenantForm):
    """What identifies a lead, checked as the doors will check it."""

    tags = Tags(label=_("Etiquetas"), required=False, help_text=_("Separadas por comas."))

    def _untouched(self, field: str) -> bool:
        """What stood there before is not the editor's to correct."""
        return not self.instance._state.adding and field not in self.changed_data

    def clean_name(self) -> str | None:
        name: str | None = self.cleaned_data.get("name")
        if self._untouched("name"):
            return name
        if name and not names.is_real(name):
            raise forms.ValidationError(_("No parece el nombre de una persona."))
        return names.tidy(name) if name else None

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data.get("phone") or ""
        if self._untouched("phone"):
            return typed
        broker = self.cleaned_data.get("broker") or getattr(self.instance, "broker", None)
        number = phones.to_e164(typed, country=broker.country if broker else "CL")
        if typed and number is None:
            raise forms.ValidationError(
                _("No es un teléfono que se pueda marcar. Ejemplo: +56 9 8765 4321.")
            )
        return number or ""

    def clean_email(self) -> str | None:
        email = self.cleaned_data.get("email")
        return one_spelling(email) if email else None


class AddLeadForm(ContactForm):
    force_new = forms.BooleanField(
        label=_("Crear aunque ya exista un lead con este teléfono o correo"), required=False
    )

    class Meta:
        model = Lead
        fields = ("name", "phone", "email", "assigned_to", "source", "notes", "tags")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not (cleaned.get("phone") or cleaned.get("email")) and not self.errors:
            raise forms.ValidationError(_("Escribe al menos un teléfono o un correo."))
        return cleaned


class LeadForm(ContactForm):
    """A lead's editable columns and facts; remembers what the person saw when they began."""

    seen = forms.CharField(label="", widget=forms.HiddenInput, required=False)
    location = Comunas(label=_("Comunas"), required=False, help_text=_("Separadas por comas."))
    budget_amount = _amount(_("Presupuesto"))
    budget_currency = _choice(_("Moneda del presupuesto"), CURRENCIES)
    income_amount = _amount(_("Renta líquida mensual (CLP)"))
    dicom = _choice(
        _("DICOM"),
        [*UNKNOWN, ("clean", words.DICOM["clean"]), ("has_debt", words.DICOM["has_debt"])],
    )
    debt_amount = _amount(_("Deuda (CLP)"))
    horizon = _choice(_("Plazo"), [*UNKNOWN, *words.HORIZONS.items()])
    property_type = forms.CharField(
        label=_("Tipo de propiedad"),
        required=False,
        max_length=50,
        widget=UnfoldAdminTextInputWidget,
    )
    bedrooms = forms.IntegerField(
        label=_("Dormitorios"),
        required=False,
        min_value=0,
        max_value=20,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    operation = _choice(_("Operación"), [*UNKNOWN, *words.OPERATIONS.items()])
    pets = _choice(_("Con mascotas"), [*UNKNOWN, ("yes", _("sí")), ("no", _("no"))])
    delivery = _choice(_("Entrega"), [*UNKNOWN, *words.DELIVERIES.items()])
    subsidy = _choice(_("Subsidio"), [*UNKNOWN, *words.SUBSIDIES.items()])

    class Meta:
        model = Lead
        fields = ("name", "phone", "email", "treatment_type", "notes", "tags")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        values = self._seen() if self.is_bound else editing.values_of(self.instance)
        self.initial.update(_as_inputs(values), seen=json.dumps(values))

    def _seen(self) -> dict[str, Any]:
        """What the page showed; a damaged memory counts as nothing seen, and so as stale."""
        try:
            remembered = json.loads(self.data.get("seen", ""))
        except ValueError:
            remembered = None
        current = editing.values_of(self.instance)
        if not isinstance(remembered, dict):
            return dict.fromkeys(current)
        return {name: remembered.get(name) for name in current}

    def changes(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was edited, by fact or column, and what the person had seen."""
        seen, given = self._seen(), self.cleaned_data
        wanted: dict[str, Any] = {
            "name": given["name"],
            "phone": given["phone"],
            "email": given["email"],
            "notes": given["notes"],
            "tags": given["tags"],
            "treatment_type": given["treatment_type"],
            "location": given["location"],
            "budget": _money(given["budget_amount"], given["budget_currency"]),
            "income": _money(given["income_amount"], "CLP"),
            "dicom": given["dicom"] or None,
            "debt_amount": None if given["debt_amount"] is None else int(given["debt_amount"]),
            "timeline": _timeline(given["horizon"], seen.get("timeline")),
            "property_type": given["property_type"] or None,
            "bedrooms": given["bedrooms"],
            "operation": given["operation"] or None,
            "pets": {"yes": True, "no": False}.get(given["pets"]),
            "delivery": given["delivery"] or None,
            "subsidy": given["subsidy"] or None,
        }
        before = _as_wanted(seen)
        return {name: value for name, value in wanted.items() if value != before.get(name)}, seen


PETS_WORDS: dict[Any, str] = {True: "yes", False: "no"}


def _as_inputs(values: dict[str, Any]) -> dict[str, Any]:
    budget, income = values.get("budget") or {}, values.get("income") or {}
    return {
        **values,
        "budget_amount": budget.get("amount"),
        "budget_currency": budget.get("currency", "UF"),
        "income_amount": income.get("amount"),
        "horizon": (values.get("timeline") or {}).get("horizon", ""),
        "dicom": "" if values.get("dicom") in (None, "unknown") else values["dicom"],
        "pets": PETS_WORDS.get(values.get("pets"), ""),
    }


def _as_wanted(seen: dict[str, Any]) -> dict[str, Any]:
    """Seen values in the shape that the form gives back, so that untouched inputs compare equal."""
    return {
        **seen,
        "location": seen.get("location") or [],
        "tags": seen.get("tags") or [],
        "phone": seen.get("phone") or "",
        "budget": _plain(seen.get("budget")),
        "income": _plain(seen.get("income")),
        "dicom": None if seen.get("dicom") == "unknown" else seen.get("dicom"),
    }


def _plain(money: dict[str, Any] | None) -> dict[str, Any] | None:
    return _money(money.get("amount"), money.get("currency", "CLP")) if money else None


def _money(amount: Any, currency: str) -> dict[str, Any] | None:
    return {"amount": float(amount), "currency": currency or "CLP"} if amount else None


def _timeline(horizon: str, seen: dict[str, Any] | None) -> dict[str, Any] | None:
    if not horizon:
        return None
    return seen if seen and seen.get("horizon") == horizon else {"horizon": horizon, "text": ""}


class MoveForm(DoorForm):
    to = forms.ChoiceField(label=_("Nueva etapa"), widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(
        label=_("Motivo"),
        required=False,
        max_length=300,
        help_text=_("Obligatorio al cerrar como perdido y al reabrir un ganado."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reachable = BY_PEOPLE[Stage(self.row.pipeline_stage)]
        self.fields["to"].choices = [choice for choice in Stage.choices if choice[0] in reachable]  # type: ignore[attr-defined]


class AssignForm(DoorForm):
    to = forms.ModelChoiceField(
        label=_("Asignar a"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nadie: queda disponible para todo el equipo"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = visible(User, self.user).filter(broker=self.row.broker_id, is_active=True)
        self.fields["to"].queryset = team  # type: ignore[attr-defined]
        self.initial.setdefault("to", self.row.assigned_to_id)


class TemplateChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Templates, each with its text as this lead would read it."""

    def label_from_instance(self, template: Any) -> str:
        return f"{template.name}: «{placeholders.offer(template, self.lead).text}»"

    def offer_to(self, lead: Lead) -> list[placeholders.Offer]:
        self.lead = lead
        offers = placeholders.offers(lead)
        usable = [offer.template.pk for offer in offers]
        self.queryset = MessageTemplate.objects.filter(pk__in=usable)
        return offers


class ResendForm(DoorForm):
    """Which message of the lead's goes once more."""

    message = forms.ModelChoiceField(queryset=ChatMessage.objects.none(), widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["message"].queryset = self.row.messages.all()  # type: ignore[attr-defined]


class ReplyForm(DoorForm):
    """A text with or without a file; where WhatsApp's window is closed, an approved template."""

    text = forms.CharField(
        label=_("Tu respuesta"),
        max_length=4000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    file = forms.FileField(
        label=_("Adjuntar un archivo"), required=False, widget=UnfoldAdminFileFieldWidget
    )
    template = TemplateChoice(
        label=_("Plantilla aprobada"),
        queryset=MessageTemplate.objects.none(),
        empty_label=None,
        widget=UnfoldAdminRadioSelectWidget,
        error_messages={"required": reasons.TOLD["whatsapp_window_closed"]},
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offers: list[placeholders.Offer] = []
        conversation = getattr(self.row, "conversation", None)
        if conversation is not None and gate.needs_template(self.row, timezone.now()):
            del self.fields["text"], self.fields["file"]
            self.offers = self.fields["template"].offer_to(self.row)  # type: ignore[attr-defined]
            self._ask_for_missing()
        else:
            del self.fields["template"]
            adapter = base.adapter_of(conversation.channel) if conversation else None
            if adapter is None or not adapter.takes_files:
                del self.fields["file"]

    def _ask_for_missing(self) -> None:
        """What the chosen template needs and nobody knows, or a person gave, is a field of its own."""
        chosen = self.data.get("template", "")
        offers = [each for each in self.offers if str(each.template.pk) == chosen]
        for name in offers[0].template.variables if offers else []:
            if name in offers[0].missing or f"value_{name}" in self.data:
                label = _("Falta: %s") % name
                self.fields[f"value_{name}"] = forms.CharField(
                    label=label,
                    max_length=500,
                    widget=UnfoldAdminTextInputWidget,
                    error_messages={"required": label},
                )

    @property
    def values(self) -> dict[str, str]:
        """What a person gave for the template's variables."""
        given = self.cleaned_data.items()
        return {name.removeprefix("value_"): value for name, value in given if name[:6] == "value_"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        file = cleaned.get("file")
        # One byte past the limit is read, and tells that there are more.
        content = file.read(settings.ATTACHMENT_MAX_BYTES + 1) if file else b""
        upload = outbox.Upload(file.name, content) if file else None
        return {**cleaned, "upload": upload, "values": self.values}


class SettleForm(DoorForm):
    """The contradiction as the page showed it, and what the person decided."""

    fact = forms.CharField(widget=forms.HiddenInput)
    said_at = forms.CharField(widget=forms.HiddenInput)
    accept = forms.TypedChoiceField(
        label=_("¿Qué vale?"),
        choices=[("1", _("Lo que se dijo después")), ("0", _("Lo que está registrado"))],
        coerce=lambda value: value == "1",
        widget=UnfoldAdminSelectWidget,
    )


class OptOutForm(DoorForm):
    calls_only = forms.BooleanField(
        label=_("Solo llamadas: sigue recibiendo mensajes"), required=False
    )
    evidence = forms.CharField(
        label=_("Cómo lo pidió"),
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


__all__ = [
    "AddLeadForm",
    "AssignForm",
    "LeadForm",
    "MoveForm",
    "OptOutForm",
    "ReplyForm",
    "SettleForm",
]
