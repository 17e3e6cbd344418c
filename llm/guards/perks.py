"""No discount and no gift that the brokerage has not written, and no money that went anywhere: without a figure, too."""

from crm.patterns import Pattern
from llm.guards.known import Known, Rule, Violation
from llm.guards.sentences import clauses, is_question, sentences, statement

PERKS = Pattern(
    r"\b(?:descuento|rebaj|mitad de precio|dos por uno|regal|obsequi|discount|half price|desconto|presentear)\w*"
)
UNSAID = Pattern(
    r"\b(?:no|ni|sin|ningun\w*|nunca|reviso|revis\w+|consult\w+|verific\w+|averigu\w+|pregunt\w+|depende\w*"
    r"|ejecutiv\w+|not|never|can'?t|nao|sem)\b"
    r"|\b(?:si|cuando|if|whether) (?:\w+ ){0,4}(?:descuent|rebaj|regal|discount|descont)"
)

# No tool of the assistant moves money: whatever the figure, this did not happen.
PAID = Pattern(
    r"\b(?:transferi|(?:te|le|les|ya) (?:deposite|pague|abone|reembolse))\b|\bte devolvi (?:el|tu|la|los) (?:dinero|plata|reserva|pago|pie)\b"
    r"|\b(?:transferencia|deposito|pago|reembolso|devolucion) (?:\w+ ){0,3}(?:hech[ao]|realizad[ao]|enviad[ao]|listo|lista)\b"
    r"|\bi(?: have| 've|'ve)? (?:transferred|paid|refunded|deposited)\b|\b(?:transferi|depositei|paguei|reembolsei)\b"
)
_STEM = 5  # letters by which a word of the brokerage's is known again


def promised_perks(text: str, known: Known) -> list[Violation]:
    """A discount or gift stated, whose word is in nothing that the turn knows.

    Says so: «Te hago un descuento de la mitad», «Te regalamos la bodega».
    Does not: «No puedo ofrecerte descuentos», «Consulto por el descuento», a question, and what
    the brokerage itself wrote: «hay 5 % de descuento al contado».
    """
    if not PERKS.search(statement(text)):
        return []
    return [
        Violation(Rule.AMOUNT, sentence)
        for sentence in sentences(text)
        if not is_question(sentence)
        and any(_is_unfounded(clause, known) for clause in clauses(statement(sentence)))
    ]


def _is_unfounded(clause: str, known: Known) -> bool:
    if UNSAID.search(clause):
        return False
    return any(word[:_STEM] not in known.our_words for word in PERKS.findall(clause))


def claimed_payments(text: str, known: Known) -> list[Violation]:
    """Money said to have been sent: «Transferí $500.000 a tu cuenta»; not «¿Ya hiciste el pago?»."""
    return [
        Violation(Rule.AMOUNT, sentence)
        for sentence in sentences(text)
        if not is_question(sentence)
        and any(
            PAID.search(clause) and not UNSAID.search(clause)
            for clause in clauses(statement(sentence))
        )
    ]
