"""What a lead is told of an hour that they chose, in their language; no model writes it."""

from collections.abc import Sequence
from typing import Any

from leads.languages import Language
from llm.guards import texts

Words = dict[Language, str]

KINDS: dict[str, Words] = {
    "property_visit": {"es": "visita", "en": "visit", "pt": "visita"},
    "virtual_meeting": {"es": "reunión virtual", "en": "virtual meeting", "pt": "reunião virtual"},
    "phone_call": {"es": "llamada", "en": "call", "pt": "ligação"},
    "office_meeting": {
        "es": "reunión en la oficina",
        "en": "meeting at our office",
        "pt": "reunião no escritório",
    },
    "other": {"es": "cita", "en": "appointment", "pt": "reunião"},
}
BOOKED: Words = {
    "es": "¡Listo{name}! Tu {kind}{listing} quedó agendada para el {label}{place}.",
    "en": "Done{name}! Your {kind}{listing} is booked for {label}{place}.",
    "pt": "Pronto{name}! Sua {kind}{listing} ficou marcada para {label}{place}.",
}
MOVED: Words = {
    "es": "¡Listo{name}! Cambié tu {kind}{listing}: era el {before} y ahora es el {label}{place}.",
    "en": "Done{name}! I moved your {kind}{listing} from {before} to {label}{place}.",
    "pt": "Pronto{name}! Mudei sua {kind}{listing}: era {before} e agora é {label}{place}.",
}
STANDS: Words = {
    "es": "Tu {kind}{listing} ya está agendada: es el {label}{place}.",
    "en": "Your {kind}{listing} is already booked: it is on {label}{place}.",
    "pt": "Sua {kind}{listing} já está marcada: é {label}{place}.",
}
LISTING: Words = {"es": " a {title}", "en": " to {title}", "pt": " a {title}"}
PLACE: Words = {"es": ", en {location}", "en": ", at {location}", "pt": ", em {location}"}
AGENT: Words = {
    "es": "Te atenderá {agent}.",
    "en": "{agent} will receive you.",
    "pt": "{agent} vai atender você.",
}
ASK: dict[tuple[str, ...], Words] = {
    ("name", "phone"): {
        "es": "¿Me dices tu nombre y un teléfono para avisarte cualquier cambio?",
        "en": "Could you tell me your name and a phone number, in case anything changes?",
        "pt": "Pode me dizer seu nome e um telefone, caso algo mude?",
    },
    ("name",): {
        "es": "¿Me dices tu nombre?",
        "en": "Could you tell me your name?",
        "pt": "Pode me dizer seu nome?",
    },
    ("phone",): {
        "es": "¿Me dejas un teléfono para avisarte cualquier cambio?",
        "en": "Could you leave a phone number, in case anything changes?",
        "pt": "Pode deixar um telefone, caso algo mude?",
    },
}
GONE: Words = {
    "es": "Esa hora ya no está disponible.",
    "en": "That time is no longer available.",
    "pt": "Esse horário não está mais disponível.",
}
NONE_FREE: Words = {
    "es": "Por ahora no me quedan otras horas: le aviso al equipo y te respondemos por aquí.",
    "en": "I have no other times for now: I'll tell the team and we will answer you here.",
    "pt": "Por enquanto não tenho outros horários: vou avisar a equipe e respondemos por aqui.",
}


def booked(
    words: Words, answer: dict[str, Any], *, kind: str, name: str, before: str, language: Language
) -> str:
    """``answer`` is the tool's, ``before`` the hour that a moved visit had."""
    title, location = answer.get("property") or "", answer.get("location") or ""
    text = words[language].format(
        name=f", {name}" if name else "",
        kind=KINDS[kind][language],
        listing=LISTING[language].format(title=title) if title else "",
        before=before,
        label=answer["label"],
        place=PLACE[language].format(location=location) if location not in ("", title) else "",
    )
    agent = answer.get("agent")
    return f"{text} {AGENT[language].format(agent=agent)}" if agent else text


def asked(missing: Sequence[str], language: Language) -> str:
    """The question for a name or phone that is not known yet; empty where both are."""
    asked = tuple(fact for fact in ("name", "phone") if fact in missing)
    return ASK[asked][language] if asked else ""


def gone(labels: Sequence[str], language: Language) -> str:
    """That the hour is taken by now, and the hours that are free instead."""
    if not labels:
        return f"{GONE[language]} {NONE_FREE[language]}"
    numbered = [f"{number}) {label}" for number, label in enumerate(labels, 1)]
    listed = "\n".join([texts.HOURS[language], *numbered, texts.WHICH[language]])
    return f"{GONE[language]} {listed}"
