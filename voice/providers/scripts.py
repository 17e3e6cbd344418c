"""The calls that the simulated provider plays: who says what, and how they end."""

from dataclasses import dataclass

from voice.models import CallStatus

SECONDS_PER_LETTER = 0.062
PAUSE = 0.9
COST_PER_MINUTE = 0.09


@dataclass(frozen=True)
class Script:
    """Lines alternate, the assistant first; ``{opening}`` is the broker's own first message."""

    name: str
    status: CallStatus
    reason: str
    lines: tuple[str, ...] = ()
    voicemail: bool = False

    def timed(self, opening: str) -> list[tuple[str, str, float]]:
        """Speaker, words and second of every line."""
        second, timed = 0.8, []
        for number, words in enumerate(self.lines):
            said = words.replace("{opening}", opening)
            timed.append(("customer" if number % 2 else "bot", said, round(second, 1)))
            second += len(said) * SECONDS_PER_LETTER + PAUSE
        return timed

    def seconds(self, opening: str) -> float:
        timed = self.timed(opening)
        if not timed:
            return 0.0
        return round(timed[-1][2] + len(timed[-1][1]) * SECONDS_PER_LETTER + 1.5, 1)


INTERESTED = Script(
    "interested",
    CallStatus.COMPLETED,
    "customer-ended-call",
    (
        "{opening}",
        "Sí, dígame.",
        "Gracias. Para orientarle con el financiamiento, ¿cuál es su renta líquida mensual?",
        "Gano un millón ochocientos mil pesos líquidos.",
        "Perfecto. ¿Tiene alguna deuda informada en DICOM?",
        "No, ninguna, estoy limpio.",
        "Muy bien. ¿Para cuándo le gustaría comprar?",
        "Dentro de dos meses.",
        "¿Le gustaría visitar el departamento?",
        "Sí, me gustaría ir a verlo.",
        "Excelente. Un ejecutivo le propondrá horas para la visita. Que tenga buen día.",
        "Ya, muchas gracias.",
    ),
)
NO_ANSWER = Script("no_answer", CallStatus.NO_ANSWER, "customer-did-not-answer")
BUSY = Script("busy", CallStatus.BUSY, "customer-busy")
VOICEMAIL = Script(
    "voicemail",
    CallStatus.NO_ANSWER,
    "voicemail",
    ("Le llamaremos más tarde. Que tenga buen día.",),
    voicemail=True,
)
CALL_BACK = Script(
    "call_back",
    CallStatus.COMPLETED,
    "customer-ended-call",
    (
        "{opening}",
        "Ahora no puedo, estoy en una reunión. Llámeme más tarde.",
        "Por supuesto, le llamaremos en otro momento. Que le vaya muy bien.",
    ),
)
WRONG_NUMBER = Script(
    "wrong_number",
    CallStatus.COMPLETED,
    "customer-ended-call",
    ("{opening}", "No, está equivocado de número.", "Disculpe la molestia. Que tenga buen día."),
)
OPT_OUT = Script(
    "opt_out",
    CallStatus.COMPLETED,
    "customer-ended-call",
    (
        "{opening}",
        "No me llamen más, por favor.",
        "Entendido: no le llamaremos más. Que tenga buen día.",
    ),
)
SCRIPTS = {
    script.name: script
    for script in (INTERESTED, NO_ANSWER, CALL_BACK, BUSY, VOICEMAIL, WRONG_NUMBER, OPT_OUT)
}
# Most calls go well, as in a good week; a retry plays the next one.
CAST = (INTERESTED, INTERESTED, NO_ANSWER, INTERESTED, CALL_BACK, VOICEMAIL, INTERESTED, BUSY)


def script_for(lead_id: int, attempt: int, wanted: object = None) -> Script:
    """The script that the broker set, else one that the lead and the attempt decide."""
    if isinstance(wanted, str) and wanted in SCRIPTS:
        return SCRIPTS[wanted]
    return CAST[(lead_id + attempt - 1) % len(CAST)]
