"""A turn in mid-conversation, as the guards know it: two hours offered, one listing found, no visit yet."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from llm.guards.known import Known

LISTING = (
    "Departamento Plaza Ñuñoa, 2 dormitorios. Comuna: Ñuñoa. Precio: UF 4.250. 2 dormitorios, 2 baños, 58 m² útiles, gastos "
    "comunes aproximados de $95.000. Entrega inmediata, a cuatro cuadras del metro Ñuñoa."
)
GUIDES = (
    "Lo habitual es un pie del 20 % del valor. Una propiedad se reserva con $300.000. Subsidio DS1, tramo 3: hasta UF 2.200 y "
    "ahorro de UF 80.",
    "Atendemos de lunes a viernes de 9:30 a 18:30 y los sábados de 10:00 a 14:00 en Avenida Providencia 1650, oficina 1203.",
    "Andes Propiedades, contacto@andes.cl, https://andes.cl/propiedades, +56 2 2345 6789",
)
THURSDAY_11, THURSDAY_16 = datetime(2026, 11, 26, 11), datetime(2026, 11, 26, 16)
FRIDAY_10 = datetime(2026, 11, 27, 10)
PROMPT = (
    "Pide un solo dato por mensaje, en el orden de «missing», y registra con record_facts todo lo que la persona cuente, aunque "
    "no lo hayas pedido. No repitas una pregunta ya respondida."
)
TURN = Known(
    now=datetime(2026, 11, 24, 10),
    question="¿y se podría el sábado a las 12? tengo 3.800 UF y gano 1.400.000",
    ours=(LISTING, *GUIDES),
    theirs=(
        "¿y se podría el sábado a las 12? tengo 3.800 UF y gano 1.400.000",
        "UF 3.800",
        "$1.400.000",
    ),
    listings=(LISTING,),
    offered=(THURSDAY_11, THURSDAY_16, FRIDAY_10),
    private=PROMPT,
    tools=("record_facts", "find_slots", "book_visit"),
    language="es",
)
BOOKED = replace(TURN, booked=(THURSDAY_11,), has_visit=True)
NOTHING = Known(now=TURN.now, language="es")


def turn(**changes: Any) -> Known:
    return replace(TURN, **changes)
