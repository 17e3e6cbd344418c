"""Turns phone numbers as people type them into E.164, and never makes one up."""

import re
import unicodedata
from itertools import islice

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from leads.folding import fold

_PERSONAL = {
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.VOIP,
    PhoneNumberType.PERSONAL_NUMBER,
}
_DASHES = re.compile("[\u2010-\u2015]")
_ALLOWED = re.compile(r"[\d\s+().\-/]+")
_CANDIDATE = re.compile(r"(?<![\w$.,])(?:\+|\(\+?)?\d(?:[\s().\-/]{0,3}\d){6,14}(?![\w]|[.,]\d)")
_MOST = 20  # candidates that are tried: each costs more than all the rest of the text
_RUT = re.compile(r"(?<![\d.])\d{1,2}\.?\d{3}\.?\d{3}\s?-\s?[\dkK](?!\d)")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_DIGITS: dict[str, str] = {
    **{word: str(value) for value, word in enumerate("cero un dos tres cuatro cinco seis siete ocho nueve".split())},  # noqa: SIM905
    **{word: str(value) for value, word in enumerate("zero one two three four five six seven eight nine".split())},  # noqa: SIM905
    **{"uno": "1", "dois": "2", "quatro": "4", "sete": "7", "oito": "8", "nove": "9", "um": "1", "oh": "0"},
    **{word: str(value) for value, word in enumerate("diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve veinte".split(), 10)},  # noqa: SIM905
    **{f"veinti{word}": str(20 + value) for value, word in enumerate("cero uno dos tres cuatro cinco seis siete ocho nueve".split())},  # noqa: SIM905
}  # fmt: skip
_TENS = {
    word: str(value)
    for value, word in enumerate(
        ["treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"], 3
    )
}
_SPOKEN = r"(?:" + "|".join(sorted({*_DIGITS, *_TENS}, key=len, reverse=True)) + r"|\d{1,4})"
_SPELT = re.compile(rf"\b{_SPOKEN}(?:[\s,.\-]{{1,3}}(?:y )?{_SPOKEN}){{3,11}}\b")
_DATE = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}-\d{2}-\d{2}")


def to_e164(text: str, *, country: str = "CL") -> str | None:
    """None when the text is not one dialable number of a person; feeding the answer back gives it again."""
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text).strip())
    if not plain.isascii() or not _ALLOWED.fullmatch(plain) or plain.count("+") > 1:
        return None
    return next((found for way in _ways(plain) if (found := _dialable(way, country))), None)


def find_phone(text: str, *, country: str = "CL") -> str | None:
    """The first dialable number in running text; amounts, dates and RUTs are none."""
    found = locate_phone(text, country=country)
    return found[0] if found else None


def locate_phone(text: str, *, country: str = "CL") -> tuple[str, int, int] | None:
    without_rut = _RUT.sub(lambda match: "x" * len(match.group()), text)
    for match in islice(_CANDIDATE.finditer(without_rut), _MOST):
        written = match.group()
        if _THOUSANDS.fullmatch(written) or _DATE.match(written):
            continue
        if number := to_e164(written, country=country):
            return number, match.start(), match.end()
    return _spelt(text, country)


def _spelt(text: str, country: str) -> tuple[str, int, int] | None:
    """A number dictated in words, digit by digit or in twos: "nueve ocho siete sesenta y cinco"."""
    for match in islice(_SPELT.finditer(fold(text)), _MOST):
        if match.group()[:1].isdigit() and not re.search("[a-z]", match.group()):
            continue
        if number := to_e164(_digits_of(match.group()), country=country):
            return number, match.start(), match.end()
    return None


def _digits_of(words: str) -> str:
    digits, tens = "", ""
    for word in re.findall(r"[a-z]+|\d+", words):
        if word == "y":
            continue
        digit = word if word.isdigit() else _DIGITS.get(word, "")
        joined = tens and len(digit) == 1
        digits += digit if joined or not tens else "0" + digit
        tens = _TENS.get(word, "")
        digits += tens
    return digits + ("0" if tens else "")


def national(e164: str) -> str:
    """For people's eyes: "+56 9 8765 4321"; what is no number comes back as it was."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def _ways(plain: str) -> list[str]:
    """How the digits may be meant: as typed, then without a trunk zero, then with the plus left out."""
    digits = re.sub(r"\D", "", plain)
    if "+" in plain or digits.startswith("00"):
        return ["+" + digits.removeprefix("00") if "+" not in plain else plain]
    return (
        [plain, digits.lstrip("0"), "+" + digits.lstrip("0")]
        if len(digits) <= 11
        else ["+" + digits]
    )


def _dialable(text: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(number) not in _PERSONAL:  # unknown where it is not valid
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
