"""Forms of Admin: they stay inside one broker, save what changed, and never show secrets."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminPasswordWidget

from crm.tenancy import Tenanted


def broker_of(row: models.Model) -> Any:
    """The id of the broker that a row belongs to; None for rows that belong to none."""
    return row.pk if row._meta.label == "brokers.Broker" else getattr(row, "broker_id", None)


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row's form: its broker is the user's, and so is that of every row it points at.

    ``request.refusal`` is what a door answered to this same form: shown with the input kept.
    """

    request: HttpRequest

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.belong_to(broker_of(self.instance) or self._user.broker_id)

    def belong_to(self, broker: int | None) -> None:
        """Make the row this broker's, and offer only this broker's rows to point at."""
        if broker is None:
            return
        if self._owned and self.instance._state.adding:
            self.instance.broker_id = broker
        self._narrow(broker)

    @property
    def _user(self) -> Any:
        return self.request.user

    @property
    def _owned(self) -> bool:
        return any(field.name == "broker" for field in self.instance._meta.fields)

    def _narrow(self, broker: int) -> None:
        for field in self.fields.values():
            model = getattr(getattr(field, "queryset", None), "model", None)
            if model is not None and issubclass(model, Tenanted):
                path = "pk" if model._meta.label == "brokers.Broker" else "broker"
                field.queryset = field.queryset.filter(**{path: broker})  # type: ignore[attr-defined]

    def _get_validation_exclusions(self) -> set[str]:
        """Constraints that name the broker are checked although its field is not on the form."""
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclusions - {"broker"} if self._owned and self.instance.broker_id else exclusions

    def edited_columns(self) -> set[str]:
        """The columns that this form changed."""
        columns = {field.name for field in self.instance._meta.concrete_fields}
        return columns & set(self.changed_data)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        own = broker_of(cleaned.get("broker") or self.instance)
        for name, value in cleaned.items():
            if isinstance(value, Tenanted) and own and broker_of(value) != own:
                self.add_error(name, _("Es de otra corredora."))
        if refusal := getattr(self.request, "refusal", None):
            raise ValidationError(str(refusal), code=refusal.code)
        return cleaned


class TenantFormSet(PaginationInlineFormSet):
    """Rows inside another's page belong to its broker."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.belong_to(broker_of(self.instance))

    def full_clean(self) -> None:
        """A new page's broker is known only once its own form was read."""
        for form in self.forms:
            form.belong_to(broker_of(self.instance))
        super().full_clean()


class Secret(forms.CharField):
    """A value that is written and never shown; left empty it stays as it was."""

    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label,
            required=False,
            strip=True,
            widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        )


SecretKeys = Mapping[str, tuple[tuple[str, ...], Any]]


class SecretsForm(TenantForm):
    """Offers the known keys of an encrypted field as write-only inputs.

    ``secrets_in`` names the encrypted field; ``secret_keys`` maps an input's name to the path of
    its value inside the field and its label.
    """

    secrets_in = ""
    secret_keys: SecretKeys = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (path, _label) in self.secret_keys.items():
            stored = self._stored(path)
            self.fields[name].help_text = (
                _("Guardado. Déjalo vacío para no cambiarlo; escribe un guion (-) para borrarlo.")
                if stored
                else _("Sin configurar.")
            )

    def _stored(self, path: tuple[str, ...]) -> Any:
        value: Any = getattr(self.instance, self.secrets_in) or {}
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def edited_columns(self) -> set[str]:
        return super().edited_columns() | ({self.secrets_in} if self.written() else set())

    def written(self) -> dict[str, str]:
        return {name: text for name in self.secret_keys if (text := self.cleaned_data.get(name))}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        values = dict(getattr(self.instance, self.secrets_in) or {})
        for name, text in self.written().items():
            *parents, last = self.secret_keys[name][0]
            place = values
            for key in parents:
                place[key] = dict(place.get(key) or {})
                place = place[key]
            if text == "-":
                place.pop(last, None)
            else:
                place[last] = text
        setattr(self.instance, self.secrets_in, values)


class PrettyJSON(forms.JSONField):
    """JSON on lines of its own, for people who edit it."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)


class PartsForm(TenantForm):
    """Offers the known keys of JSON columns as inputs of their own.

    ``parts`` maps an input's name to its column and the key inside it; other keys stay.
    """

    parts: dict[str, tuple[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (column, key) in self.parts.items():
            self.initial[name] = (getattr(self.instance, column) or {}).get(key)

    def edited_columns(self) -> set[str]:
        parts = {column for name, (column, _) in self.parts.items() if name in self.changed_data}
        return super().edited_columns() | parts

    def _post_clean(self) -> None:
        for name, (column, key) in self.parts.items():
            if name in self.cleaned_data and name in self.changed_data:
                value = {**(getattr(self.instance, column) or {}), key: self.cleaned_data[name]}
                setattr(self.instance, column, value)
        super()._post_clean()  # type: ignore[misc]


def with_secrets(field: str, keys: SecretKeys) -> type[SecretsForm]:
    """The form class that offers ``keys`` of the encrypted ``field``."""
    inputs: dict[str, Any] = {name: Secret(label) for name, (_path, label) in keys.items()}
    return type("Secrets", (SecretsForm,), {"secrets_in": field, "secret_keys": keys, **inputs})
