"""What a filter's text may be, read strictly: what is not understood is refused."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django_filters import fields

from crm.api.serializers import YEARS
from crm.api.typed import WHOLE

NUMBER = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
# In an address an unescaped plus is a space: 10:00:00 03:00 was 10:00:00+03:00.
LOST_PLUS = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)", re.ASCII)


class WholeField(forms.IntegerField):
    """Digits only: Django's would also read ``1_000``."""

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and not WHOLE.fullmatch(str(value)):
            raise forms.ValidationError(_("Introduce un número entero."), code="invalid")
        return super().to_python(value)


class NumberField(forms.FloatField):
    """As JSON writes it: Django's would also read ``1_0`` and other scripts' digits."""

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and not NUMBER.fullmatch(str(value)):
            raise forms.ValidationError(_("Introduce un número."), code="invalid")
        return super().to_python(value)


class YesNoField(forms.Field):
    """``true`` or ``false``: anything else would be read as not asked for."""

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        read = {"true": True, "false": False}.get(str(value).lower())
        if read is None:
            raise forms.ValidationError(_("Usa true o false."), code="invalid")
        return read


class MomentField(forms.Field):
    """A date and time in ISO 8601; without an offset, in the broker's zone."""

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            read = parse_datetime(_with_plus(str(value)))
        except ValueError:
            read = None
        if read is None or read.year not in YEARS:
            code = "invalid" if read is None else "out_of_range"
            raise forms.ValidationError(_("Usa un momento ISO 8601 entre 2000 y 2100."), code=code)
        return read if timezone.is_aware(read) else timezone.make_aware(read)


class ChoiceField(fields.ChoiceField):
    """The library's, which does not say what may be chosen."""

    def validate(self, value: Any) -> None:
        known = [str(choice) for choice, _label in self.choices if choice not in ("", None)]
        if value and value not in known:
            raise forms.ValidationError(not_among([value], known), code="invalid_choice")
        super().validate(value)


class WordsField(forms.CharField):
    """Several texts of the broker's own, with commas."""

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        words = [word.strip() for word in text.split(",")] if text else []
        if not all(words):
            raise forms.ValidationError(_("Hay una coma de más."), code="invalid")
        return words


class EachField(forms.Field):
    """Several of the known values, with commas."""

    def __init__(self, *args: Any, known: list[str], **kwargs: Any) -> None:
        self.known = known
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> list[str] | None:
        if value in self.empty_values:
            return None
        asked = [part.strip() for part in str(value).split(",")]
        unknown = [part for part in asked if part not in self.known]
        if unknown:
            raise forms.ValidationError(not_among(unknown, self.known), code="invalid_choice")
        return asked


def not_among(unknown: Iterable[str], known: Iterable[str]) -> str:
    """What to answer to values that are none of the known ones."""
    named = {"values": ", ".join(unknown), "choices": ", ".join(known)}
    return _("No existe: %(values)s. Se puede elegir: %(choices)s.") % named


def _with_plus(text: str) -> str:
    return LOST_PLUS.sub("+", text) if "T" in text else text
