"""How language models are named in a configuration: the vendor, then the vendor's own name."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

LONGEST = 120
MOST = 5  # a turn has no time for more of them

named = RegexValidator(
    r"^(?:google|openai|openai-responses|anthropic):\S+\Z",
    _("Escribe proveedor:modelo, por ejemplo google:gemini-3.8-flash u openai:gpt-5-mini."),
)


def chained(names: Any) -> None:
    """A list of one to five names."""
    if not isinstance(names, list) or not 1 <= len(names) <= MOST:
        raise ValidationError(_("Escribe de uno a cinco modelos."), code="invalid")
    for name in names:
        if not isinstance(name, str) or len(name) > LONGEST:
            raise ValidationError(named.message, code=named.code)
        named(name)
