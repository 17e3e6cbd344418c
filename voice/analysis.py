"""What was said in a call: the lead's facts and wishes, how it went, and two lines about it."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from statistics import fmean
from typing import Any

from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _
from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.models.fallback import FallbackModel

from leads import optout
from leads.enums import HandoffReason
from leads.facts import Facts, Money, Timeline
from leads.folding import clean, excerpt, fold
from leads.models import Lead
from leads.money import Money as Amount
from leads.money import format_money
from llm import gateway, pricing
from llm.models import CallType
from llm.spanish import Facts as Said
from llm.spanish import Intent, asked_in, understand
from voice.models import CallStatus, Disposition, Speaker, VoiceCall
from voice.providers.base import Line, Report

INTERESTED = (
    Intent.WANTS_VISIT,
    Intent.ASKS_FINANCING,
    Intent.ASKS_QUESTION,
    Intent.WANTS_OTHER_SLOTS,
    Intent.PICKS_OFFER,
)
LATER = re.compile(
    r"\b(?:llam(?:e|a|en|ar)(?:me|le)?|hablemos|conversemos) (?:\w+ ){0,4}?"
    r"(?:mas tarde|despues|luego|manana|otro dia|otra hora|en la (?:tarde|manana|noche)"
    r"|el (?:lunes|martes|miercoles|jueves|viernes|sabado))\b"
    r"|\b(?:ahora no puedo|no puedo (?:hablar|ahora)|estoy (?:en (?:una )?reunion|manejando|ocupad[oa]))\b"
)
PEOPLE = (
    (Intent.LEGAL_THREAT, HandoffReason.LEGAL_THREAT),
    (Intent.COMPLAINT, HandoffReason.COMPLAINT),
    (Intent.ANGER, HandoffReason.ANGER),
    (Intent.WANTS_HUMAN, HandoffReason.REQUESTED),
)
# Heard, not written: what is spelt letter by letter is not taken for certain.
NOT_BY_EAR = ("email", "phone")
INSTRUCTIONS = (
    "Resume en español, en dos líneas breves y sin Markdown, la llamada que sigue entre un "
    "asistente inmobiliario y un cliente: primero qué quedó claro, después el próximo paso. "
    "Usa solo lo que se dijo; no prometas crédito ni aprobación."
)


@dataclass(frozen=True)
class Heard:
    """``opted_out`` holds the lead's own words; ``handoff`` the reason and the words."""

    facts: Facts
    disposition: Disposition
    summary: str
    confidence: float = 1.0
    opted_out: str = ""
    wrong_number: bool = False
    handoff: tuple[HandoffReason, str] | None = None


def is_contact(report: Report, status: CallStatus) -> bool:
    """Whether a person was spoken to: a machine is not one, nor is silence."""
    if status != CallStatus.COMPLETED or report.voicemail:
        return False
    return any(line.speaker == Speaker.CUSTOMER for line in report.lines)


def analyse(lines: tuple[Line, ...], lead: Lead, *, at: datetime) -> Heard:
    """Read a transcript. Pure."""
    zone, known = lead.timezone or lead.broker.timezone, dict(lead.metadata)
    told: dict[str, Any] = {}
    intents: set[Intent] = set()
    asked, words, sureness = None, [], []
    for line in lines:
        if line.speaker == Speaker.BOT:
            asked = asked_in(line.text)
            continue
        meaning = understand(line.text, now=at, zone=zone, asked=asked, known={**known, **told})
        told |= _plain(meaning.facts)
        intents |= meaning.intents
        words.append(line.text)
        sureness.append(1.0 if line.confidence is None else line.confidence)
    heard = Heard(
        facts=Facts.model_validate(told),
        disposition=Disposition.OTHER,
        summary="",
        confidence=round(fmean(sureness), 2) if sureness else 1.0,
        opted_out=next((each for each in words if optout.asked(each)), ""),
        wrong_number=any(optout.says_wrong_number(each) for each in words),
        handoff=_wants_person(words, at),
    )
    disposition = _disposition(heard, intents, words)
    return replace(heard, disposition=disposition, summary=_in_two_lines(heard, disposition, words))


def _plain(said: Said) -> dict[str, Any]:
    told = {name: value for name, value in said.known().items() if name not in NOT_BY_EAR}
    for name in ("budget", "income"):
        if name in told:
            told[name] = Money(amount=float(told[name].amount), currency=told[name].currency)
    if said.timeline is not None:
        told["timeline"] = Timeline(horizon=said.timeline.horizon, text=said.timeline.text[:100])
    if "location" in told:
        told["location"] = list(told["location"])
    return told


def _wants_person(words: list[str], at: datetime) -> tuple[HandoffReason, str] | None:
    for each in words:
        meaning = understand(each, now=at)
        for intent, reason in PEOPLE:
            if meaning.has(intent) and not (intent == Intent.WANTS_HUMAN and _puts_off(each)):
                return reason, each
    return None


def _puts_off(words: str) -> bool:
    return bool(LATER.search(fold(clean(excerpt(words)))))


def _disposition(heard: Heard, intents: set[Intent], words: list[str]) -> Disposition:
    """The strongest of what was said."""
    if heard.wrong_number:
        return Disposition.WRONG_NUMBER
    if heard.opted_out:
        return Disposition.OPTED_OUT
    if Intent.NOT_INTERESTED in intents:
        return Disposition.NOT_INTERESTED
    told = heard.facts.model_dump(exclude_none=True)
    if any(map(_puts_off, words)) or (Intent.POSTPONES in intents and not told):
        return Disposition.CALL_BACK
    interested = bool(told) or bool(intents & set(INTERESTED))
    return Disposition.INTERESTED if interested else Disposition.OTHER


def _in_two_lines(heard: Heard, disposition: Disposition, words: list[str]) -> str:
    """How it went and what was told; then the most telling of the last words."""
    told = ", ".join(_told(heard.facts))
    first = str(disposition.label).capitalize()
    first = _("%(how)s. Contó: %(what)s.") % {"how": first, "what": told} if told else f"{first}."
    longest = max(words[-3:], key=len, default="")
    if len(longest) > 160:
        longest = longest[:159].rstrip() + "…"
    return first + "\n" + _("Dijo: «%s»") % longest


def _told(facts: Facts) -> list[str]:
    dicom = {"clean": _("sin deudas en DICOM"), "has_debt": _("con deuda en DICOM")}
    parts = [
        facts.name and _("se llama %s") % facts.name,
        facts.location and _("busca en %s") % ", ".join(facts.location),
        facts.budget and _("presupuesto de %s") % _amount(facts.budget),
        facts.income and _("renta líquida de %s") % _amount(facts.income),
        dicom.get(facts.dicom or ""),
        facts.timeline and _("plazo: %s") % facts.timeline.text,
        facts.asked_financing and _("preguntó por financiamiento"),
    ]
    return [part for part in parts if part]


def _amount(money: Money) -> str:
    return format_money(Amount(Decimal(str(money.amount)), money.currency))


def summed_up(call: VoiceCall, *, at: datetime) -> str | None:
    """A model's two lines about a call; None where only the offline model would answer."""
    bill = gateway.Bill(call.broker_id, lead_id=call.lead_id, call_type=CallType.ANALYSIS)
    model = gateway.chain(call.broker, bill, at=at)
    if not isinstance(model, FallbackModel):
        return None
    transcript = "\n".join(
        f"{line.get_speaker_display()}: {line.text}" for line in call.lines.all()
    )
    agent = Agent(model, instructions=INSTRUCTIONS, model_settings=gateway.VENDOR_SETTINGS)
    try:
        result = async_to_sync(agent.run)(transcript[:12_000])
    except AgentRunError:
        return None
    by = result.all_messages()[-1]
    offline = getattr(by, "model_name", "") == pricing.OFFLINE
    return None if offline else str(result.output).strip()[:2000] or None
