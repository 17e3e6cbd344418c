"""Templates with ``{{name}}`` variables: what they name, whether they are sound, their text."""

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

VARIABLE = re.compile(r"\{\{\s*([a-z_][a-z0-9_]*)\s*\}\}")
VENDORS = re.compile(r"\{\{\s*(\w+)\s*\}\}")
GAP = "{{}}"


def variables(content: str) -> list[str]:
    """The variables a template names, each once, in order of appearance."""
    return list(dict.fromkeys(VARIABLE.findall(content)))


def validate(content: str) -> None:
    rest = VARIABLE.sub("", content)
    if "{{" in rest or "}}" in rest:
        raise ValidationError(_("Escribe las variables como {{nombre}}: sin espacios ni símbolos."))


def render(content: str, values: Mapping[str, str]) -> str:
    """The text with its variables filled; an unknown one leaves nothing behind."""
    return VARIABLE.sub(lambda match: values.get(match[1], ""), content)


def pieces(content: str, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """The text with its variables filled, cut at those without a value: text and "", or "" and the name."""
    cut = VARIABLE.split(content)
    made: list[tuple[str, str]] = []
    for text, name in zip(cut[::2], [*cut[1::2], ""], strict=True):
        made.append((text, ""))
        if name:
            made.append((values[name], "") if values.get(name) else ("", name))
    return made


def pairs(content: str, vendors: str) -> dict[str, str] | None:
    """Which of our variables stands for each of the vendor's, in the order of the vendor's text.

    None where the two are not the same text, or one placeholder would need two values.
    """
    if _shape(content) != _shape(vendors):
        return None
    met = list(zip(VENDORS.findall(vendors), VENDORS.findall(content), strict=True))
    paired = dict(met)
    return paired if all(paired[theirs] == ours for theirs, ours in met) else None


def _shape(text: str) -> str:
    return VENDORS.sub(GAP, text).replace("\r\n", "\n").strip()


def from_vendor(text: str, known: Mapping[str, str]) -> str:
    """The vendor's text with variables of ours: as ``known`` pairs them, else by a name like theirs."""

    def ours(match: re.Match[str]) -> str:
        theirs = match[1]
        return f"{{{{{known.get(theirs) or _own_name(theirs)}}}}}"

    return VENDORS.sub(ours, text)


def _own_name(theirs: str) -> str:
    folded = re.sub(r"[^a-z0-9_]", "_", theirs.lower())
    return f"dato_{folded}" if folded[0].isdigit() else folded


def to_vendor(content: str, *, by_name: bool) -> str:
    """The text as a vendor takes it: ``{{name}}``, or ``{{1}}`` in the order of first appearance."""
    names = variables(content)

    def theirs(match: re.Match[str]) -> str:
        return f"{{{{{match[1] if by_name else names.index(match[1]) + 1}}}}}"

    return VARIABLE.sub(theirs, content)
