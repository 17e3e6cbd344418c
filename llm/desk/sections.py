"""The parts of what the assistant is told, as people edit them: a title, a help, a group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from llm import prompts

LONGEST = 20_000  # characters of one section
MOST_SITUATIONS = 20


@dataclass(frozen=True)
class Section:
    """``key`` is the column of the configuration, and the section's name in a version."""

    key: str
    title: Any
    help: Any = ""


@dataclass(frozen=True)
class Group:
    title: Any
    icon: str
    sections: tuple[Section, ...]


GROUPS = (
    Group(
        _("Quién es y cómo habla"),
        "badge",
        (
            Section(
                "identity_prompt",
                _("Identidad"),
                _("Quién escribe y en nombre de quién. Debe decir que es un asistente virtual."),
            ),
            Section(
                "behavior_rules",
                _("Tono, y cuándo llama a una persona"),
                _("Cómo trata a la gente, y en qué casos deja la conversación a una persona."),
            ),
            Section(
                "output_format",
                _("Forma de los mensajes"),
                _("Largo y formato. En los canales de mensajes no se ven negritas ni listas."),
            ),
        ),
    ),
    Group(
        _("Qué debe saber"),
        "menu_book",
        (
            Section(
                "business_context",
                _("La corredora"),
                _("A qué se dedican y dónde. Puede contárselo a los leads."),
            ),
            Section(
                "benefits_info",
                _("Beneficios"),
                _("Lo que la corredora ofrece. Puede contárselo a los leads."),
            ),
            Section(
                "qualification_requirements",
                _("Requisitos para calificar"),
                _("Qué se pide para un crédito. Puede contárselo a los leads."),
            ),
        ),
    ),
    Group(
        _("Qué busca, y en qué orden"),
        "flag",
        (
            Section("agent_objective", _("Objetivo"), _("A qué debe llegar una conversación.")),
            Section(
                "data_collection_prompt",
                _("Preguntas"),
                _("Cómo pregunta, y qué hace con lo que la persona cuenta sin que se lo pidan."),
            ),
            Section(
                "tools_instructions",
                _("Información y visitas"),
                _("De dónde saca lo que responde, y cómo ofrece y agenda horas."),
            ),
        ),
    ),
    Group(
        _("Qué no debe hacer"),
        "block",
        (
            Section(
                "restrictions",
                _("Prohibiciones de la corredora"),
                _("Se suman a las reglas de seguridad, que no se pueden quitar."),
            ),
        ),
    ),
)
SITUATIONS = Section(
    prompts.SITUATIONS,
    _("Situaciones"),
    _("Qué hacer en un caso preciso: una renta baja, una mascota grande, un arriendo."),
)
WHOLE = Section(
    prompts.WHOLE,
    _("Texto completo propio"),
    _("Si escribes aquí, reemplaza a todas las secciones de arriba. Lo usual es dejarlo vacío."),
)
ALL = (*(section for group in GROUPS for section in group.sections), SITUATIONS, WHOLE)
Sections = Mapping[str, Any]


def tidy(given: Sections) -> dict[str, Any]:
    """Every section there is, its text without blanks around it; what is no section is left out."""
    texts = {
        section.key: _text(given.get(section.key)) for section in ALL if section is not SITUATIONS
    }
    situations = given.get(SITUATIONS.key)
    named = situations if isinstance(situations, dict) else {}
    named_texts = {str(name).strip(): _text(text) for name, text in named.items()}
    return {
        **texts,
        SITUATIONS.key: {name: text for name, text in named_texts.items() if name and text},
    }


def _text(value: Any) -> str:
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def read(section: Section, sections: Sections) -> str:
    """A section as one text, situations a paragraph each."""
    value = sections.get(section.key)
    if isinstance(value, dict):
        return "\n\n".join(f"{case(name)}: {text}" for name, text in value.items())
    return _text(value)


def case(name: str) -> str:
    """The name of a situation as people read it: those that every broker starts with are keys."""
    return name.replace("_", " ").capitalize() if name.islower() else name


def pairs(names: Sequence[str], texts: Sequence[str]) -> dict[str, str]:
    """Situations as a form sends them: a name beside each text; a text without a name gets one."""
    found: dict[str, str] = {}
    for number, (name, text) in enumerate(zip(names, texts, strict=False), start=1):
        if text.strip():
            found[name.strip()[:100] or f"{SITUATIONS.title} {number}"] = text.strip()[:LONGEST]
    return dict(list(found.items())[:MOST_SITUATIONS])
