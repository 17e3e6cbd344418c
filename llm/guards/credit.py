"""No promise and no estimate that a bank will lend, nor that the State will grant a subsidy."""

import re

from crm.patterns import Pattern
from llm.guards import credit_words as words
from llm.guards.known import Known, Rule, Violation
from llm.guards.sentences import clauses, is_question, sentences, statement

CREDIT, ASKED, YES = Pattern(words.CREDIT), Pattern(words.ASKED), Pattern(words.YES)
# What asserts an approval that nobody has given: barred to everybody, with a debt or without one.
ASSERTED = Pattern(words.ASSERTED)
# What says or guesses that a bank will lend: barred where a debt is known.
PROMISED, LIKELY, COMFORT = Pattern(words.PROMISED), Pattern(words.LIKELY), Pattern(words.COMFORT)
HARMLESS = re.compile(words.HARMLESS)
SUBSIDY, GRANTED = Pattern(words.SUBSIDY), Pattern(words.GRANTED)
NOT_GRANTED = Pattern(words.NOT_GRANTED)


def promised_credit(text: str, known: Known) -> list[Violation]:
    """An approval asserted to anybody; to who owes, also promises and guesses of one."""
    asked = known.owes and ASKED.search(known.asked)
    if not (asked or CREDIT.search(statement(text))):
        return []
    every = sentences(text)
    found = [each for each in every if _breaks(each, owes=known.owes, asked=asked)]
    if asked and not found:
        found = [each for each in every[:1] if YES.search(statement(each))]
    return [Violation(Rule.CREDIT, each) for each in found]


def promises_credit(sentence: str) -> bool:
    """Whether somebody who owes must not be told this."""
    return _breaks(sentence, owes=True, asked=False)


def _breaks(sentence: str, *, owes: bool, asked: bool) -> bool:
    folded = statement(sentence)
    if is_question(sentence) and "sabias que" not in folded:
        return False
    rests = [HARMLESS.sub(" ", clause) for clause in clauses(folded)]
    if any(map(ASSERTED.search, rests)):
        return True
    if not owes:
        return False
    on_credit = CREDIT.search(folded)
    promised = (on_credit or asked) and any(map(PROMISED.search, rests))
    return promised or (
        on_credit and any(LIKELY.search(each) or COMFORT.search(each) for each in rests)
    )


def promised_subsidies(text: str, known: Known) -> list[Violation]:
    """Who gets one is decided by the ministry, whatever the lead earns."""
    if not SUBSIDY.search(statement(text)):
        return []
    return [
        Violation(Rule.SUBSIDY, sentence)
        for sentence in sentences(text)
        if not is_question(sentence)
        and SUBSIDY.search(folded := statement(sentence))
        and any(GRANTED.search(each) and not NOT_GRANTED.search(each) for each in clauses(folded))
    ]
