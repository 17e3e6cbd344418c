"""Finds the name that a lead gives for themselves, and is not taken in by "soy soltero"."""

import re
from typing import Literal

from leads.comunas import canonical
from leads.folding import fold
from llm.spanish.name_lists import GIVEN, NOT_NAMES, PARTICLES

_STRONG = re.compile(
    r"\b(?:me llamo|me llaman|mi nombre(?: completo)? es|mi nombre(?: completo)?:?|nombre(?: completo)?:|llamame"
    r"|me dicen|me puedes decir|puedes decirme|a nombre de|el nombre es|my name is)\s+"
)
_WEAK = re.compile(
    r"(?:\bsoy(?: la| el| yo)?(?: don| dona| sra?\.?| senora?)?|(?:^|\b(?:te|le|les) )habla|(?:te|le|les) escribe"
    r"|(?:te|le|les) saluda|\b(?:aca|aqui)(?: habla| escribe| con)?|^con|me presento,?(?: soy)?|\bi am|\bi'm)\s+"
)
_DENIED = re.compile(r"\bno (?:me llamo|soy|me dicen)\s+\w+|\bno es mi nombre\b")
_GREETING = re.compile(
    r"^\W*(?:(?:muy )?(?:hola+|holi|buen(?:a|as|os)?(?: (?:tardes?|dias?|noches?))?|wena|alo|ya|si+|claro|ok|dale"
    r"|por supuesto|obvio|bueno|gracias|perfecto|senor[ae]?|senorita|sra?|srta|dra?|don|dona)\b[\s,.!:]*)+"
)
_TRAILING = re.compile(
    r"(?<![\s,])[\s,]+(?:y (?:tu|usted|ud|el tuyo)\b|mucho gusto|un gusto|encantad|para servir|por ?fa|a sus ordenes|pero |y (?:mi|quiero|busco|necesito|me|estoy|tengo|vivo|ando|quisiera) ).*$"
)
_WORD = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*")
_TRADE = re.compile(
    r"(?:ista|dor|dora|ado|ada|ido|ida|ente|ante|logo|loga|ologo|nero|nera|ivo|iva|tico|tica)s?$"
)
_MOST_WORDS = 5
Trust = Literal["given", "asked", "guess"]


def find_name(
    text: str, *, asked: bool = False, assistant: str = ""
) -> tuple[str, int, int] | None:
    """The name and its place in `text` (clean); `asked` says that the name was just asked for."""
    folded = _DENIED.sub(lambda match: " " * len(match.group()), fold(text))
    shouting = text.isupper()
    for pattern, trust in _triggers(asked):
        for match in pattern.finditer(folded):
            if found := _name_at(text, folded, match.end(), trust, shouting=shouting):
                return found
    return _bare_answer(text, folded, assistant, shouting=shouting) if asked else None


def _triggers(asked: bool) -> tuple[tuple[re.Pattern[str], Trust], ...]:
    return (_STRONG, "given"), (_WEAK, "asked" if asked else "guess")


def _name_at(
    text: str, folded: str, start: int, trust: Trust, *, shouting: bool
) -> tuple[str, int, int] | None:
    words = list(_words(text, start))
    if not words or not _plausible(words[0].group(), trust, shouting=shouting):
        return None
    kept = _keep(folded, words)
    return _tidy([word.group() for word in kept]), kept[0].start(), kept[-1].end()


def _words(text: str, start: int) -> list[re.Match[str]]:
    """The run of words from `start`, ending at the first sign that is no single space."""
    run: list[re.Match[str]] = []
    position = start
    while len(run) < _MOST_WORDS and (match := _WORD.match(text, position)):
        run.append(match)
        position = match.end() + 1 if text[match.end() : match.end() + 1] == " " else len(text)
    return run


def _plausible(word: str, trust: Trust, *, shouting: bool) -> bool:
    folded = fold(word)
    if folded in GIVEN:
        return True
    if (
        len(folded) < 3
        or not re.search(r"[aeiouy]", folded)
        or folded in NOT_NAMES
        or folded in PARTICLES
    ):
        return False
    if trust == "given" or _TRADE.search(folded):
        return trust == "given"
    return trust == "asked" or (word[0].isupper() and not shouting)


def _keep(folded: str, words: list[re.Match[str]]) -> list[re.Match[str]]:
    kept = words[:1]
    for match in words[1:]:
        word = folded[match.start() : match.end()]
        if word in PARTICLES:
            kept.append(match)
        elif (
            fold(kept[-1].group()) in PARTICLES
            and kept[0].group()[0].isupper() > match.group()[0].isupper()
        ) or _ends_name(folded, word, kept, match):
            break
        else:
            kept.append(match)
    while fold(kept[-1].group()) in PARTICLES:
        kept.pop()
    return kept


def _ends_name(folded: str, word: str, kept: list[re.Match[str]], match: re.Match[str]) -> bool:
    if word in NOT_NAMES and word not in GIVEN:
        return True
    rest = folded[kept[-1].start() : match.end()]
    return rest.startswith("de ") and canonical(rest[3:]) is not None


def _bare_answer(
    text: str, folded: str, assistant: str, *, shouting: bool
) -> tuple[str, int, int] | None:
    for line in re.finditer(r"[^\n]+", folded):
        greeted = _GREETING.match(line.group())
        start = line.start() + (greeted.end() if greeted else 0)
        answer = re.split(r"[^\w\s'\-]|\d", _TRAILING.sub("", folded[start : line.end()]))[
            0
        ].strip()
        asks = "?" in _TRAILING.sub("", folded[start : line.end()])
        if asks or not 1 <= len(answer.split()) <= _MOST_WORDS or "@" in answer:
            continue
        if (answer == fold(assistant) and greeted) or (
            canonical(answer) and answer.split()[0] not in GIVEN
        ):
            continue
        found = _name_at(text, folded, start, "asked", shouting=shouting)
        if found and _whole(answer, found[0]):
            return found
    return None


def _whole(answer: str, name: str) -> bool:
    """Nothing is left of the answer but, perhaps, where the lead is from."""
    rest = answer.split()[len(name.split()) :]
    return not rest or rest[0] in ("de", "desde", "soy")


def _tidy(words: list[str]) -> str:
    mixed = any(word[0].islower() for word in words if fold(word) not in PARTICLES)
    if not mixed and not (len("".join(words)) > 3 and all(word.isupper() for word in words)):
        return " ".join(words)
    first, *rest = (word.lower() for word in words)
    return " ".join(
        [
            _capital(first),
            *(
                word if fold(word) in PARTICLES - {"san", "santa"} else _capital(word)
                for word in rest
            ),
        ]
    )


def _capital(word: str) -> str:
    return "-".join(part[:1].upper() + part[1:] for part in word.split("-"))
