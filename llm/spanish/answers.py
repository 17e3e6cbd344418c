"""Short answers that mean nothing without their question: yes, no, I do not know, I would rather not say."""

import re

from crm.patterns import Pattern

_LEAD_IN = re.compile(
    r"^\W*(?:(?:(?:muy )?buen(?:a|as|os)(?: tardes?| dias?| noches?)?|hola+|mm+|ehh*|jaj[aj]*|pucha|uf+|mira|bueno|ah+"
    r"|oh|lamentablemente|la verdad(?: es)?(?: que)?|la verdad,?|gracias a dios|gracias|afortunadamente|por suerte|felizmente|menos mal|si no me equivoco|si mal no recuerdo|que yo sepa|hasta donde se)\b[\s,.!]*)+"
)
_YES = re.compile(
    r"^\W*(?:si+p?|sipo|sep|see+|sap|ya(?: po)?(?=\W*$|,|\n| (?:dale|si|po|ok|perfecto|gracias|bueno|listo|agend|esa))|yapo|dale|(?:claro|obvio|por ?supuesto|demas)(?! que no)|correcto|exacto|efectivamente|asi es"
    r"|ok(?:a|i|ey|ay)?|okey|listo|perfecto|de acuerdo|me parece|bueno|buenisimo|genial|excelente|super|bacan|vale"
    r"|confirmo|confirmado|de una|de todas maneras|afirmativo|ya dale|me tinca|me sirve|encantad[oa]|cuando quieras"
    r"|s|yes|yep|sure|\U0001f44d|creo que si|parece que si|me gustaria|me encantaria|me gusta|me gusto|por fa(?:vor)?)(?![a-z])"
)
_CONDITION = re.compile(
    r"^\W*si (?:es que )?(?:estoy|tengo|tuviera|estuviera|compro|no|es|hay|quiero|puedo|fuera|me|gano)\b[^,\n]*\?"
)
_NO = re.compile(
    r"^\W*(?:no+|nop|nopo|nope|na|nada|nah|para nada|ningun[oa]?|ningun[oa]s|nunca|negativo|jamas|tampoco|niuno|cero"
    r"|creo que no|por ahora no|(?:claro|obvio|por supuesto|demas) que no|parece que no|que yo sepa no|aun no|todavia no)(?![a-z])"
)
UNKNOWN = Pattern(
    r"\bno (?:lo |la |los )?(?:se|sabria|cacho|recuerdo|estoy segur[oa]|tengo (?:idea|claro|certeza)|lo tengo claro|manejo)\b"
    r"|\bni (?:idea|cacho)\b|\bnose\b|\bno me acuerdo\b|\btendria que (?:ver|revisar|averiguar|preguntar)|\bquien sabe\b"
    r"|\bno c\b|\bnpi\b|\bno lo he (?:visto|pensado|revisado)|\bno estoy tan segur|\bi don'?t know\b|\bdepende\b|\blo que (?:me )?(?:preste|alcance|salga|den)\b|\bda (?:lo mismo|igual)\b|\bindiferente\b|\bno importa\b|\bcualquier(?:a menos| (?:comuna|sector|lado|parte))|\bdonde sea\b|\blo que sea\b"
)
_SURE_BUT = re.compile(
    r"\bno se preocup|\bno se si (?:me explico|se puede|puedes|podran|tienen|tendran)"
)
REFUSAL = Pattern(
    r"\b(?:prefiero no|no quiero|no te (?:lo |la )?(?:voy a|quiero)|no voy a|no deseo) (?:dar|decir|responder|entregar|contestar)"
    r"|\bprefiero no\b|\beso es (?:privado|personal)|\bes (?:algo )?(?:privado|personal|confidencial)\b"
    r"|\b(?:despues|mas adelante|luego) te (?:lo |la )?(?:doy|digo|cuento|paso)|\bno doy (?:mis |esos |ese )?dato|\b(?:este|el) mismo(?: numero| fono)?\W*$|\ba este (?:mismo )?numero\b|\bpor (?:este|aca|aqui|whatsapp)(?: mismo)?(?: medio| numero| chat| whatsapp)?(?: no ?mas)?\W*$"
)


def core(line: str) -> str:
    """The line without "hola", "mmm" and the like before the answer proper."""
    return _LEAD_IN.sub("", line) or line


def says_yes(folded: str) -> bool:
    return any(
        _YES.match(core(line)) and not _CONDITION.match(core(line)) for line in folded.split("\n")
    )


def says_no(folded: str) -> bool:
    return not says_unknown(folded) and any(_NO.match(core(line)) for line in folded.split("\n"))


def says_unknown(folded: str) -> bool:
    return bool(UNKNOWN.search(_SURE_BUT.sub("", folded)))


def says_refusal(folded: str) -> bool:
    return bool(REFUSAL.search(folded))
