"""What a filter's text may be, read strictly: what is not understood is refused."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

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
            detail = _("«%s» no es una opción válida.") % unknown[0]
            raise forms.ValidationError(detail, code="invalid_choice")
        return asked


def _with_plus(text: str) -> str:
    return LOST_PLUS.sub("+", text) if "T" in text else text


class StrictForm(forms.Form):
    """An empty filter is as malformed as one that makes no sense, but for free text."""

    def clean(self) -> Any:
        for name, field in self.fields.items():
            given = self.data.get(name)
            if given is not None and not given.strip() and type(field) is not forms.CharField:
                self.add_error(
                    name, forms.ValidationError(_("Este filtro está vacío."), code="blank")
                )
        return super().clean()
