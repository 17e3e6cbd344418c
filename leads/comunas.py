"""Finds Chilean comunas in what people write, however they spell them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from leads.comunas_data import (
    ALIASES,
    AMBIGUOUS,
    NEED_COMUNA,
    NEED_CUE,
    NOT_PLACES,
    REGIONS,
    SECTORS,
)
from leads.folding import before, clean, fold

COMUNAS: dict[str, str] = {comuna: region for region, names in REGIONS.items() for comuna in names}

_SHORT = {
    "sn": "san",
    "sta": "santa",
    "sto": "santo",
    "pto": "puerto",
    "pta": "punta",
    "pte": "puente",
    "gral": "general",
}
_WORD = re.compile(r"[a-z']+")
_CUE = re.compile(
    r"\b(?:en|por|hacia|cerca de|lado de|comunas? de|comunas?:?|sector(?: de)?|zona(?: de)?|barrio(?: de)?|ciudad de"
    r"|centro de|soy de|somos de|ojala|prefiero|me (?:sirve|gusta|tinca|acomoda)|tambien|quiero|busco|buscando|puede ser|dptos?|deptos?|departamentos?|casas?"
    r"|(?:dptos?|deptos?|departamentos?|casas?|propiedad|parcela|terreno) de)\s*$"
)
_AND = re.compile(r"\s*(?:,|/|-|y|e|o|ni|\s)+\s*")
_OR = re.compile(r" ?(?:,|/| o | u | y | e ) ?")
_APART = re.compile(r"(?:^|[,.;:\n]) ?$")
_COMUNA_CUE = re.compile(r"\bcomunas? (?:de )?$")
_STREET = re.compile(
    r"\b(?:calle|avenida|avda?\.?|av\.?|pasaje|pje\.?|metro|hospital|clinica|mall|don|dona|sra?\.?)\s*$"
)
_LONGEST = 5


@dataclass(frozen=True, slots=True)
class Found:
    comuna: str
    start: int
    end: int


_DAYS = frozenset(
    f"{day}{plural}"
    for day in ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
    for plural in ("", "s")
)
_OFFICIAL = {fold(comuna): comuna for comuna in COMUNAS}


def _folded_names() -> dict[str, str]:
    names = dict(_OFFICIAL)
    names.update({sector: comuna for comuna, sectors in SECTORS.items() for sector in sectors})
    names.update(ALIASES)
    names.update(dict.fromkeys(NOT_PLACES, ""))
    return names


_NAMES = _folded_names()
_FUZZY = tuple(
    name
    for name, comuna in _NAMES.items()
    if comuna and name not in NEED_CUE | NEED_COMUNA and len(name) >= (8 if " " in name else 7)
)
_SOUNDS_LIKE = {"k": "kqc", "q": "qk", "c": "cks", "b": "bv", "v": "vb", "s": "sc"}


def _by_beginning(names: Iterable[str]) -> dict[tuple[int, str], tuple[str, ...]]:
    """The names by their number of words and every first letter under which they are looked for."""
    found: dict[tuple[int, str], tuple[str, ...]] = {}
    for name in names:
        for letter in _SOUNDS_LIKE.get(name[0], name[0]):
            place = name.count(" ") + 1, letter
            found[place] = (*found.get(place, ()), name)
    return found


_ALIKE = _by_beginning(_FUZZY)
_BEGINNINGS = _by_beginning(_NAMES).keys()


def find_comunas(text: str) -> list[str]:
    """The comunas named in `text`, in the order in which they appear, each once."""
    return list(dict.fromkeys(found.comuna for found in locate(text)))


def locate(text: str) -> list[Found]:
    """Like `find_comunas`, with the places in the text (positions of its NFC form)."""
    folded = fold(clean(text))
    words = [
        (match.group().strip("'"), match.start(), match.end()) for match in _WORD.finditer(folded)
    ]
    return list(_scan(folded, words))


@lru_cache(maxsize=4096)
def canonical(name: str) -> str | None:
    """The official spelling of one name, or None if it is no comuna (nor a sector of one)."""
    spelled = _spell(_WORD.findall(fold(clean(name))))
    return _OFFICIAL.get(spelled) or (_resolve(spelled) or None if spelled else None)


def meanings(name: str) -> list[str]:
    """The comunas that one name may mean: none, one, or several that must be asked."""
    spelled = _spell(_WORD.findall(fold(clean(name))))
    if spelled in AMBIGUOUS:
        return list(AMBIGUOUS[spelled])
    if spelled in _NAMES or not spelled:
        return [comuna] if (comuna := canonical(name)) else []
    alike = _ALIKE.get((spelled.count(" ") + 1, spelled[:1]), ())
    return list(dict.fromkeys(_NAMES[known] for known in alike if _is_close(spelled, known)))


def region_of(comuna: str) -> str | None:
    return COMUNAS.get(comuna)


def _scan(folded: str, words: list[tuple[str, int, int]]) -> Iterator[Found]:
    names = [word for word, _, _ in words]
    position = last_end = 0
    whole = folded.strip(" .,!¡¿?")
    while position < len(words):
        size, comuna = _longest_at(names, position)
        start, end = words[position][1], words[position + max(size, 1) - 1][2]
        name = _spell(names[position : position + size])
        listed = last_end > 0 and bool(_AND.fullmatch(folded, last_end, start))
        listed = listed or _begins_list(folded, start, end)
        alone = folded[start:end] == whole
        if (
            comuna
            and name not in AMBIGUOUS
            and (alone or _is_place(name, before(folded, start), listed=listed))
        ):
            yield Found(comuna, start, end)
            last_end = end
        position += max(size, 1)


def _begins_list(folded: str, start: int, end: int) -> bool:
    """ "3000 uf, santiago o ñuñoa": the first of a list, whose second is a place for sure."""
    if not _APART.search(before(folded, start, 3)) or not (joined := _OR.match(folded, end)):
        return False
    words = _WORD.findall(folded, joined.end(), joined.end() + 40)
    name = _spell(words[: _longest_at(words, 0)[0]]) if words else ""
    return bool(name and _NAMES.get(name)) and name not in NEED_CUE | NEED_COMUNA


def _longest_at(words: list[str], position: int) -> tuple[int, str]:
    first = words[position][:1]
    for size in range(min(_LONGEST, len(words) - position), 0, -1):
        if (size, first) not in _BEGINNINGS:
            continue
        resolved = _resolve(_spell(words[position : position + size]))
        if resolved is not None:
            return size, resolved
    return 0, ""


def _spell(words: list[str]) -> str:
    return (
        " ".join([_SHORT.get(word, word) for word in words]) if len(words) > 1 else "".join(words)
    )


@lru_cache(maxsize=4096)
def _resolve(name: str) -> str | None:
    """The comuna, "" for a name known to be no place, None for an unknown name."""
    if name in _NAMES:
        return _NAMES[name]
    if (plain := _plainly(name)) in _NAMES and plain not in NEED_CUE | NEED_COMUNA:
        return _NAMES[plain]
    alike = _ALIKE.get((name.count(" ") + 1, name[:1]), ())
    close = next((known for known in alike if _is_close(name, known)), None)
    return _NAMES[close] if close else None


def _plainly(name: str) -> str:
    """Who writes "Renka" and "Makul" means Renca and Macul."""
    return re.sub(r"k(?=[ei])", "qu", name).replace("k", "c")


def _is_close(name: str, known: str) -> bool:
    allowed = 2 if len(known) >= 12 else 1
    if name.rsplit(" ", 1)[-1] in _DAYS:  # "los domingos" are not Los Dominicos
        return False
    if abs(len(name) - len(known)) > allowed or name.count(" ") != known.count(" "):
        return False
    return _starts_alike(name, known) and _distance(name, known) <= allowed


def _starts_alike(name: str, known: str) -> bool:
    alike = known[0] in _SOUNDS_LIKE.get(name[0], name[0])
    last, expected = name.rsplit(" ", 1)[-1], known.rsplit(" ", 1)[-1]
    return alike and len(last) > 3 and abs(len(last) - len(expected)) <= 1


def _distance(left: str, right: str) -> int:
    """Edits between two words, a swap of neighbours counting as one."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _is_place(name: str, lead_in: str, *, listed: bool) -> bool:
    if _COMUNA_CUE.search(lead_in):
        return True
    if name in NEED_COMUNA or _STREET.search(lead_in):
        return False
    if name in NEED_CUE:
        return listed or bool(_CUE.search(lead_in))
    return True
