"""Tells the comunas where a lead wants to live from those where they are from, work, or will not go."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from leads.comunas import Found, locate
from leads.comunas_data import SECTORS
from leads.folding import before, fold

Stance = Literal["wanted", "origin", "unwanted"]

_WORK = r"(?:pega|trabajo|oficina|colegio|universidad|consulta|empresa|negocio|local|liceo|jardin|u|job|office|work)"
_KIN = r"(?:mama|papa|suegr[oa]|familia|herman[oa]|hij[oa]s?|abuel[oa]|papas|padres|polol[oa]|amig[oa]s?|ti[oa]|viej[oa]s?)"
# Of the words before a place the nearest decide; of equally near ones the first of the table.
_BEFORE: tuple[tuple[Stance, re.Pattern[str]], ...] = (
    ("unwanted", re.compile(
        r"\b(?:no (?:sigan?|sigas|me|nos) (?:mostr\w+|muestr\w+|mand\w+|envi\w+|ofre\w+|pong\w+)(?: (?:mas|cosas|deptos|casas|nada|opciones|propiedades))*|no (?:quier\w+|busc\w+|me gust\w*|nos gust\w*|me interes\w*|me tinc\w*|me iria|viviria|vivir|voy|sea|es|para|quero|want)(?: (?:nada|ni|vivir|irme|algo|comprar|estar))?|no(?= en |,? ?ni | $|$)|nada|ni|tampoco|menos|excepto|except|salvo"
        r"|sac[ae](?:n|me|la)?|saquen|quit[ae]\w*|borra\w*|elimina\w*|descart\w*|olvid\w*|evit\w*|lejos de|fuera de|odio|cualquiera menos|ya no|no more|not(?: in)?|menos en|antes era|en vez de|en lugar de|instead of)\b")),
    ("origin", re.compile(
        r"\b(?:(?:ya (?:compr|arrend|encontr)\w+|compre|arrende|encontre|vivo|vivimos|vive|viven|viviendo|viviamos|vivia|trabaj(?:o|a|amos|an|ando|aba)|estudi(?:o|a|ando|amos)|resido|residimos|(?<!busco )(?<!quiero )(?<!en )(?<!un )(?<!de )(?<!algun )(?<!necesito )arriendo|arrendamos|soy|somos|vengo|venimos|viene|vienen"
        r"|llevo|llevamos|lleva|llegue|llego|llegamos|llegan|viajo|escribo|saludos|naci|nacid[oa]|creci|criad[oa]|estoy (?:viviendo|arrendando|alojando)|estamos (?:viviendo|arrendando)|atiendo|i live|i work|i'm from|i am from|we live|moro|moramos|trabalho|sou)"
        rf"|(?:mi|la|su|el|nuestr[oa]|my) (?:casa|depto|departamento|dpto|{_WORK})(?: (?:esta|queda|es))?|(?:mi|su|nuestr[oa]) (?:{_KIN}|marido|senora|esposa|esposo) (?:esta|queda|es|vive|trabaja|viven|queda trabajando)|(?:la|el|lo) de (?:aca|aqui|ahora)|(?:tengo|tenemos|vendo|vender|vendi|vendimos|vendemos|permut\w+|heredamos|herede|tasar|parte de pago) (?:\w+ ){{0,2}}(?:casa|casita|casona|depto|departamento|dpto|parcela|terreno|sitio|local|{_WORK}|propiedad)|parte de pago"
        r"|(?:irme|irnos|salir|salirme|cambiar(?:me|nos)?|mudar(?:me|nos)?|arrancar\w*|escapar\w*|me cambio|nos cambiamos|me voy|nos vamos|me mudo|nos mudamos|aburrid[oa]s?|chat[oa]s?|cansad[oa]s?|sacar\w*) de)\b")),
    ("wanted", re.compile(
        r"\b(?:busc\w+|busk\w+|quier\w+|quisier\w+|necesit\w+|interes\w+|gustar?ia|encanta\w*|prefier\w+|preferi\w+|ojala|compr(?:ar|amos|o|emos|aria)\w*|arrendar|irme|irnos|ir[ae]|mudar\w+|cambiar\w+|viendo|mirando|cotizando|averiguando|mejor|puede ser|podria ser|seria|sino|aunque sea"
        r"|deptos?|dptos?|departamentos?|depas?|casas?|casita|terrenos?|parcelas?|propiedad(?:es)?|apartament\w+|apartments?|houses?|flats?|algo|opciones|tienen?|hay|venden|looking|want\w*|need|buy\w*|procuro|quero|gostaria|sector|comuna|zona|or|hasta|dorm\w*|piezas?)\b")),
)  # fmt: skip
_AFTER_NO = re.compile(
    r",? (?:no(?! (?:se|importa|es problema|esta mal|esta lejos|queda lejos|he|hay problema|tan)\b)|tampoco|jamas|nunca|ni (?:loc[oa]|cagando|ahi|muert[oa])|descartad[oa])\b"
)
_AFTER_DEAR = re.compile(
    r",? (?:(?:esta|es|sale|queda|me queda|ta|lo encuentro|la encuentro) )?(?:(?:muy|demasiado|super|tan|re|mas|harto|como) )?(?:car(?:o|a|isim[oa])|lejos|pelud[oa]|peligros[oa]|fe[oa]|fome|descartad[oa]|impagable|imposible)\b"
)
_AFTER_YES = re.compile(r",? si\b(?! (?:es|no|hay|tienen|se))")
_LISTED = re.compile(
    r"\s*(?:(?:,|/|-|y|e|o|u|ni|and|or|ou)\s*)+(?:(?:en|por|a|de|in|tambien en) )?"
)
_JOINED = re.compile(r" (?:en |por |a |in )?")  # "macul no ñuñoa": the no is of what follows
_OWN_CLAUSE = re.compile(r"\s*, (?:en|por|a|in) ")
_END = re.compile(r"[.;!?\n]")
_THEY = re.compile(
    rf"\b(?:mi {_KIN}|ell[oa]s?|el|todos) (?:me |nos )?(?:quiere[n]?|dice[n]?|insiste[n]?|prefiere[n]?|opina[n]?|manda|recomienda[n]?)\b"
)
_ALSO = re.compile(
    r"^\W*(?:(?:y|o|u) (?!no\b)|tambien|ademas|agrega|agreguen|suma|sumale|anade|incluso|also|or )|\b(?:tambien|ademas|igual|agrega\w*|suma\w*|anade|otra opcion|also|tambem)\b"
)
_ABOUT = re.compile(
    r"\b(?:el|la|los|las|ese|esa|este|esta|del|al)(?: (?:depto|dpto|departamento|casa|estudio|depa|propiedad|flat|mansion))? (?:de |del |en |d )?(?:la |el |los |las |calle |av |metro )?$"
)
_OF_STREET = re.compile(r"\b(?:el|la|los|las|ese|esa|este|esta|del|al) (?:[a-z]+ )?(?:de|en) $")
_SECTORS = {sector for sectors in SECTORS.values() for sector in sectors}
_STAYS = re.compile(
    r"\b(?:quedarme|quedarnos|seguir|seguir viviendo|no (?:moverme|cambiarme|salir)) (?:por aca|por aqui|aca|aqui|en (?:la misma|el mismo|el sector|la comuna|la zona))|\b(?:misma|mismo|esta misma|este mismo) (?:comuna|sector|barrio)|\b(?:por|cerca de|cerquita de) (?:ahi|alla|ahi mismo|alli)\b|\bpor esos lados\b|\b(?:vivir|quedar\w*|algo|cambiar\w+) (?:mas )?(?:cerca|cerquita)\b(?! (?:del?|al|a)\b)|\bstay (?:here|around here)\b"
)
_OFFICE = re.compile(
    r"\b(?:donde estan|donde queda(?:n)? (?:la oficina|ustedes)|ubicad[oa]s (?:ustedes|uds)|(?:estan|tienen|son|atienden) (?:ustedes |uds )?(?:ubicad[oa]s|oficinas?|sucursal)|(?:su|la) oficina|ustedes (?:son|estan|atienden))\b"
)
_FAR = 60  # from the words that decide to the place


def find_places(
    text: str, *, asked: bool = False, known: Sequence[str] = (), question: bool = False
) -> tuple[str, ...]:
    """The comunas wanted after this message; of who only says where they live, that one if we asked.

    `known` are those wanted before: a message may add to them, take away, or name others.
    """
    folded = fold(text)
    found = [
        each for each in locate(text) if not _is_discussed(folded, each, bool(known), question)
    ]
    stances = list(zip(found, _stances(folded, found), strict=True))
    searched = [] if _OFFICE.search(folded) else _named(stances, "wanted")
    if not searched and _STAYS.search(folded):
        searched = _named(stances, "origin")
    unwanted = set(_named(stances, "unwanted")) - set(searched)
    if not searched:
        left = tuple(each for each in known if each not in unwanted)
        if unwanted:
            return left if left != tuple(known) else ()
        return tuple(_named(stances, "origin")) if asked else ()
    others = [each for each in known if each not in unwanted]
    added = _ALSO.search(folded) or (0 < len(others) < len(known))
    return tuple(dict.fromkeys([*others, *searched] if added else searched))


def _named(stances: Sequence[tuple[Found, Stance]], stance: Stance) -> list[str]:
    return list(dict.fromkeys(found.comuna for found, each in stances if each == stance))


def _is_discussed(folded: str, found: Found, known: bool, question: bool) -> bool:
    """ "El de Alonso de Córdova" is a property on offer, by its street, and no wish for a comuna."""
    titled = found.start <= 2 and folded[found.end : found.end + 1] == ":"
    lead_in = before(folded, found.start)
    street = folded[found.start : found.end] in _SECTORS
    if street and _OF_STREET.search(lead_in):
        return True
    return (titled or bool(_ABOUT.search(lead_in))) and question and (street or known)


def _stances(folded: str, found: Sequence[Found]) -> Iterator[Stance]:
    stance: Stance = "wanted"
    for index, each in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else None
        listed = index > 0 and _LISTED.fullmatch(folded, found[index - 1].end, each.start)
        begin = found[index - 1].end if index else 0
        stated = _stated_before(folded, begin, each.start)
        apart = (
            stance != "wanted"
            and index > 0
            and _OWN_CLAUSE.fullmatch(folded, found[index - 1].end, each.start)
        )
        if stated or apart or not listed:
            stance = stated or "wanted"
        yield _put_right(folded, each, following, stance, alone=len(found) == 1)


def _stated_before(folded: str, begin: int, start: int) -> Stance | None:
    """What the nearest words before a place say of it, in its own sentence."""
    first = max([begin, start - _FAR, *(m.end() for m in _END.finditer(folded, begin, start))])
    near = [
        (match.end(), -rank, stance)
        for rank, (stance, pattern) in enumerate(_BEFORE)
        for match in pattern.finditer(folded, first, start)
    ]
    return max(near)[2] if near else None


def _put_right(
    folded: str, found: Found, following: Found | None, stance: Stance, *, alone: bool
) -> Stance:
    """What comes right after a place may say the contrary."""
    if _AFTER_YES.match(folded, found.end):
        return "wanted"
    refused = _AFTER_NO.match(folded, found.end)
    if refused and not (following and _JOINED.fullmatch(folded, refused.end(), following.start)):
        return "unwanted"
    if _AFTER_DEAR.match(folded, found.end) and not alone:
        return "unwanted"
    but = folded.find(" pero ", found.end)
    if (
        following
        and found.end <= but < following.start
        and _THEY.search(before(folded, found.start))
    ):
        return "unwanted"
    return stance
