"""Where a lead came from: the word that a link carries, made, read, and greeted with."""

import re

from django.utils.translation import gettext_lazy as _

from crm.errors import DomainError
from leads.models import Lead

# What Telegram lets a link carry.
ALLOWED = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
BETWEEN = "__"
PROPERTY = "propiedad"
GREETING = "Hola"
# What brings people besides links of ours.
SOURCES = {"meta_ad": _("anuncio de Meta"), "meta_post": _("publicación de Meta")}


class BadWord(DomainError):
    code = "invalid"
    message = _(
        "Usa letras sin tilde, números y guiones: el origen y la campaña juntos, hasta 62 signos."
    )


def word(*, source: str, campaign: str = "") -> str:
    """``source`` and ``campaign`` as one word; with the source ``propiedad``, its code second."""
    made = BETWEEN.join(filter(None, [source.strip(), campaign.strip()]))
    if not ALLOWED.match(made) or BETWEEN in source or BETWEEN in campaign:
        raise BadWord
    return made


def read(given: str) -> dict[str, str]:
    """What a word says: a link of ours, or any other that brought somebody."""
    if not ALLOWED.match(given):
        return {}
    source, _between, campaign = given.partition(BETWEEN)
    return {"source": source, **({"campaign": campaign} if campaign else {})}


def greeting(given: str) -> str:
    """What somebody says who opens the chat from a link, as they typed nothing."""
    told = read(given)
    if told.get("source") == PROPERTY and told.get("campaign"):
        return f"{GREETING}, me interesa la propiedad {told['campaign']}"
    return GREETING


def told(lead: Lead) -> str:
    """Where a lead came from, in words: «Telegram (instagram, verano)»."""
    origin = lead.metadata.get("origin") or {}
    named = SOURCES.get(origin.get("source", ""), origin.get("source"))
    link = ", ".join(str(each) for each in (named, origin.get("campaign")) if each)
    source = str(lead.get_source_display())
    return f"{source} ({link})" if link else source
