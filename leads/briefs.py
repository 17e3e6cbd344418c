"""What a person reads before they answer, in two lines: who it is and what they want, and why now."""

from collections.abc import Sequence

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads import words
from leads.enums import HandoffReason
from leads.models import ChatMessage, Lead

WANTS = ("property_type", "bedrooms", "location", "budget", "timeline")
DECIDING = ("income", "dicom", "debt_amount")
# Reasons that say by themselves why a person is needed; the others only stand in for a sentence.
TELLING = (
    HandoffReason.REQUESTED,
    HandoffReason.ANGER,
    HandoffReason.COMPLAINT,
    HandoffReason.NO_PROGRESS,
    HandoffReason.LEGAL_THREAT,
)
LINE = 300
QUOTE = 160
BURST = 3


def write(lead: Lead, reason: str = "", *, why: str = "", said: Sequence[ChatMessage] = ()) -> str:
    """From the lead's own row alone, in the broker's language.

    ``why`` is a sentence of whoever asks, ``said`` what of the lead's nobody has answered.
    """
    with translation.override(lead.broker.language):
        return f"{_who(lead)}\n{_why(lead, reason, why, _quoted(said))}"


def wants(lead: Lead) -> str:
    """What the lead is looking for, as far as it is known."""
    return " · ".join(filter(None, (_wanted(lead, name) for name in WANTS)))


def _wanted(lead: Lead, name: str) -> str:
    value = lead.metadata.get(name)
    if name == "bedrooms" and value:
        return ngettext("%(count)s dormitorio", "%(count)s dormitorios", value) % {"count": value}
    return words.fact(name, value)


def _who(lead: Lead) -> str:
    who = lead.name or lead.phone or lead.email or lead
    looks_for = _("Busca: %s.") % told if (told := wants(lead)) else _("Aún no dice qué busca.")
    return _one_line(f"{who}. {looks_for}")


def _why(lead: Lead, reason: str, why: str, quote: str) -> str:
    label = str(HandoffReason(reason).label) if reason else _("escribió")
    label = label[:1].upper() + label[1:]
    parts = [why, quote] if why and reason not in TELLING else [label, why, quote]
    if reason == HandoffReason.NOT_QUALIFIED:
        parts.append(_deciding(lead))
    told = [part.strip().rstrip(".") for part in parts if part.strip()]
    return _one_line(". ".join(told) + ".")


def _quoted(said: Sequence[ChatMessage]) -> str:
    text = " / ".join(" ".join(message.message_text.split()) for message in said[-BURST:])
    return f"«{text[:QUOTE]}{'…' if len(text) > QUOTE else ''}»" if text else ""


def _deciding(lead: Lead) -> str:
    """The facts by which a lead does not qualify."""
    told = ((name, words.fact(name, lead.metadata.get(name))) for name in DECIDING)
    return "; ".join(f"{words.fact_label(name)}: {value}" for name, value in told if value)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LINE else f"{line[: LINE - 1]}…"
