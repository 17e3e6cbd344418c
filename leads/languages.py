"""Which of the languages that we answer in a text is written in, by its commonest words."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from leads.folding import clean, excerpt, fold

Language = Literal["es", "en", "pt"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

# Frequent in one of them and no words of the other two, once accents are folded away.
_COMMON: Mapping[Language, str] = {
    "es": "el los las una y del es son tu usted ustedes hola gracias cual cuando donde puedes quieres tienes tengo "
    "hay pero muy aqui estas hasta si le lo busco quiero quisiera necesito soy buenas buenos tardes dias con en mi "
    "sin cuanto cuanta depto departamento dormitorios hoy manana ya no estoy tienen puedo seria",
    "en": "the and of to you your is are for with what when which would have has this it we can please thanks hello "
    "hi i am looking my do does how much where want need house apartment there any in at on not be from but so good "
    "morning bedrooms bedroom visit yes will could see who they "
    "our us or if about buy rent price tomorrow today am was were after before anyone someone already still "
    "later again more just monday tuesday wednesday thursday friday saturday sunday weekend",
    "pt": "os uma voce voces seu sua oi obrigado obrigada qual onde pode quer tenho nao sao ate bairro preco em um ou "
    "muito ao na com tem isso quartos estou procuro gostaria meu minha bom boa apartamento voce quanto "
    "custa gostei sim posso mais tambem seria "
    "mensagem mensagens mandem parem ligue liguem deixe deixem pelo pela pra amanha hoje eu ele ela eles quando quem "
    "onde fica morar cachorro varanda ainda depois agora tudo bem vou gosto sou aluguel alugar imovel imoveis "
    "interesse estao aceitam terca comprei corretor alguem pessoa",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_WORD = re.compile(r"[a-z]+")
SURE = 2  # words more than of any other language, so that one loanword decides nothing


def language_of(text: str, *, sure: int = SURE) -> Language | None:
    """None for a text that says too little to tell."""
    return _most(_counts(text), sure)


def spoken_by(texts: Iterable[str]) -> Language | None:
    """The language of a person by what they wrote, the latest first: as much of it as it takes."""
    total = dict.fromkeys(LANGUAGES, 0)
    for text in texts:
        for language, count in _counts(text).items():
            total[language] += count
        if found := _most(total, SURE):
            return found
    return _most(total, 1)


def _counts(text: str) -> dict[Language, int]:
    words = _WORD.findall(fold(clean(excerpt(text))))
    return {language: sum(word in known for word in words) for language, known in _WORDS.items()}


def _most(counts: Mapping[Language, int], sure: int) -> Language | None:
    first, second, _third = sorted(counts, key=lambda language: -counts[language])
    return first if counts[first] - counts[second] >= sure else None
