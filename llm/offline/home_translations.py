"""What a property's Spanish text says, in English and Portuguese, as far as a template has it."""

import re

from crm.patterns import Pattern
from leads.folding import clean, fold
from leads.languages import Language
from llm.offline.attributes import Attribute
from llm.offline.home import Answer, Home

DENIES = Pattern(r"\b(?:sin|no (?:tiene|incluye|cuenta|admite|acepta|hay))\b")
_NUMBERED = {"es": {}, "en": {"un": "one", "una": "one", "dos": "two", "tres": "three", "cuatro": "four", "cinco": "five", "seis": "six", "diez": "ten"},
             "pt": {"un": "um", "una": "uma", "dos": "dois", "tres": "três", "cuatro": "quatro", "cinco": "cinco", "seis": "seis", "diez": "dez"}}  # fmt: skip


def in_words_of(language: Language, attribute: Attribute, piece: str, home: Home) -> Answer | None:
    """The same in the lead's language, as far as a template has it."""
    folded = fold(clean(piece))
    if (made := _TRANSLATED.get(attribute.name)) and (text := made(folded, language)):
        return Answer(text, home)
    feature = attribute.yes.get(language)
    if not feature or DENIES.search(folded):
        return None
    count = re.search(r"\b(dos|tres|cuatro|\d)(?= estacionamientos)", folded)
    if count and attribute.name == "parking":
        number = _NUMBERED[language].get(count.group(1), count.group(1))
        feature = f"{number} {'parking spaces' if language == 'en' else 'vagas'}"
    feature = _sized(attribute, feature, folded, language)
    yes = {"en": "Yes, it has {}.", "pt": "Sim, tem {}."}
    return Answer(yes[language].format(feature), home, is_whole=True)


def _sized(attribute: Attribute, feature: str, folded: str, language: Language) -> str:
    """ "A plot of 600 m²", "a view of the mountains": what the piece says of it."""
    if attribute.name == "view":
        seen = next((words for sight, words in _SIGHTS.items() if sight in folded), None)
        return f"{feature} {seen[language]}" if seen else feature
    found = re.search(r"\b(\d{1,5}) ?m(?:2|²)", folded)
    if not found or attribute.name not in _MEASURED:
        return feature
    return f"{feature} {'of' if language == 'en' else 'de'} {found.group(1)} m²"


_MEASURED = ("land", "yard", "garden", "terrace")
_SIGHTS: dict[str, dict[Language, str]] = {
    "cordillera": {"es": "", "en": "of the mountains", "pt": "para a cordilheira"},
    "mar": {"es": "", "en": "of the sea", "pt": "para o mar"},
    "oceano": {"es": "", "en": "of the ocean", "pt": "para o oceano"},
    "parque": {"es": "", "en": "of the park", "pt": "para o parque"},
    "despejada": {"es": "", "en": "without anything in front", "pt": "livre"},
}


def _delivery_in(folded: str, language: Language) -> str:
    if "inmediata" in folded:
        return {"en": "is ready for immediate delivery", "pt": "tem entrega imediata"}[language]
    semester = re.search(r"\b(primer|segundo) semestre(?: de (\d{4}))?", folded)
    if not semester:
        return ""
    words = {
        "en": {"primer": "the first half of the year", "segundo": "the second half of the year"},
        "pt": {"primer": "no primeiro semestre", "segundo": "no segundo semestre"},
    }[language][semester.group(1)]
    return (f"will be delivered in {words}" if language == "en" else f"será entregue {words}") + (
        f" {semester.group(2)}" if semester.group(2) else ""
    )


def _floor_in(folded: str, language: Language) -> str:
    found = re.search(r"\bpiso (\d{1,2})\b", folded)
    return {"en": "is on floor {}", "pt": "fica no andar {}"}[language].format(found.group(1)) if found else ""  # fmt: skip


def _rent_in(folded: str, language: Language) -> str:
    found = re.search(r"\$ ?(\d[\d.]*\d)", folded)
    texts = {
        "en": "brings in a rent of about ${} a month",
        "pt": "rende um aluguel de cerca de ${} por mês",
    }
    return texts[language].format(found.group(1)) if found else ""


def _distance_in(folded: str, language: Language) -> str:
    found = re.search(
        r"\b(?P<n>\w+) (?P<unit>cuadras|minutos) (?:del|de la|de) (?P<what>metro|playa)", folded
    )
    if not found:
        return ""
    number = _NUMBERED[language].get(found["n"], found["n"])
    unit = {
        "en": {"cuadras": "blocks", "minutos": "minutes"},
        "pt": {"cuadras": "quadras", "minutos": "minutos"},
    }[language][found["unit"]]
    what = {
        "en": {"metro": "the metro", "playa": "the beach"},
        "pt": {"metro": "do metrô", "playa": "da praia"},
    }[language][found["what"]]
    return (
        f"is {number} {unit} from {what}" if language == "en" else f"fica a {number} {unit} {what}"
    )


_TRANSLATED = {
    "delivery": _delivery_in, "floor": _floor_in, "rent": _rent_in, "metro": _distance_in, "beach": _distance_in,
}  # fmt: skip
