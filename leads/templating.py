"""Templates with ``{{name}}`` variables: what they name, whether they are sound, their text."""

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

VARIABLE = re.compile(r"\{\{\s*([a-z_][a-z0-9_]*)\s*\}\}")


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
