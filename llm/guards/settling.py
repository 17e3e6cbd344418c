"""What is sent in place of a reply that broke a rule, as near to it as the rules allow."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from leads.languages import Language
from llm.guards import texts
from llm.guards.checking import rules
from llm.guards.credit import promised_credit
from llm.guards.form import plain, shortened
from llm.guards.known import Known, Rule, Violation
from llm.guards.manners import hides_the_assistant
from llm.guards.sentences import sentences

VISITS = frozenset({Rule.HOUR, Rule.BOOKING})
# What was said rests on nothing: none of it is sent.
UNFOUNDED = VISITS | {
    Rule.AMOUNT,
    Rule.ADDRESS,
    Rule.AVAILABILITY,
    Rule.SUBSIDY,
    Rule.LINK,
    Rule.INTERNALS,
    Rule.ILLEGIBLE,
}
# A person is told of these; of the others the lead has all that there was to say.
REPORTED = UNFOUNDED | {Rule.CREDIT}


@dataclass(frozen=True)
class Names:
    """Who speaks, the hours that can be pressed, and the visit that stands, in words."""

    agent: str
    broker: str
    hours: Sequence[str] = field(default_factory=tuple)
    visit: str = ""


def settle(text: str, found: Collection[Violation], known: Known, names: Names) -> str:
    """A text that may be sent: put right where that changes nothing, else something safe."""
    broken = frozenset(rules(found))
    language = known.language or "es"
    if broken & {Rule.HUMAN, Rule.TOPIC, *UNFOUNDED}:
        text = _instead(broken, language, names)
    else:
        text = _put_right(text, broken, known)
    if hides_the_assistant(text, known):
        words = texts.INTRODUCTION if known.first_contact else texts.IS_ASSISTANT
        text = f"{_filled(words, language, names)} {text}"
    return text


def _put_right(text: str, broken: Collection[Rule], known: Known) -> str:
    language = known.language or "es"
    if Rule.MARKDOWN in broken:
        text = plain(text)  # first: a promise may be written with stars within its words
    if Rule.CREDIT in broken:
        text = without_promises(plain(text), known)
    if Rule.LENGTH in broken:
        text = shortened(text)
    return f"{texts.LANGUAGE[language]} {text}" if Rule.LANGUAGE in broken else text


def _instead(broken: frozenset[Rule], language: Language, names: Names) -> str:
    if Rule.HUMAN in broken:
        return _filled(texts.IS_ASSISTANT, language, names)
    if not broken & UNFOUNDED:
        return texts.ONLY_HOMES[language]
    parts = []
    if not broken <= VISITS or not (names.visit or names.hours):
        parts.append((texts.NO_VISIT if broken <= {Rule.BOOKING} else texts.WILL_CHECK)[language])
    if broken & VISITS and names.visit:
        parts.append(texts.VISIT[language].format(label=names.visit))
    elif names.hours:
        numbered = [f"{number}) {label}" for number, label in enumerate(names.hours, 1)]
        parts += ["\n".join([texts.HOURS[language], *numbered, texts.WHICH[language]])]
    return "\n".join(parts)


def without_promises(text: str, known: Known) -> str:
    """The text without the sentences that promise credit, and one that says so in their place."""
    broken = {each.words for each in promised_credit(text, known)}
    rest = [each for each in sentences(text) if each not in broken]
    return " ".join([*rest, texts.CREDIT[known.language or "es"]])


def _filled(words: texts.Words, language: Language, names: Names) -> str:
    return words[language].format(agent=names.agent, broker=names.broker)
