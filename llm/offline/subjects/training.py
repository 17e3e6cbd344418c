"""Learns what questions ask for from lines with alternatives: the same lines give the same bytes."""

import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path
from zlib import crc32

from leads.intents import features, training
from leads.intents.training import Example

EXAMPLES = Path(__file__).with_name("examples.txt")
SURE = 0.5  # of a subject's probability: as likely as all else together
_MOST = 18  # of one line's ways to say it: more would outweigh lines without alternatives
_STRIDE = 7_919  # a prime: every alternative has its turn
_CHOICE = re.compile(r"\{([^{}]*)\}")
# Properties by what people call them; no subject has anything to do with their names.
_HOMES = """
el depto|la casa|ese|esa casa|el departamento|el de los aromos|la de calle serena|el de metro tobalaba|el depto de plaza egaña
|el de vista parque|la casa de chicureo|el dpto de pedro montt|el de ñuñoa|la casa del bosque|el estudio|AP 204|el depto de bilbao
|la casa de la reina|el de avenida matta|el depto de la playa|ese depto|el condominio|la parcela|el de 2 dormitorios|el de los robles
|el q vi de macul|la del condominio|el de la florida|la casita de quilpue|el depto frente al parque
""".replace("\n", "").split("|")  # fmt: skip
_COURTESIES = ("hola", "holi", "buenas tardes", "oye", "disculpe", "y", "una consulta", "epa amigo", "estimados", "ya y", "oiga", "mire mijito", "pregunta", "consulta por")  # fmt: skip


def read_examples(path: Path = EXAMPLES) -> list[Example]:
    found: dict[str, Example] = {}
    subject = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("="):
            subject = line[1:].strip()
        elif line and not line.startswith("#"):
            for text in ways(line):
                found.setdefault(text, Example(text, frozenset({subject})))
    return list(found.values())


def ways(line: str) -> Iterator[str]:
    """As many as fit under the limit, spread over all that there are."""
    parts = [part.split("|") for part in _CHOICE.sub("\0{\\1\0", line).replace("{", "").split("\0")]
    every = [" ".join("".join(chosen).split()) for chosen in product(*parts)]
    for number in range(min(2 * len(every), _MOST)):
        text = every[number * _STRIDE % len(every)]
        home = _HOMES[crc32(f"{number}{line}".encode()) % len(_HOMES)]
        courtesy = _COURTESIES[crc32(f"{line}{number}".encode()) % len(_COURTESIES)]
        if number >= len(every) and "&" not in text:
            text = f"& {text}"  # another time with words around it that say nothing
        yield " ".join(text.replace("@", home).replace("&", courtesy).split())


def hash_of(path: Path = EXAMPLES) -> str:
    """Of what decides the model: the examples, and the code that reads them and the questions."""
    code = (__file__, features.__file__)
    parts = [path.read_bytes(), *(Path(str(each)).read_bytes() for each in code)]
    return sha256(b"\0".join(parts)).hexdigest()


def train() -> bytes:
    """The model's file."""
    examples = read_examples()
    subjects = sorted({name for each in examples for name in each.intents})
    return training.stored(training.fit(examples, subjects), [SURE] * len(subjects), hash_of())
