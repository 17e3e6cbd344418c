"""Finds the name that a lead gives for themselves: introduced, asked for and shaped like one, or signed."""

import re
from collections.abc import Iterator
from typing import Literal

from leads.comunas import canonical, find_comunas
from leads.folding import before, fold
from llm.spanish.name_lists import GIVEN, NOT_NAMES, PARTICLES, TITLES

_STRONG = re.compile(
    r"\b(?:me llamo|me llaman|mi nombre(?: completo)? es|mi nombre(?: completo)?:?|nombre(?: completo)?:|a nombre de|el nombre es|my name is|my name's"
    r"|an[oó]t[ae](?:n|me|nme) (?:como|a)|agend[ae](?:n|me|nme)? (?:como|a nombre de)|registr\w+ como|pon(?:me|gan?me) como|me chamo|meu nome e|o meu nome e|mwen rele|yo me llama|mi llama|yo llama|mi nombre e)\s+"
)
# Who the home is for, told by somebody else; a name and a surname, or nothing.
_SOMEBODYS = re.compile(
    r"\b(?:se llama|su nombre es|el nombre de (?:ella|el) es|(?:la|el) (?:interesad[oa]|comprador[a]?|que (?:compra|busca)) es(?: mi \w+)?|(?:para|por) mi (?:mama|papa|madre|padre|hij[oa]|herman[oa]|suegr[oa]|ti[oa]|abuel[oa]|espos[oa]|marido|senora|viej[oa]|sobrin[oa]|prim[oa])) +"
)
_FOR_SOMEBODY = re.compile(
    r"\b(?:(?:para|por) (?:mi|un[ao]?) [a-z]+|(?:ella|el) se llama|es (?:ella|el) (?:quien|la que|el que)|(?:ella|el) (?:es|busca|quiere|necesita|anda|compra)|la interesada|el interesado|quien (?:busca|compra))\b"
)
_NOT_THEIRS = re.compile(
    r"\b(?:perr\w+|gat[oa]\w*|mascota\w*|atend\w+|ejecutiv\w+|vendedor\w*|corredor\w*|edificio|condominio|proyecto|calle|banco)\b"
)
_NICKNAME = re.compile(
    r"\b(?:me dicen|me puedes decir|puedes decirme|llamame|call me|dime|me conocen como)\s+"
)
_WEAK = re.compile(
    r"(?:\bsoy(?: la| el| yo)?(?: don| dona| sra?\.?| senora?| senorita)?|(?:^|[,.!\n] *|\b(?:te|le|les) )habla|(?:te|le|les) escribe"
    r"|(?:te|le|les) saluda|\b(?:aca|aqui)(?: habla| escribe| con)?|^con|me presento,?(?: soy)?|\bmwen se|\bm se|\bi am|\bi'm|\bthis is|\bsou(?: a| o)?|\baqui e(?: a| o)?|\bfala(?: a| o)?|\bsaludos[,.]|\batte\.?,?|\batentamente,?)\s+"
)
_APART = re.compile(
    r"\b(?:yo|soy|interesad[oa]|presento|interesad[oa] po|escribe|habla)(?: po)?[,:] +"
)
_ASIDE = re.compile(r"\byo +(?=[A-ZÁÉÍÓÚÑ][a-záéíóúñ]+ [A-ZÁÉÍÓÚÑ])")
_TITLE = re.compile(rf"(?:^|[.\n] ?)\W{{0,3}}(?:{'|'.join(TITLES)})\.?(?: \(\w\))? +")
_DENIED = re.compile(
    r"\bno (?:me llamo|soy|me dicen)\s+\w+|\bno es mi nombre\b|\b(?:se llama|eres|tu eres|usted es) +\w+(?: \w+)?"
)
_GREETING = re.compile(
    r"^\W*(?:(?:muy )?(?:hola+|ola+|holi|buen(?:a|as|os)?(?: (?:tardes?|dias?|noches?))?|wena|alo|ya|si+|claro|ok|dale|oi|hi|hello|hey"
    r"|por supuesto|obvio|bueno|gracias|perfecto|senor[ae]?|senorita|sra?|srta|dra?|don|dona|es|mira)\b[\s,.!:]*)+"
)
_TRAILING = re.compile(
    r"(?<![\s,])[\s,]+(?:y (?:tu|usted|ud|el tuyo)\b|mucho gusto|un gusto|encantad|para servir|por ?fa|a sus ordenes|en realidad|en verdad|no ?mas\b|pero |gracias|and you|e voce|po\b|y (?:mi|quiero|busco|necesito|me|estoy|tengo|vivo|ando|quisiera) ).*$"
)
_WORD = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*")
_TRADE = re.compile(
    r"(?:ista|dor|dora|ado|ada|ido|ida|ente|ante|logo|loga|ologo|nero|nera|ivo|iva|tico|tica)s?$"
)
_DOING = re.compile(r"(?:[aie]ndo|mente)$")
_LAUGH = re.compile(r"(?:[jhks]*[aeio][jhks]){1,15}[aeioj]*|(?:ja|je|ji|ha|he|lo|xd|kk|ks)+[a-z]?")
_CONTACT = re.compile(r"[\s,.;:()/|+\-]{0,4}\x00")
_CONTACT_BEFORE = re.compile(r"\x00[\s,.;:()/|\-]{0,4}$")
_HERE = {"aca", "aqui", "presente", "here", "aqu"}
_PRESENTED = re.compile(
    r",? (?:con|sin) (?:(?:una? )?[a-z]{1,2}|tilde|acento|hache|zeta|doble [a-z])\b|,? (?:al habla|para servirle|a sus ordenes)\b"
)
_LINE = re.compile(r"[^\n]+")
_MOST_WORDS, _MOST_SURNAMES, _LONGEST_RUN = 6, 2, 8
Trust = Literal["given", "asked", "guess"]
Found = tuple[str, int, int]


def find_name(
    text: str, *, asked: bool = False, assistant: str = "", contacts: str = ""
) -> Found | None:
    """The name and its place in `text` (clean); `asked` says that the name was just asked for.

    `contacts` is the text with a NUL for every sign of a phone, an e-mail or a RUT.
    """
    folded = _DENIED.sub(lambda match: " " * len(match.group()), fold(text))
    page = _Page(text, folded, contacts or text, shouting=text.isupper())
    ways = (
        page.introduced(_STRONG, "given"),
        page.introduced(_WEAK, "asked" if asked else "guess"),
        page.signed(),
        page.introduced(_APART, "guess", whole=True),
        page.introduced(_ASIDE, "guess", whole=True),
        page.introduced(_TITLE, "guess", whole=True),
        page.alone(),
        page.presented(),
        page.answered(assistant) if asked else iter(()),
        page.introduced(_NICKNAME, "given"),
        page.told_of_another(fold(text)),
    )
    return next((found for way in ways for found in way), None)


class _Page:
    def __init__(self, text: str, folded: str, contacts: str, *, shouting: bool) -> None:
        self.text, self.folded, self.contacts, self.shouting = text, folded, contacts, shouting

    def introduced(
        self, pattern: re.Pattern[str], trust: Trust, *, whole: bool = False
    ) -> Iterator[Found]:
        """What follows words that introduce somebody; `whole`: a name and a surname, or nothing."""
        searched = self.text if pattern is _ASIDE else self.folded
        for match in pattern.finditer(searched):
            found = self.at(match.end(), trust)
            if found and (not whole or self._is_full(found)):
                yield found

    def signed(self) -> Iterator[Found]:
        """A name right before or behind a phone, an e-mail or a RUT."""
        for run in self._runs():
            start, end = run[0].start(), run[-1].end()
            behind = _CONTACT_BEFORE.search(before(self.contacts, start, 8))
            if not behind and not _CONTACT.match(self.contacts, end):
                continue
            found = self._last_name(run) if not behind else self.at(start, "guess")
            if found and self._looks_signed(found):
                yield found

    def alone(self) -> Iterator[Found]:
        """A line, or its first clause, that is a name and a surname and nothing else."""
        for line in _LINE.finditer(self.folded):
            start = line.start() + len(line.group()) - len(line.group().lstrip(" .,-¡!"))
            found = self.at(start, "guess")
            if found is None or not self._is_full(found):
                continue
            rest = self.folded[found[2] : line.end()]
            if (
                re.match(r"\W*$|,? (?:en realidad|en verdad|para servirle)\b|\s*,", rest)
                and "?" not in rest
            ):
                yield found

    def presented(self) -> Iterator[Found]:
        """ "Millaray Curihual acá", "Marisel Cárcamo, con l al final"."""
        for run in self._runs():
            if not _PRESENTED.match(self.folded, run[-1].end()) and fold(run[-1].group()) in _HERE:
                run = run[:-1]
            elif not _PRESENTED.match(self.folded, run[-1].end()):
                continue
            found = self._last_name(run) if run else None
            if found and len(found[0].split()) > 1 and not find_comunas(found[0]):
                yield found

    def told_of_another(self, folded: str) -> Iterator[Found]:
        """ "Escribo por mi mamá, se llama Luz Marina Cofré": the home is for her."""
        if not _FOR_SOMEBODY.search(folded) or _NOT_THEIRS.search(folded):
            return
        for match in _SOMEBODYS.finditer(folded):
            found = self.at(match.end(), "guess")
            if found and self._is_full(found):
                yield found

    def answered(self, assistant: str) -> Iterator[Found]:
        for line in _LINE.finditer(self.folded):
            if found := self._answer(line, assistant):
                yield found

    def at(self, start: int, trust: Trust) -> Found | None:
        words = list(_words(self.text, start))
        if not words or not self._plausible(words[0].group(), trust):
            return None
        found = _keep(self.folded, words)
        if self.folded[found[-1].end() : found[-1].end() + 1] == ":":
            return None
        return _tidy([word.group() for word in found]), found[0].start(), found[-1].end()

    def _plausible(self, word: str, trust: Trust) -> bool:
        folded = fold(word)
        if folded in GIVEN:
            return True
        if len(folded) < 3 or not re.search(r"[aeiouy]", folded) or _is_other_word(folded):
            return False
        if trust == "given" or _TRADE.search(folded):
            return trust == "given"
        return trust == "asked" or (word[0].isupper() and not self.shouting)

    def _runs(self) -> Iterator[list[re.Match[str]]]:
        """Words with nothing but a space between them, cut at what no name holds."""
        run: list[re.Match[str]] = []
        for match in _WORD.finditer(self.contacts):
            joined = run and self.contacts[run[-1].end() : match.start()] == " "
            if run and not joined:
                yield run
            if not joined:
                run = []
            elif len(run) > _LONGEST_RUN:
                del run[0]
            run.append(match)
        if run:
            yield run

    def _last_name(self, run: list[re.Match[str]]) -> Found | None:
        """The name that a run of words ends with."""
        for match in run:
            found = self.at(match.start(), "guess")
            if found and found[2] == run[-1].end():
                return found
        return None

    def _looks_signed(self, found: Found) -> bool:
        first = fold(found[0]).split()[0]
        return first in GIVEN or self._is_full(found)

    def _is_full(self, found: Found) -> bool:
        """A name and a surname as they are written, and no place."""
        words = self.text[found[1] : found[2]].split()
        named = [word for word in words if fold(word) not in PARTICLES]
        known = fold(named[0]) in GIVEN
        capitals = all(word[0].isupper() for word in named) and not self.shouting
        return len(named) > 1 and known and capitals and not find_comunas(" ".join(words))

    def _answer(self, line: re.Match[str], assistant: str) -> Found | None:
        greeted = _GREETING.match(line.group())
        start = line.start() + (greeted.end() if greeted else 0)
        plain = _TRAILING.sub("", self.folded[start : line.end()])
        answer = re.split(r"[^\w\s'\-]|\d", plain)[0].strip()
        counts = re.match(r"[^\n]{0,60}?\d", self.contacts[start : line.end()][len(answer) :][:2])
        if counts or "?" in plain or "@" in answer or not 1 <= len(answer.split()) <= _MOST_WORDS:
            return None
        if (answer == fold(assistant) and greeted) or (
            canonical(answer) and answer.split()[0] not in GIVEN
        ):
            return None
        found = self.at(start, "asked")
        return found if found and _whole(answer, found[0]) else None


def _is_other_word(folded: str) -> bool:
    """A word that no name begins with."""
    known = folded in NOT_NAMES or folded in PARTICLES
    return known or bool(_DOING.search(folded) or _LAUGH.fullmatch(folded))


def _words(text: str, start: int) -> list[re.Match[str]]:
    """The run of words from `start`, ending at the first sign that is no single space."""
    run: list[re.Match[str]] = []
    position = start
    while len(run) < _MOST_WORDS and (match := _WORD.match(text, position)):
        run.append(match)
        position = match.end() + 1 if text[match.end() : match.end() + 1] == " " else len(text)
    return run


def _keep(folded: str, words: list[re.Match[str]]) -> list[re.Match[str]]:
    """Given names, then at most two surnames, as long as they are written like the first."""
    parts = words[:1]
    second_given = len(words) > 2 and fold(words[1].group()) in GIVEN
    surnames = int(fold(words[0].group()) not in GIVEN and not second_given)
    for match in words[1:]:
        word = folded[match.start() : match.end()]
        if word in PARTICLES:
            parts.append(match)
            continue
        surnames += word not in GIVEN or surnames > 0
        smaller = parts[0].group()[0].isupper() > match.group()[0].isupper()
        if smaller or surnames > _MOST_SURNAMES or _ends_name(folded, word, parts, match):
            break
        parts.append(match)
    while fold(parts[-1].group()) in PARTICLES:
        parts.pop()
    return parts


def _ends_name(folded: str, word: str, parts: list[re.Match[str]], match: re.Match[str]) -> bool:
    named = match.group()[0].isupper() and parts[0].group()[1:2].islower()  # "Rodrigo Peña"
    if word not in GIVEN and (_DOING.search(word) or (word in NOT_NAMES and not named)):
        return True
    rest = folded[parts[-1].start() : match.end()]
    return rest.startswith("de ") and canonical(rest[3:]) is not None


def _whole(answer: str, name: str) -> bool:
    """Nothing is left of the answer but, perhaps, where the lead is from."""
    rest = answer.split()[len(name.split()) :]
    return (
        not rest
        or rest[0] == "soy"
        or (rest[0] in ("de", "desde") and bool(canonical(" ".join(rest[1:]))))
    )


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
