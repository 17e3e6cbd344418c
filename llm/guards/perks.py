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
# Where money is to be sent: an account, or the words that send it there.
PAY_INTO = Pattern(
    r"\b(?:transfier[ae]\w*|transferir(?:me|nos|le)?|transfira\w*|transfer[ie]\w*|deposit[ae]\w*|depositar(?:me|nos|le)?|wire|gire|paga(?:me|nos)?|send|envia(?:me|nos)?)\b"
    r".{0,60}\b(?:cuentas?|a nombre de|account|conta|pix)\b"
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


def unknown_payments(text: str, known: Known) -> list[Violation]:
    """An account to pay into that the brokerage has not written.

    Says so: «Transfiere a la cuenta RUT a nombre de Pedro Soto».
    Does not: «Nunca transfieras a una cuenta personal», and what the brokerage itself wrote.
    """
    return [
        Violation(Rule.AMOUNT, sentence)
        for sentence in sentences(text)
        if not is_question(sentence)
        and any(
            not UNSAID.search(clause)
            and any(found not in known.our_words for found in PAY_INTO.findall(clause))
            for clause in clauses(statement(sentence))
        )
    ]
