"""One spelling for each e-mail address: what is stored, compared and looked up."""

import unicodedata
from typing import TYPE_CHECKING, Any

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_DOMAIN = 253


def one_spelling(address: str) -> str:
    """The address in small letters, look-alikes made plain, the domain as its ASCII form.

    Done to what is no address too: it comes out the same for every way of writing it, and belongs
    to nobody.
    """
    if address.isascii():
        return address.strip().lower()
    name, at, domain = _plain(address).strip().rpartition("@")
    return f"{_plain(name.casefold())}{at}{_ascii(domain)}"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _ascii(domain: str) -> str:
    """As mail servers know it; IDNA's own folding keeps apart what are two domains (ß and ss)."""
    if len(domain) <= LONGEST_DOMAIN:
        try:
            return idna.encode(domain, uts46=True).decode()
        except UnicodeError:  # idna's errors are of this kind too
            pass
    return _plain(domain.casefold())


def checked(written: str, *, longest: int = 100) -> str:
    """The one spelling of what a person wrote; raises ValidationError for no address.

    What is written is looked at, not what comes of it: ß and ss are two mailboxes.
    """
    validate_email(written.strip())
    address = one_spelling(written)
    validate_plain(address)
    if len(address) > longest:
        raise ValidationError(_("Escribe un correo válido."), code="invalid")
    return address


def validate_plain(address: str) -> None:
    """Letters that only look like ASCII pass Django's own check, which ignores case."""
    if not one_spelling(address).isascii():
        raise ValidationError(_("Escribe un correo válido."), code="invalid")


if TYPE_CHECKING:
    EmailField = models.EmailField[Any, Any]
else:
    EmailField = models.EmailField


class OneSpellingEmailField(EmailField):
    """An e-mail that is written and looked up in its one spelling, whoever writes or asks."""

    default_validators = [*models.EmailField.default_validators, validate_plain]

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return one_spelling(value) if isinstance(value, str) else value
