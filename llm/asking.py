"""What a lead may be asked for now: a fact at most twice, never twice running, never in the same words."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from leads.enums import Author, Direction
from leads.folding import clean, excerpt, fold
from leads.models import ChatMessage
from llm.guards.sentences import is_question, sentences
from llm.spanish import asked_in
from llm.spanish.intents import find_intents
from llm.tools import Turn

MOST = 2
FACTS = frozenset(
    (
        "name",
        "phone",
        "email",
        "location",
        "budget",
        "income",
        "dicom",
        "debt_amount",
        "timeline",
        "property_type",
        "bedrooms",
    )
)
# The lead speaks of the question itself.
_ON_THE_QUESTION = frozenset(("asks_why", "gross_income"))
_SAME = {"dicom_clean": "dicom"}


def open_now(missing: Sequence[str], turn: Turn, *, refused: Collection[str] = ()) -> list[str]:
    """Of what is missing, without what was asked twice; what we asked last waits for a turn.

    Who was asked for it and said something else is answered first: asking again at once nags. Who
    asks why, or whose answer was of the wrong kind (``refused``), is told and asked again.
    """
    asked = _asked_before(turn)
    times, last = Counter(asked), asked[-1] if asked else None
    waits = None if last in refused or intents_in(turn.question) & _ON_THE_QUESTION else last
    return [fact for fact in missing if times[fact] < MOST and fact != waits]


def without_repeats(text: str, turn: Turn) -> str:
    """The reply without the question for a fact that was asked twice, or in these very words."""
    names = {sentence: _fact_in(sentence) for sentence in sentences(text) if is_question(sentence)}
    if not any(names.values()):
        return text
    ours = [each.message_text for each in _ours(turn)]
    times = Counter(_asked_before(turn))
    earlier = {_plain(sentence) for message in ours for sentence in sentences(message)}
    repeated = [
        sentence
        for sentence, fact in names.items()
        if fact and (times[fact] >= MOST or _plain(sentence) in earlier)
    ]
    return _without(text, repeated) or text


def without_facts(text: str) -> str:
    """The reply without any question for a fact: what else it says stands by itself."""
    asked = [each for each in sentences(text) if is_question(each) and _fact_in(each)]
    return _without(text, asked) or text


def _without(text: str, dropped: Iterable[str]) -> str:
    for sentence in dropped:
        text = text.replace(sentence, "")
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line).strip()


def _ours(turn: Turn) -> list[ChatMessage]:
    return [
        each
        for each in turn.history
        if each.direction == Direction.OUT and each.author == Author.ASSISTANT
    ]


def _asked_before(turn: Turn) -> list[str | None]:
    """What each message of the assistant asked for, the earliest first."""
    return [_fact_in(each.message_text) for each in _ours(turn)]


@lru_cache(maxsize=256)  # a turn reads its message before the model is asked and after
def intents_in(text: str) -> frozenset[str]:
    return frozenset(map(str, find_intents(fold(clean(excerpt(text))))))


@lru_cache(maxsize=4096)  # each turn of a conversation reads its earlier messages again
def _fact_in(text: str) -> str | None:
    name = asked_in(text)
    name = _SAME.get(name, name) if name else None
    return name if name in FACTS else None


def _plain(sentence: str) -> str:
    return " ".join(fold(clean(sentence)).strip(" ¿?¡!.,").split())
