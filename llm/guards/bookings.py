"""A visit is booked, moved or cancelled only where a tool of this turn, or one that stands, says so."""

from itertools import takewhile

from crm.patterns import Pattern
from llm.guards.hours import clocks_of
from llm.guards.known import Known, Rule, Violation
from llm.guards.sentences import clauses, is_question, sentences, statement

_DONE = r"ad[ao]s?"
VISIT = Pattern(
    r"\b(?:visitas?|citas?|reuni\w+|horas?|encuentro|agend\w+|viewing|visit|appointment|meeting|lunes|martes|miercoles|jueves"
    r"|viernes|sabado|domingo|manana|hoy|\d{1,2}:\d\d|a las \d{1,2})\b"
)
BOOKED = Pattern(
    rf"\b(?:agend{_DONE}|reserv{_DONE}|confirm{_DONE}|program{_DONE}|coordin{_DONE}|anot{_DONE}|inscrit[ao]s?|booked|scheduled"
    r"|confirmed|marcad[ao]s?)\b"
    r"|\b(?:te |la |lo |tu visita )?(?:agende|reserve|confirme|programe|anote|deje) (?:la|tu|el|una|para)\b|\b(?:te|la|lo) (?:agende|reserve|anote|inscribi)\b"
    r"|\b(?:te|los|las|le|lo) (?:esperamos|espero|esperan)\b|\bnos vemos (?:el|manana|hoy|a las)\b|\bsee you (?:on|tomorrow|at)\b"
    r"|\b(?:i have|i ve|we have) (?:booked|scheduled)\b|\b(?:esperamos voce|te vejo)\b"
    r"|\b(?:visita|cita|hora|reunion)\b.{0,30}\bqued\w+ (?:list[ao]|tomad[ao]|fijad[ao]|hech[ao]|asegurad[ao])\b"
)
CANCELLED = Pattern(
    r"\b(?:cancelad[ao]s?|anulad[ao]s?|cancelled|canceled)\b|\b(?:la|tu visita|te la) (?:cancele|anule)\b|\b(?:cancele|anule) (?:la|tu)\b"
)
MOVED = Pattern(
    r"\b(?:reprogramad[ao]s?|reagendad[ao]s?|remarcad[ao]s?|rescheduled)\b|\bvisita (?:\w+ ){0,2}(?:cambiad|movid)[ao]\b"
    r"|\b(?:la|te la) (?:cambie|movi|reprograme|reagende)\b|\b(?:cambie|movi|reprograme|reagende) (?:la|tu)\b"
)
CONDITION = Pattern(r"^\W*(?:si|cuando|una vez|apenas|en cuanto|if|once|when|quando|assim que)\b")
NOT_YET = Pattern(
    r"\b(?:no|aun|todavia|nunca|cuando|apenas|si|una vez|antes|quieres|quisieras|podemos|puedo|podria\w*|seria|sera|gustaria"
    r"|necesit\w+|falta|pendiente|quede|quedara|para (?:que|dejar\w*|confirmar|agendar|coordinar)|sin (?:agendar|confirmar)"
    r"|anotad[ao] que|dato|informacion|precio|valor|deuda|credito|not|yet|once|if|to be|would|can|nao|ainda|quando|pode)\b"
)


def unfounded_bookings(text: str, known: Known) -> list[Violation]:
    """A claim with an hour must name that of the visit, not merely one that was offered."""
    found: list[Violation] = []
    whole = statement(text)
    if not (BOOKED.search(whole) or CANCELLED.search(whole) or MOVED.search(whole)):
        return found
    for sentence in sentences(text):
        folded = statement(sentence)
        if is_question(sentence) or not VISIT.search(folded):
            continue
        for clause in takewhile(_is_unconditional, clauses(folded)):
            if not NOT_YET.search(clause) and not _is_founded(clause, known):
                found.append(Violation(Rule.BOOKING, sentence))
    return found


def _is_unconditional(clause: str) -> bool:
    """What follows "si confirmas, …" is conditional too."""
    return not CONDITION.search(clause)


def _is_founded(clause: str, known: Known) -> bool:
    if CANCELLED.search(clause) and not known.has_cancelled:
        return False
    if MOVED.search(clause) and not known.has_moved:
        return False
    if not BOOKED.search(clause):
        return True
    clocks = clocks_of(clause, known.now)
    return known.has_visit and all(any(map(each.is_at, known.booked)) for each in clocks)
