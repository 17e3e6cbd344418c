"""What the columns of an imported file mean, and what a row of them says about a lead."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.emails import one_spelling
from leads import facts, import_mapping, names, phones, storable
from leads.folding import clean, fold
from leads.money import find_amounts
from leads.spreadsheets import LONGEST_CELL
from leads.stages import Source

_SPLIT = re.compile(r"[,;|/\n]|\s+[ye]\s+")
_TAG_SPLIT = re.compile(r"[,;|\n]")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?e\+?\d+", re.IGNORECASE)
_AS_TEXT = re.compile(r'="?([^"]*)"?')
_CURRENCY = ((re.compile(r"\buf\b"), "UF"), (re.compile(r"\b(?:usd|us|dolar|dolares)\b"), "USD"))
_NOW = re.compile(r"\b(?:ahora|ya|inmediat[oa]|urgente|hoy|now|este mes|0-?1 mes|1 mes)\b")
_SOON = re.compile(r"\b(?:[23] meses|1-?3 meses|(?:30|60|90) dias|corto plazo|trimestre)\b")
_LATER = re.compile(
    r"\b(?:\d+ meses|\d+ anos?|(?:un|dos) anos?|mas adelante|largo|mediano|later|sin apuro|futuro)\b"
)
_NO_DEBT = frozenset(
    [
        "no",
        "sin deudas en dicom",
        "limpio",
        "sin deuda",
        "sin deudas",
        "sin dicom",
        "clean",
        "0",
        "n",
        "ok",
        "no tiene",
        "sano",
    ]
)
_DEBT = frozenset(
    [
        "si",
        "con deuda en dicom",
        "s",
        "con deuda",
        "con deudas",
        "con dicom",
        "moroso",
        "has_debt",
        "1",
        "tiene",
        "yes",
    ]
)
_SOURCES = {
    **{value: Source(value) for value in Source.values},
    **{"ingreso manual": Source.PERSON, "importacion": Source.IMPORT, "chat web": Source.WEBCHAT},
    **{"web": Source.FORM, "formulario": Source.FORM, "formulario web": Source.FORM},
    **{
        "correo": Source.EMAIL,
        "mail": Source.EMAIL,
        "llamada": Source.CALL,
        "chat": Source.WEBCHAT,
    },
}


@dataclass
class Understood:
    """A row in our terms. ``refused`` is why it cannot be a lead, ``left_out`` what was dropped."""

    phone_e164: str | None = None
    email: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    @property
    def told(self) -> dict[str, Any]:
        return {"facts": self.facts, **self.plain}


@dataclass(frozen=True)
class Columns:
    """Which column says what, and the people of the broker by e-mail."""

    header: Sequence[str]
    mapping: Sequence[str]
    country: str
    team: dict[str, int]


def understand(values: Sequence[str], columns: Columns) -> Understood:
    """Read a row; pure but for the columns it is given."""
    row = Understood()
    width = len(columns.header)
    if any(value.strip() for value in values[width:]):
        row.refused.append(("", "too_many_cells"))
        return row
    for place, target in enumerate(columns.mapping):
        written = values[place] if place < len(values) else ""
        if target and (text := tidy(written)):
            _read(row, columns, import_mapping.title(columns.header, place), target, text)
    if not row.refused and not (row.phone_e164 or row.email):
        row.refused.append(("", "no_contact"))
    return row


def is_phone(text: str, country: str) -> bool:
    return phones.to_e164(tidy(text)[:60], country=country) is not None


def tidy(written: str) -> str:
    """Without what spreadsheets put around a text: blanks, an apostrophe, ``="…"``."""
    text = storable.text(written).strip().strip("\u200b\u200e\u202a\u202c\ufeff").strip()
    if text[:1] == "'":
        text = text[1:].strip()
    if text[:1] == "=" and (meant := _AS_TEXT.fullmatch(text)):
        text = meant.group(1).strip()
    return "" if text.lower() in ("-", "--", "n/a", "null", "none", "#n/a", "#n/d", "s/i") else text


def _read(row: Understood, columns: Columns, heading: str, target: str, text: str) -> None:
    if "\ufffd" in text:
        row.refused.append((heading, "encoding"))
    elif len(text) > LONGEST_CELL:
        row.refused.append((heading, "too_long"))
    elif refusal := _READERS[target](row, columns, heading, text):
        strict = target in ("phone", "email", "assigned_to")
        (row.refused if strict else row.left_out).append((heading, refusal))


def _name(row: Understood, columns: Columns, heading: str, text: str) -> str:
    whole = f"{row.facts.get('name', '')} {text}".strip()[:100]
    if not names.is_real(whole):
        return "not_a_name"
    row.facts["name"] = whole
    return ""


def _phone(row: Understood, columns: Columns, heading: str, text: str) -> str:
    plain = text.removesuffix(".0").removesuffix(",0")
    row.phone_e164 = phones.to_e164(plain[:60], country=columns.country)
    if row.phone_e164:
        return ""
    return "excel_number" if _SCIENTIFIC.fullmatch(plain) else "not_dialable"


def _email(row: Understood, columns: Columns, heading: str, text: str) -> str:
    try:
        row.email = facts.clean_email(text.removeprefix("mailto:"))
    except ValueError as error:
        return str(error)
    return ""


def _location(row: Understood, columns: Columns, heading: str, text: str) -> str:
    pieces = [piece.strip() for piece in _SPLIT.split(text) if piece.strip()]
    found, unknown = facts.places(pieces[:50])
    if found:
        row.facts["location"] = [*row.facts.get("location", []), *found]
    return "not_a_comuna" if unknown else ""


def _money(target: str) -> "_Reader":
    def read(row: Understood, columns: Columns, heading: str, text: str) -> str:
        if not text.strip("0.,$ "):
            return ""
        found = None if text.startswith("-") else _amount(text[:100], heading, target)
        if found is None:
            return "not_an_amount"
        row.facts[target] = {"amount": found[0], "currency": found[1]}
        return ""

    return read


@lru_cache(maxsize=4096)
def _amount(text: str, heading: str, target: str) -> tuple[float, str] | None:
    """A number that says no currency takes the title's; a small budget is meant in UF."""
    mention = next(iter(find_amounts(text)), None)
    if mention is None:
        return None
    currency = mention.currency or _currency_in(heading)
    if currency is None and mention.bare:
        currency = "UF" if target == "budget" and mention.amount >= 100 else None
        if currency is None:
            return None
    return float(mention.amount), currency or "CLP"


@lru_cache(maxsize=256)
def _currency_in(heading: str) -> str | None:
    said = fold(clean(heading))
    return next((currency for form, currency in _CURRENCY if form.search(said)), None)


def _debt(row: Understood, columns: Columns, heading: str, text: str) -> str:
    if not text.strip("0.,$ "):
        return ""
    mention = None if text.startswith("-") else next(iter(find_amounts(text[:100])), None)
    if mention is None or mention.currency not in (None, "CLP"):
        return "not_an_amount"
    row.facts["debt_amount"] = float(mention.amount)
    return ""


def _dicom(row: Understood, columns: Columns, heading: str, text: str) -> str:
    said = fold(clean(text)).strip(" .")
    if said not in _NO_DEBT | _DEBT:
        return "not_understood"
    row.facts["dicom"] = "clean" if said in _NO_DEBT else "has_debt"
    return ""


def _timeline(row: Understood, columns: Columns, heading: str, text: str) -> str:
    horizon = _horizon(text[:100])
    if horizon is None:
        return "not_understood"
    row.facts["timeline"] = {"horizon": horizon, "text": text[:100]}
    return ""


@lru_cache(maxsize=4096)
def _horizon(text: str) -> str | None:
    said = fold(clean(text))
    forms = ((_NOW, "now"), (_SOON, "within_90_days"), (_LATER, "later"))
    return next((horizon for form, horizon in forms if form.search(said)), None)


def _property_type(row: Understood, columns: Columns, heading: str, text: str) -> str:
    row.facts["property_type"] = " ".join(text.split())[:50]
    return ""


def _bedrooms(row: Understood, columns: Columns, heading: str, text: str) -> str:
    number = re.search(r"\d+", text)
    if number is None or int(number.group()[:6]) > 20:
        return "not_understood"
    row.facts["bedrooms"] = int(number.group())
    return ""


def _notes(row: Understood, columns: Columns, heading: str, text: str) -> str:
    several = columns.mapping.count("notes") > 1
    line = f"{heading}: {text}" if several else text
    row.plain["notes"] = "\n".join(filter(None, [row.plain.get("notes"), line]))
    return ""


def _tags(row: Understood, columns: Columns, heading: str, text: str) -> str:
    _add_tags(row, _TAG_SPLIT.split(text))
    return ""


def _add_tags(row: Understood, written: list[str]) -> None:
    tags = [" ".join(tag.split())[:50] for tag in written]
    row.plain["tags"] = list(dict.fromkeys([*row.plain.get("tags", []), *filter(None, tags)]))


def _source(row: Understood, columns: Columns, heading: str, text: str) -> str:
    """One of ours, or kept as a tag: where people come from is worth filtering by."""
    known = _SOURCES.get(" ".join(fold(clean(text[:100])).split()))
    if known:
        row.plain["source"] = known.value
    else:
        _add_tags(row, [text])
    return ""


def _assigned_to(row: Understood, columns: Columns, heading: str, text: str) -> str:
    person = columns.team.get(one_spelling(text))
    if person is None:
        return "unknown_agent"
    row.plain["assigned_to"] = person
    return ""


_Reader = Callable[[Understood, Columns, str, str], str]
_READERS: dict[str, _Reader] = {
    "name": _name,
    "phone": _phone,
    "email": _email,
    "location": _location,
    "budget": _money("budget"),
    "income": _money("income"),
    "dicom": _dicom,
    "debt_amount": _debt,
    "timeline": _timeline,
    "property_type": _property_type,
    "bedrooms": _bedrooms,
    "notes": _notes,
    "tags": _tags,
    "source": _source,
    "assigned_to": _assigned_to,
}
REASONS: dict[str, Any] = {
    "too_many_cells": _(
        "tiene más celdas que títulos: quizá falta una comilla o sobra un separador"
    ),
    "no_contact": _("no tiene teléfono ni correo"),
    "encoding": _("tiene letras que no se pueden leer: guarda el archivo como CSV UTF-8"),
    "too_long": _("es demasiado largo: quizá falta cerrar una comilla"),
    "not_a_name": _("no parece el nombre de una persona"),
    "not_dialable": _("no es un teléfono que se pueda marcar"),
    "excel_number": _("Excel lo cambió por un número: formatea la columna como texto"),
    "not_an_email": _("no es un correo"),
    "not_a_comuna": _("no es una comuna de Chile"),
    "not_an_amount": _("no se entiende el monto o su moneda"),
    "not_understood": _("no se entiende"),
    "unknown_agent": _("no es el correo de alguien activo de la corredora"),
    "dicom_is_clean": _("dice que no hay deuda en DICOM y trae una deuda"),
    "suppressed": _("pidió no ser contactado"),
    "duplicate": _("repite el teléfono o correo de la fila %(row)s"),
}


def explain(heading: str, reason: str) -> str:
    """A problem in a sentence: the column, and what is wrong with it."""
    code, _sep, row = reason.partition(":")
    told = str(REASONS.get(code, code))
    told = told % {"row": row} if row else told
    return f"{heading}: {told}" if heading else told
