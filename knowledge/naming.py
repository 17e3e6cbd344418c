"""How a text names properties of the stock: by code, by name or street, by what it says of their kind and place."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from crm.patterns import Pattern
from knowledge.listings import Listing, of_stored
from knowledge.models import KnowledgeEntry
from leads.comunas import COMUNAS, locate
from leads.folding import before, clean, excerpt, fold
from leads.money_words import WORDS
from llm.spanish.homes import find_bedrooms, find_property_type
from llm.spanish.name_lists import GIVEN

MOST_NAMED = 3  # more than that is no property under discussion, but a search
_READ = 1_500  # characters of one message
_SHARED = 3  # listings that may share the one word by which they are named
_LEAST = 4  # letters of a word that names a property by itself
_WORD = re.compile(r"[a-z0-9]+")
_SHORT = {"sta": "santa", "sto": "santo", "av": "avenida", "avda": "avenida", "pza": "plaza"}
# Words of titles that many properties share, or that people say of other things.
_COMMON = frozenset(
    """
    a al de del con en la las lo los el y o por para sin un una su metro sector barrio comuna calle pasaje plaza parque villa
    gran avenida santa santo san norte sur oriente poniente centro vista mar cordillera dormitorio dormitorios bano banos suite
    departamento departamentos depto casa casas estudio parcela terreno sitio oficina local bodega estacionamiento proyecto
    edificio condominio condo nuevo nueva usado usada amoblado amoblada remodelado remodelada lindo linda hermoso hermosa
    amplio amplia moderno moderna excelente oportunidad venta vende arriendo arrienda piso pisos torre etapa m2 uf dorm d b
    primera segunda linea roja rojo verde blanca blanco azul playa costa lago valle alto alta bajo baja abrazo esperanza paz sol luna flores jardin jardines
    apartment house studio plena pleno entorno familiar inversion ideal
    """.split()  # noqa: SIM905 - a table of words
)
# Of a title these are its kind and no part of its name.
_KINDS = frozenset(
    """
    departamento departamentos depto dpto casa casas estudio parcela terreno sitio oficina local proyecto edificio
    condominio nuevo nueva usado usada venta arriendo dormitorio dormitorios metro vista mar con a
    """.split()  # noqa: SIM905
)
_JOINING = frozenset("a al de del la las los el lo en".split())  # noqa: SIM905
_ONE_OF_ITS_KIND = re.compile(
    r"\b(?:el|la|del|al|ese|esa|este|esta|the|that|o|do|da) (?:\w{1,20} (?:en |de )?)?"
    r"(?P<kind>estudio|parcela|terreno|condominio|loft|penthouse|duplex)\b(?! (?:mensual|mensal|al mes|cuanto|sale|cuesta|custa))"
)
# "El de la piscina", "la casa del abrazo", "el depto frente al metro Lo Vial": after such words a common
# word or a feature names a property, where one alone has it.
_REFERENCE = re.compile(
    r"\b(?:el|la|del|al|ese|esa|este|esta|dpto|depto|departamento|apartamento|apto|casa|casita|estudio|duplex)"
    r" (?:(?:depto|dpto|departamento|apartamento|apto|casa|casita|propiedad|aviso|duplex|que|q|esta|queda|tiene|con|vi|ese|esa) ){0,3}"
    r"(?:(?:de|del|con|en|d|frente|cerca|vista|al|a|tiene|x|por)(?: (?:la|el|los|las|al|del))? )+(?P<what>\w+(?: \w+){0,2})"
)
_ADJECTIVE = re.compile(
    r"\b(?:el|la|ese|esa|del) (?:casa )?(?P<what>paread[oa]|remodelad[oa]|amoblad[oa]|mediterrane[oa]|monoambiente)\b"
)
_ANY = Pattern(
    r"\b(?:una?|algun|alguna|otr[oa]|busco|quiero|queremos|necesito|procuro|cualquier) $"
)
_TYPO_FROM = 6  # letters of a word that is known by all but one of its letters
_ORIGIN = Pattern(
    r"\b(?:vivo|vivimos|trabajo|trabajamos|soy|somos|vengo|resido|llamo) (?:\w+ ){0,3}$"
)
_NUMBER = r"(?:\d|un[oa]?|dos|tres|cuatro|cinco|seis)"
_ORDINALS = (
    Pattern(r"\b(?:la primera|el primero|el primer|opcion (?:1|uno)|numero (?:1|uno)|the first|o primeiro|a primeira)\b"),
    Pattern(r"\b(?:la segunda|el segundo|opcion (?:2|dos)|numero (?:2|dos)|the second|o segundo|a segunda)\b"),
    Pattern(r"\b(?:la tercera|el tercero|el tercer|opcion (?:3|tres)|numero (?:3|tres)|the third|o terceiro|a terceira)\b"),
)  # fmt: skip
_LAST = Pattern(r"\b(?:la ultima|el ultimo|the last (?:one)?|o ultimo|a ultima)\b")
_OTHER = Pattern(r"\b(?:la otra|el otro|the other (?:one)?|o outro|a outra)\b")
_OF_ROOMS = re.compile(
    rf"\b(?:el|la|los|las|del) (?:\w{{1,20}} )?de (?P<rooms>{_NUMBER})\b(?P<of> ?(?:banos?|mil|uf|palos|millones|lucas|pisos))?"
)
_EXTREMES = (
    (Pattern(r"\b(?:la|el|del?)? ?mas (?:barat|economic|bajo de precio)\w*|\bcheapest\b|\bmais barat"), "price", False),
    (Pattern(r"\b(?:la|el|del?)? ?mas (?:car[oa]\b|costos)\w*|\bmost expensive\b|\bmais car"), "price", True),
    (Pattern(r"\b(?:la|el|del?)? ?mas (?:grande|ampli)\w*|\b(?:largest|biggest)\b|\bmaior\b"), "m2", True),
    (Pattern(r"\b(?:la|el|del?)? ?mas (?:chic|pequen)\w*|\bsmallest\b|\bmenor\b"), "m2", False),
)  # fmt: skip


@dataclass(frozen=True)
class Property:
    """A property of the stock, as far as a text can name it."""

    id: int
    title: str
    listing: Listing
    text: str = ""  # where it is at hand: what sets it apart beside its name

    @cached_property
    def name_words(self) -> tuple[str, ...]:
        """The words of its title that could set it apart, each by how it sounds."""
        return _words_of(self.title[:300])

    @cached_property
    def feature_words(self) -> frozenset[str]:
        """What its title and its text say of it, by how it sounds."""
        return frozenset(_spoken(fold(clean(f"{self.title} {self.text}"[:_READ]))))

    @cached_property
    def code(self) -> str:
        return re.sub(r"[^a-z0-9]", "", fold(clean(self.listing.code)))


def of_entry(entry: KnowledgeEntry) -> Property:
    """With its text, where that was read with it."""
    text = "" if "content" in entry.get_deferred_fields() else entry.content
    return Property(entry.pk, entry.title, of_stored(entry.listing), text)


class Stock:
    """Properties that texts may name; built once, asked about several texts."""

    def __init__(self, properties: Iterable[Property]) -> None:
        self.properties = list(properties)
        self._uses: Counter[str] = Counter()
        for each in self.properties:
            self._uses.update(set(each.name_words))
            self._uses.update(set(_words_of(each.listing.place)) - set(each.name_words))
        self._near = {
            shorter: word
            for word in self._uses
            if len(word) >= _TYPO_FROM
            for shorter in _shorter(word)
        }

    def named_in(self, text: str) -> list[Property]:
        """Those that a text names by code, name or street, in the order of the stock."""
        folded = fold(clean(excerpt(text, _READ)))
        words = _spoken(folded)
        codes = set(_codes(folded))
        if found := [each for each in self.properties if each.code and each.code in codes]:
            return found
        words = [self._known(word) for word in words]
        there = set(words)
        found = [
            each
            for each in self.properties
            if not there.isdisjoint(each.name_words) and self._is_named(each, words, folded)
        ]
        return _clearest(found, there) or self._of_its_kind(folded) or self._referred_to(folded)

    def _known(self, word: str) -> str:
        """A word of a name that differs by a letter, else the word itself."""
        if word in self._uses or len(word) < _TYPO_FROM:
            return word
        return next(
            (self._near[each] for each in (word, *_shorter(word)) if each in self._near), word
        )

    def _referred_to(self, folded: str) -> list[Property]:
        """ "El de la piscina", "la casa del abrazo": what one property alone has."""
        for match in (*_REFERENCE.finditer(folded), *_ADJECTIVE.finditer(folded)):
            ahead = before(folded, match.start())
            if _ORIGIN.search(ahead) or _ANY.search(ahead):
                continue
            words = _spoken(match.group("what"))
            for word in (
                word for word in words if len(word) >= _LEAST and word not in _SAYS_LITTLE
            ):
                named = [each for each in self.properties if word in each.name_words]
                having = [each for each in self.properties if word in each.feature_words]
                found = named if len(named) == 1 else having
                if len(found) == 1 and self._fits(found[0], match.group()):
                    return found
                break  # the first word that says something decides
        return []

    def _fits(self, each: Property, folded: str) -> bool:
        kind = find_property_type(folded, asked=True)
        return not kind or each.listing.kind in ("", kind)

    def described_in(self, text: str) -> list[Property]:
        """Those of the comuna, kind and bedrooms that a text says; none where it says no comuna."""
        folded = fold(clean(excerpt(text, _READ)))
        places = set(places_in(text))
        if not places:
            return []
        return fitting(
            [each for each in self.properties if each.listing.place in places],
            kind=find_property_type(folded, asked=True) or "",
            bedrooms=find_bedrooms(folded, asked=False),
        )

    def _is_named(self, each: Property, words: Sequence[str], folded: str) -> bool:
        alone = [word for word in each.name_words if word in words and self._sets_apart(word)]
        if any(not _is_origin(folded, word) for word in alone):
            return True
        joined = f" {' '.join(words)} "
        runs = [pair for pair in pairwise(each.name_words) if f" {' '.join(pair)} " in joined]
        return any(not _is_origin(folded, pair[0]) for pair in runs)

    def _sets_apart(self, word: str) -> bool:
        """Whether one word is enough: "Leones" is, "Gran" and "Pedro" and a comuna are not."""
        return len(word) >= _LEAST and word not in _NAMES_NOTHING and self._uses[word] <= _SHARED

    def _of_its_kind(self, folded: str) -> list[Property]:
        """ "El estudio", where there is one."""
        found = []
        for match in _ONE_OF_ITS_KIND.finditer(folded):
            kind = match.group("kind")
            found += [each for each in self.properties if kind in fold(each.title)]
        return found if len(found) == 1 else []


def fitting(
    properties: Iterable[Property], *, kind: str = "", bedrooms: int | None = None
) -> list[Property]:
    """What is not known of a property speaks for it."""
    return [
        each
        for each in properties
        if (not kind or each.listing.kind in ("", kind))
        and (bedrooms is None or each.listing.bedrooms in (None, bedrooms))
    ]


def picked_in(text: str, shown: Sequence[Property]) -> list[Property]:
    """Which of several that were shown: "la segunda", "el de 3", "el más barato", "el otro"."""
    folded = fold(clean(excerpt(text, _READ)))
    for place, pattern in enumerate(_ORDINALS):
        if pattern.search(folded):
            return list(shown[place : place + 1])
    if _LAST.search(folded):
        return list(shown[-1:])
    for pattern, what, largest in _EXTREMES:
        if pattern.search(folded):
            return extreme(shown, what, largest=largest)
    if (found := _OF_ROOMS.search(folded)) and not found.group("of"):
        rooms = _count(found.group("rooms"))
        return [each for each in shown if each.listing.bedrooms == rooms]
    return []


def extreme(properties: Sequence[Property], what: str, *, largest: bool) -> list[Property]:
    """The dearest or cheapest, by UF; the largest or smallest, by square metres."""
    measure = {"price": "uf", "m2": "m2"}[what]
    known = [each for each in properties if getattr(each.listing, measure) is not None]
    if not known:
        return []
    choose = max if largest else min
    return [choose(known, key=lambda each: getattr(each.listing, measure))]


def is_other(text: str) -> bool:
    return bool(_OTHER.search(fold(clean(excerpt(text, _READ)))))


def places_in(text: str) -> list[str]:
    """The comunas a text speaks of, without where its writer lives or comes from."""
    read = clean(excerpt(text, _READ))
    folded = fold(read)
    found = [each for each in locate(read) if not _ORIGIN.search(before(folded, each.start))]
    return list(dict.fromkeys(each.comuna for each in found))


def _clearest(found: list[Property], there: set[str]) -> list[Property]:
    """Without those that share some of their words with one that the text names more fully."""
    named = {each.id: there & set(each.name_words) for each in found}
    return [each for each in found if not any(named[each.id] < named[other.id] for other in found)]


def _is_origin(folded: str, first: str) -> bool:
    """Whether the word follows "vivo en": where somebody lives is no property they ask about."""
    for match in _WORD.finditer(folded):
        if _sound(_SHORT.get(match.group(), match.group())) == first:
            return bool(_ORIGIN.search(before(folded, match.start())))
    return False


def _spoken(folded: str) -> list[str]:
    """The words of a folded text by how they sound, without those that join others."""
    words = (_SHORT.get(word, word) for word in _WORD.findall(folded))
    return [_sound(word) for word in words if word not in _JOINING]


@lru_cache(maxsize=4096)
def _words_of(title: str) -> tuple[str, ...]:
    """The first part of a title, which names it, without its kind."""
    folded = fold(clean(title))
    head = _PART.split(folded)[0] or folded
    words = [_SHORT.get(word, word) for word in _WORD.findall(head)]
    return tuple(_sound(word) for word in words if word not in _JOINING and word not in _KINDS)


@lru_cache(maxsize=8192)
def _sound(word: str) -> str:
    """A spelling that survives b for v, s for z and c, k for qu, and doubled letters."""
    sound = word.replace("qu", "k").replace("ph", "f").replace("ll", "y").replace("w", "u")
    sound = _SOFT_C.sub("s", sound)
    return _SILENT.sub("", sound.translate(_ALIKE))


_PART = re.compile(r"[,;:|(]| - ")
_SOFT_C = re.compile(r"c(?=[eiy])")
_SILENT = re.compile(r"h|(.)(?=\1)")
_ALIKE = str.maketrans({"v": "b", "z": "s", "x": "s", "c": "k"})


def _shorter(word: str) -> Iterable[str]:
    """The word without each of its letters in turn, but the first."""
    return (word[:place] + word[place + 1 :] for place in range(1, len(word)))


# After "el de la…" these still name nothing.
_SAYS_LITTLE = frozenset(
    _sound(word)
    for word in """
    departamento departamentos depto casa casas propiedad metro estacion comuna sector calle barrio dormitorio dormitorios pieza
    piezas bano banos valor precio gastos comunes gasto comun entrega visita reserva subsidio credito banco comision proyecto
    edificio centro renta sueldo semana lado frente cerca tarde manana mes ano vista parque plaza uf pesos millones palos lucas
    terreno sitio condominio estudio estudios titulos familia trabajo pega
    """.split()  # noqa: SIM905 - a table of words
)
# One word of these names no property: "Valdivia" alone is the city.
_NAMES_NOTHING = frozenset(
    _sound(fold(word))
    for word in (*_COMMON, *GIVEN, *(each for each in COMUNAS if " " not in each))
)


def _codes(folded: str) -> Iterable[str]:
    """Every word with a digit, and each joined to the one before: "ap 101"."""
    words = _WORD.findall(folded)
    for index, word in enumerate(words):
        if any(sign.isdigit() for sign in word):
            yield word
            if index:
                yield words[index - 1] + word


def _count(word: str) -> int:
    return int(word) if word.isdigit() else int(WORDS.get(word, 0))
