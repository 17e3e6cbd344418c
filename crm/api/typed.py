"""JSON taken at its word: a number is no text, a text no number, and only true and false are that."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

WHOLE = re.compile(r"-?[0-9]{1,30}", re.ASCII)
TEXT = (
    serializers.CharField,
    serializers.UUIDField,
    serializers.DateTimeField,
    serializers.DateField,
    serializers.TimeField,
)


def require(serializer: serializers.BaseSerializer[Any], data: Any) -> None:
    """Refuse what DRF would turn into another type; a form has nothing but texts and passes."""
    if isinstance(data, dict) and not hasattr(data, "getlist"):
        wrong = _within(serializer, data)
        if wrong:
            raise ValidationError(wrong)


def yes_or_no(query: Mapping[str, str], name: str) -> bool:
    """What a parameter of a query says; no, where it is not there."""
    read = {"true": True, "false": False}.get(query.get(name, "false").lower())
    if read is None:
        raise ValidationError({name: _("Usa true o false.")}, code="invalid")
    return read


def require_words(serializer: serializers.Serializer[Any], query: Mapping[str, str]) -> None:
    """The same for a query, in which all are texts: yes, no and whole numbers have one spelling."""
    wrong = {
        name: refusal
        for name, field in serializer.fields.items()
        if name in query and (refusal := _unread(field, query[name]))
    }
    if wrong:
        raise ValidationError(wrong, code="invalid")


def _unread(field: Any, word: str) -> str:
    """Why a word is not what its field reads, where DRF would guess; "" where it is."""
    if isinstance(field, serializers.BooleanField) and word.lower() not in ("true", "false"):
        return _("Usa true o false.")
    whole = (serializers.IntegerField, serializers.PrimaryKeyRelatedField)
    if isinstance(field, whole) and not WHOLE.fullmatch(word):
        return _("Introduce un número entero.")
    return ""


def _within(field: Any, value: Any) -> Any:
    """The errors inside a value, in DRF's shape: by field's name, or by place in a list."""
    if value is None:
        return None
    pairs: dict[Any, Any]
    if isinstance(field, serializers.Serializer) and isinstance(value, dict):
        known = {name: each for name, each in field.fields.items() if not each.read_only}
        pairs = {name: (known[name], value[name]) for name in known.keys() & value.keys()}
    elif isinstance(field, serializers.ListField | serializers.ListSerializer):
        child: Any = field.child
        pairs = {n: (child, each) for n, each in enumerate(value)} if _is_list(value) else {}
    elif isinstance(field, serializers.DictField):
        pairs = {n: (field.child, each) for n, each in value.items()} if _is_dict(value) else {}
    else:
        return None if _fits(field, value) else [_refusal(field, value)]
    return {name: wrong for name, pair in pairs.items() if (wrong := _within(*pair))} or None


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _fits(field: Any, value: Any) -> bool:
    if isinstance(field, serializers.ChoiceField):
        return type(value) in {type(choice) for choice in field.choices} | {str}
    if isinstance(field, serializers.BooleanField):
        return isinstance(value, bool)
    if isinstance(field, serializers.IntegerField):
        return _is_number(value) and float(value).is_integer()
    if isinstance(field, serializers.FloatField):
        return _is_number(value)
    if isinstance(field, serializers.PrimaryKeyRelatedField):
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str) if isinstance(field, TEXT) else True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _refusal(field: Any, value: Any) -> Any:
    """What the field itself says to a value of another type."""
    named = {"data_type": type(value).__name__, "input": value, "format": "ISO 8601"}
    code = next(
        code
        for code in ("incorrect_type", "invalid_choice", "invalid")
        if code in field.error_messages
    )
    try:
        field.fail(code, **named)
    except ValidationError as error:
        return error.detail[0]  # type: ignore[index]
