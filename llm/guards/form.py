"""The form of a reply: nothing of our workings, plain text, and not too much of it."""

import re

from crm.patterns import Pattern
from leads.folding import clean, fold
from llm.guards.known import Known, Rule, Violation
from llm.guards.sentences import is_question, sentences

MOST_SENTENCES, MOST_CHARACTERS = 4, 600
MOST_LISTED = 1_600  # of a list of hours or properties; beyond it nobody reads on a telephone
_COURTESY = 4  # words: "¡Listo, Camila!" is no sentence to read
QUOTED_WORDS = 12  # in a row of the prompt: nobody says as many by chance
INTERNALS = re.compile(
    r"</?contexto>|<\|[a-z_]{2,30}\|?>|</?(?:tool_call|tool_use|function_calls?|invoke|think|thinking|system)\b|\[/?(?:TOOL_CALLS?|INST|SYSTEM)\]"
    r"|\b(?:offer_id|first_contact|booking_enabled|source_type|appointment_id|default_api|tool_code|answer_from|date_from)\b"
    r"|[\"'](?:known|missing|qualification|stage|offers|knowledge|appointment|agent_name|broker_name|arguments|name)[\"'] ?:"
    r"|^\s{0,20}[\[{]\s{0,20}[\"{\[]",
    re.MULTILINE | re.IGNORECASE,
)
PROMPT = Pattern(
    r"\b(?:mis instrucciones (?:son|dicen|indican)|mi prompt|system prompt|prompt del sistema|my instructions (?:are|say)|segun mis instrucciones"
    r"|bloque de contexto|minhas instrucoes (?:sao|dizem)|(?:el|segun el|the) (?:contexto|context) (?:dice|indica|json|says))\b"
)
_MARKDOWN = re.compile(
    r"\*\*(?P<bold>[^*\n]{1,300})\*\*|__(?P<strong>[^_\n]{1,300})__|^(?P<heading>#{1,6} +)|\[(?P<words>[^\]\n]{1,200})\]\((?P<link>[^)\s]{1,300})\)"
    r"|^(?P<bullet> {0,4}\* +)|(?P<fence>```[a-z]{0,12}\n?)|`(?P<code>[^`\n]{1,200})`|^(?P<quote>> ?)|^(?P<rule>(?:---+|\*\*\*+|\|[-| :]{3,200}))$",
    re.MULTILINE,
)
_STARRED = re.compile(r"(?<![\w*])\*(?P<starred>[^\s*][^*\n]{0,200})\*(?![\w*])")
_RENDERS_STARS = ("whatsapp",)
_LISTED = re.compile(r"^\s{0,4}(?:\d{1,2}[).]|[-•–*])\s", re.MULTILINE)


def shown_internals(text: str, known: Known) -> list[Violation]:
    """The context block, the syntax or names of tools, and what of the prompt is not for the lead."""
    if found := INTERNALS.search(text):
        return [Violation(Rule.INTERNALS, found.group())]
    names = [name for name in known.tools if name in text]
    folded = fold(clean(text))
    if names or PROMPT.search(folded):
        return [Violation(Rule.INTERNALS, " ".join(names))]
    quoted = quoted_words(folded, fold(clean(known.private)))
    return [Violation(Rule.INTERNALS, quoted)] if quoted else []


def quoted_words(folded: str, private: str) -> str:
    """The first run of words that a text has in common with a private one; empty without any."""
    words = re.findall(r"\w+", folded)
    runs = {tuple(words[at : at + QUOTED_WORDS]) for at in range(len(words) - QUOTED_WORDS + 1)}
    if not runs:
        return ""
    secret = re.findall(r"\w+", private)
    for at in range(len(secret) - QUOTED_WORDS + 1):
        if (run := tuple(secret[at : at + QUOTED_WORDS])) in runs:
            return " ".join(run)
    return ""


def markdown(text: str, known: Known) -> list[Violation]:
    """WhatsApp shows *words* in bold; nothing else is rendered anywhere."""
    found = _MARKDOWN.search(text) or (
        None if known.channel in _RENDERS_STARS else _STARRED.search(text)
    )
    return [Violation(Rule.MARKDOWN, found.group())] if found else []


def plain(text: str) -> str:
    """The same words without Markdown."""

    def words(match: re.Match[str]) -> str:
        if match["bullet"]:
            return "- "
        if match["words"]:
            return (
                f"{match['words']}: {match['link']}"
                if match["words"] != match["link"]
                else match["link"]
            )
        return match["bold"] or match["strong"] or match["code"] or ""

    return _STARRED.sub(r"\g<starred>", _MARKDOWN.sub(words, text)).strip()


def too_long(text: str, known: Known) -> list[Violation]:
    most = MOST_LISTED if known.lists or len(_LISTED.findall(text)) > 1 else MOST_CHARACTERS
    if len(text) > most:
        return [Violation(Rule.LENGTH, f"{len(text)} caracteres")]
    count = len(_weighty(text))
    allowed = MOST_SENTENCES + known.first_contact  # it introduces itself, too
    if most == MOST_CHARACTERS and count > allowed:
        return [Violation(Rule.LENGTH, f"{count} frases")]
    return []


def _weighty(text: str) -> list[str]:
    return [each for each in sentences(text) if len(each.split()) > _COURTESY]


def shortened(text: str) -> str:
    """The first sentences and the last question, which is what the lead is to answer."""
    every = sentences(text)
    asks = every and is_question(every[-1]) and len(every[-1]) < MOST_CHARACTERS // 2
    last = every[-1:] if asks else ()
    chosen: list[str] = []
    for sentence in every[: len(every) - len(last)]:
        if len(_weighty(" ".join([*chosen, sentence, *last]))) > MOST_SENTENCES:
            break
        if len(" ".join([*chosen, sentence, *last])) > MOST_CHARACTERS:
            break
        chosen.append(sentence)
    short = " ".join([*chosen, *last]) or text
    return (
        short
        if len(short) <= MOST_CHARACTERS
        else short[: MOST_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"
    )
