"""What a broker starts with: weights, order of questions, quiet hours, and the Spanish prompt."""

from typing import Any


def field_weights() -> dict[str, int]:
    return {"name": 10, "phone": 15, "email": 10, "location": 15, "budget": 20}


def field_priority() -> list[str]:
    return ["name", "location", "budget", "phone", "income", "dicom", "timeline", "email"]


def qualification_criteria() -> dict[str, int]:
    """Net monthly CLP: under ``min_income`` disqualifies, from ``qualified_income`` qualifies."""
    return {"min_income": 500_000, "qualified_income": 1_000_000}


def quiet_hours() -> dict[str, Any]:
    return {"start": "21:00", "end": "09:00", "sundays": True, "holidays": True}


def enabled_providers() -> list[str]:
    return ["webchat", "email"]


def rate_limits() -> dict[str, int]:
    """Web chat messages: per visitor and minute, per address and minute, per address and day.

    What else may be set is in ``leads.chat``: polls a minute, per visitor and per address.
    """
    return {"visitor_per_minute": 60, "address_per_minute": 300, "address_per_day": 5000}


def call_timing() -> dict[str, int]:
    """Of calls: the longest, how many a lead gets a day, and how an unanswered one is repeated."""
    return {
        "max_duration_seconds": 600,
        "max_attempts_per_day": 2,
        "max_attempts": 3,
        "retry_minutes": 60,
    }


CALL_FIRST_MESSAGE = (
    "Hola {{name}}, le habla el asistente virtual de {{broker}}. ¿Tiene un minuto para conversar?"
)

PROMPT = {
    "identity_prompt": (
        "Eres {agent_name}, {agent_role} virtual de {broker_name}. Eres una inteligencia "
        "artificial y lo dices en tu primer mensaje y cada vez que te lo pregunten."
    ),
    "business_context": (
        "{broker_name} acompaña a personas y familias en Chile a comprar o invertir en una "
        "propiedad: orienta sobre proyectos, financiamiento y subsidios, y coordina visitas con "
        "un ejecutivo."
    ),
    "agent_objective": (
        "Resolver dudas, conocer lo que la persona busca, entender su situación financiera sin "
        "incomodarla y, cuando haga sentido, agendar una visita con un ejecutivo."
    ),
    "data_collection_prompt": (
        "Pide un solo dato por mensaje, en el orden de «missing», y registra con record_facts "
        "todo lo que la persona cuente, aunque no lo hayas pedido. No repitas una pregunta ya "
        "respondida. «No sé» es una respuesta válida."
    ),
    "behavior_rules": (
        "Escribe en español de Chile, de tú, con amabilidad y en mensajes breves. Si la persona "
        "pide hablar con alguien, reclama, se molesta o menciona acciones legales, usa request_human."
    ),
    "restrictions": (
        "No inventes propiedades, precios ni horas. No prometas aprobación, preaprobación ni "
        "crédito. No pidas RUT, claves ni datos bancarios. Si la persona tiene deudas en DICOM, "
        "no afirmes que podrá obtener un crédito."
    ),
    "output_format": "Texto plano, sin Markdown, de no más de cuatro frases.",
    "tools_instructions": (
        "Responde sobre propiedades, subsidios y políticas solo con lo que entregue "
        "search_knowledge, nombrando la fuente. Ofrece únicamente horas que entregue find_slots y "
        "agenda con book_visit usando el offer_id elegido."
    ),
    "benefits_info": (
        "Asesoría sin costo, acompañamiento en el crédito hipotecario y orientación sobre "
        "subsidios DS1 y DS19."
    ),
    "qualification_requirements": (
        "Renta líquida mensual, situación en DICOM y, si existe, el monto de la deuda."
    ),
}

SITUATIONS = {
    "renta_baja": "Si la renta es menor a $500.000, menciona los subsidios del Estado (DS1, DS19).",
    "dicom": "Si dice que no está en DICOM, no preguntes el monto de la deuda.",
    "sin_respuesta": "Si no sabes algo, dilo y ofrece que un ejecutivo lo confirme.",
}

MEETING = {"duration_minutes": 60, "minimum_notice_hours": 2, "horizon_days": 14}
