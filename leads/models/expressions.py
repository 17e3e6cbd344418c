"""What PostgreSQL derives of a lead's columns by itself: the text it is searched by, and what it looks for."""

from typing import Any

from django.db import models
from django.db.models import Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, Concat, Left, Lower
from django.utils.translation import gettext_lazy as _

LONGEST = 500


class Folded(models.Func):
    """Lower case without the accents that Spanish and its neighbours write."""

    function = "LOWER"
    template = (
        "%(function)s(TRANSLATE(%(expressions)s, "
        "'áàâäãéèêëíìîïóòôöõúùûüñçÁÀÂÄÃÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÑÇ', "
        "'aaaaaeeeeiiiiooooouuuuncaaaaaeeeeiiiiooooouuuunc'))"
    )


class Digits(models.Func):
    function = "REGEXP_REPLACE"
    template = "%(function)s(%(expressions)s, '\\D', '', 'g')"


def searchable() -> models.GeneratedField:
    parts = [
        Folded(Coalesce("name", Value(""))),
        Coalesce(Lower("email"), Value("")),
        Coalesce("phone_e164", Value("")),
        Digits("phone"),
    ]
    spaced = [each for part in parts for each in (part, Value(" "))]
    return models.GeneratedField(
        expression=Concat(*spaced[:-1], output_field=models.TextField()),
        output_field=models.TextField(_("lo que se busca")),
        db_persist=True,
    )


class Amount(models.Func):
    """A text of digits as a number; null for any other, so that no fact can keep a lead from being saved."""

    function = "SUBSTRING"
    template = "CAST(SUBSTRING(%(expressions)s FROM '^[0-9]{1,13}(?:[.][0-9]{1,4})?$') AS float8)"
    output_field = models.FloatField()


def sought(output_field: Any, fact: str, part: str = "") -> models.GeneratedField:
    """A fact as a column: searching a brokerage's leads by it need not open their JSON.

    Cut to what facts ever are: an index takes no longer texts.
    """
    written: Any = KeyTextTransform(fact, "metadata")
    if part:
        written = KeyTextTransform(part, KeyTransform(fact, "metadata"))
    short = Left(written, LONGEST)
    value = Amount(short) if isinstance(output_field, models.FloatField) else short
    return models.GeneratedField(expression=value, output_field=output_field, db_persist=True)
