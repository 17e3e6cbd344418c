"""Which language a reply is written in, by its commonest words; measured apart from what is measured."""

import re

from scheduling.evaluation.cases import Language

# Frequent in one of the three languages, and no words of the others once accents are folded.
_COMMON: dict[Language, str] = {
    "es": "el los las una y del es son tu usted hola gracias cual cuando donde puedes quieres tienes "
    "tengo hay pero muy aqui estas hasta si le lo ningun algun dormitorios hoy manana",
    "en": "the and of to you your is are for with what when which would have has this it we can "
    "please thanks hello looking at bedrooms",
    "pt": "os uma voce seu sua ola obrigado obrigada qual quando onde pode quer tenho nao sao ate "
    "bairro preco em um ou muito ao na com tem isso quartos",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_SENTENCE = re.compile(r"[^.!?\n]+")
_SPANISH_SIGN = re.compile(r"[¿¡]")
_LEAST_LEAD = 2


def languages_of(folded: str) -> set[Language]:
    """The languages of a folded text's sentences; a sentence of too few telling words has none."""
    return {each for sentence in _SENTENCE.findall(folded) if (each := _of(sentence))}


def _of(sentence: str) -> Language | None:
    if _SPANISH_SIGN.search(sentence):
        return "es"
    words = re.findall(r"[a-z]+", sentence)
    counts = {language: sum(word in known for word in words) for language, known in _WORDS.items()}
    first, second, _ = sorted(counts, key=lambda language: counts[language], reverse=True)
    return first if counts[first] - counts[second] >= _LEAST_LEAD else None
