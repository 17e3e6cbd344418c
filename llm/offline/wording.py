"""The offline model's words in the language of the lead, and in Spanish as they address us."""

from collections.abc import Iterable, Mapping

from crm.patterns import Pattern
from leads.folding import clean, excerpt, fold
from leads.languages import Language
from llm.offline.phrases import Spanish
from llm.offline.phrases_en import English
from llm.offline.phrases_formal import Formal
from llm.offline.phrases_pt import Portuguese

Words = type[Spanish]
WORDS: Mapping[Language, Words] = {"es": Spanish, "en": English, "pt": Portuguese}
ALL: tuple[Words, ...] = (*WORDS.values(), Formal)

_FORMAL = Pattern(
    r"\b(?:usted|ud|estimad[oa]s?|senorita|le agradec\w*|agradeceria|(?:me|nos) (?:puede|podria|indica|confirma|informa)\b|podria (?:usted|indicarme|decirme|informarme|ayudarme)"
    r"|digame|indiqueme|disculpe|tenga (?:a bien|buen\w*)|sea tan amable|deseo (?:consultar|saber|informacion)|quisiera (?:consultar|saber si usted))"
)
_FAMILIAR = Pattern(
    r"\b(?:tu|tienes|puedes|podrias|eres|estas|dime|oye|sabes|cuentame|tenis|podis|cachai|po|mandame|puedo ir a verte|te)\b"
)


def words_for(language: Language, texts: Iterable[str]) -> Words:
    """The latest first: the first that shows how the lead addresses us decides."""
    if language != "es":
        return WORDS[language]
    for text in texts:
        folded = fold(clean(excerpt(text)))
        if _FAMILIAR.search(folded):
            return Spanish
        if _FORMAL.search(folded):
            return Formal
    return Spanish
