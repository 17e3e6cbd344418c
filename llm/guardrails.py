"""What a reply may never say, held on the text itself, whichever model wrote it."""

import re
from dataclasses import dataclass

from crm.patterns import Pattern
from leads.models import Lead
from leads.optout import fold

SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]+|[^.!?\n]+$")
PROMISE = Pattern(
    r"\b(?:pre ?aprob\w*|aprob(?:ado|ada|aremos|amos|acion|aran)|(?:te|les?) (?:otorga|presta|aprueba|"
    r"daremos|damos|daran|dan|conseguimos|conseguiremos)\w*|garantiz\w+|"
    r"(?:puedes|podras|podrias|vas a) (?:obtener|acceder|optar|conseguir|sacar|pedir)\w*(?: \w+){0,3} "
    r"(?:credito|hipotecario|prestamo)|"
    r"credito (?:aprobado|seguro|listo|hipotecario (?:aprobado|seguro|listo))|"
    r"(?:tienes|tendras) (?:el |un )?credito|calificas|sujeto de credito)\b"
)
CREDIT = Pattern(r"\b(?:credito|hipotecario|prestamo|financiamiento|banco|pre ?aprob\w*)\b")
DENIAL = Pattern(
    r"\b(?:no (?:puedo|podemos|te puedo|es posible|prometo|garantiz\w+|asegur\w+)|sin (?:prometer|garantizar)"
    r"|un ejecutivo (?:revisara|evaluara|vera))\b"
)
INSTEAD = (
    "Sobre el financiamiento no puedo adelantarte una respuesta: un ejecutivo revisará tu caso."
)
ASSISTANT_WORDS = Pattern(r"\b(?:asistente|inteligencia artificial|robot|bot|virtual)\b")


@dataclass(frozen=True)
class Checked:
    text: str
    tripped: tuple[str, ...] = ()


def check(text: str, lead: Lead, *, first_contact: bool, introduction: str) -> Checked:
    """The reply as it may be sent, and the names of the rules that changed it."""
    tripped = []
    if lead.metadata.get("dicom") == "has_debt":
        kept = without_promises(text)
        if kept != text:
            text, tripped = kept, ["dicom_promise"]
    if first_contact and not ASSISTANT_WORDS.search(fold(text)):
        text, tripped = f"{introduction} {text}", [*tripped, "says_it_is_an_assistant"]
    return Checked(text, tuple(tripped))


def without_promises(text: str) -> str:
    """The text without the sentences that promise credit, and one that says so in their place."""
    sentences = SENTENCE.findall(text)
    kept = [sentence for sentence in sentences if not promises_credit(sentence)]
    if len(kept) == len(sentences):
        return text
    return " ".join([*"".join(kept).split(" "), INSTEAD]).strip()


def promises_credit(sentence: str) -> bool:
    folded = fold(sentence)
    return bool(PROMISE.search(folded) and CREDIT.search(folded) and not DENIAL.search(folded))
