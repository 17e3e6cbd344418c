"""Finding leads by any part of their name, e-mail or phone, however it is spelt or punctuated."""

import re
from typing import Any

from django.db.models import Q, QuerySet

from leads.folding import clean, fold

LONGEST = 100
_TELEPHONE = re.compile(r"\+?[\d\s().-]*\d[\d\s().-]*")
_SEPARATORS = re.compile(r"[\s().+-]")


def terms(text: str) -> list[str]:
    """What must all occur: the words, or one run of digits where a phone was typed."""
    folded = fold(clean(text))[:LONGEST].strip()
    if _TELEPHONE.fullmatch(folded):
        return [_SEPARATORS.sub("", folded)]
    return folded.replace(",", " ").split()


def matching(leads: QuerySet[Any], text: str, *, path: str = "") -> QuerySet[Any]:
    """The leads that have every term; all of them for a blank text."""
    found = Q()
    for term in terms(text):
        found &= Q(**{f"{path}searchable__contains": term})
    return leads.filter(found)
