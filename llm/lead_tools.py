"""The assistant's tools on the lead itself: recording facts, and asking for a person."""

from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from leads import facts, handoff, quiet
from leads.facts import Facts, Source
from leads.languages import Language
from llm import asking
from llm.guards.gathering import language_of
from llm.tools import Tool, Turn, register


def standing(turn: Turn) -> dict[str, Any]:
    """What is known, what may be asked now of what is missing, and what was concluded."""
    lead = turn.lead
    outcome = lead.metadata.get("calificacion", {})
    return {
        "known": facts.known(lead),
        "missing": asking.open_now(facts.missing(lead), turn),
        "qualification": {
            "outcome": outcome.get("outcome", "pending"),
            "missing": outcome.get("missing", []),
        },
        "stage": lead.pipeline_stage,
    }


def record_facts(turn: Turn, told: Facts) -> dict[str, Any]:
    """Record everything the lead has told about themselves in these messages: name, phone, e-mail,
    comunas of interest, budget, net monthly income, DICOM, debt, timeline, property type, bedrooms,
    buying or renting, pets, delivery, the subsidy they would use, and whether they asked about
    financing or a subsidy. Leave out what they did not say."""
    result = facts.record(turn.lead, told, source=Source.LEAD, message=turn.message, at=turn.at)
    if result.recorded:
        turn.progressed = turn.rescored = True
    now = standing(turn)
    return {
        "recorded": result.recorded,
        "refused": result.refused,
        "missing": asking.open_now(facts.missing(turn.lead), turn, refused=result.refused),
        "qualification": now["qualification"],
        "stage": now["stage"],
    }


class PersonRequest(BaseModel):
    reason: Literal["requested", "anger", "complaint", "legal_threat", "no_progress", "other"]
    brief: str = Field(
        default="",
        max_length=500,
        description="One sentence: why a person is needed now. Who it is and what they want is known",
    )


def request_human(turn: Turn, asked: PersonRequest) -> dict[str, Any]:
    """Leave the conversation to a person: on request, anger, a complaint about something that
    happened (a charge, an agent who did not come, a fault in a home), a legal threat, or when you
    cannot help. Say one sentence of empathy where something went wrong, and when a person will
    answer; ask nothing else and sell nothing."""
    conversation = handoff.ask_for_person(
        turn.lead, reason=asked.reason, brief=asked.brief, at=turn.at
    )
    turn.version = conversation.version
    turn.progressed = True
    return {"handed_over": True, "answer_from": answer_from(turn, language=language_of(turn))}


def answer_from(turn: Turn, *, language: Language = "es") -> str:
    """When a person will answer, in words: now, in office hours, or from the next opening."""
    opening = quiet.office_hours(turn.broker).next_open(turn.at)
    if opening == turn.at:
        return SOON[language]
    local = opening.astimezone(ZoneInfo(turn.lead.timezone or turn.broker.timezone))
    return SINCE[language].format(day=_day(local, turn, language), hour=f"{local:%H:%M}")


SOON: dict[Language, str] = {
    "es": "durante la próxima hora",
    "en": "within the next hour",
    "pt": "na próxima hora",
}
SINCE: dict[Language, str] = {
    "es": "{day} desde las {hour}",
    "en": "{day} from {hour}",
    "pt": "{day} a partir das {hour}",
}
NEAR: dict[Language, tuple[str, str]] = {
    "es": ("hoy", "mañana"),
    "en": ("today", "tomorrow"),
    "pt": ("hoje", "amanhã"),
}
WEEKDAYS: dict[Language, str] = {
    "es": "el lunes,el martes,el miércoles,el jueves,el viernes,el sábado,el domingo",
    "en": "on Monday,on Tuesday,on Wednesday,on Thursday,on Friday,on Saturday,on Sunday",
    "pt": "na segunda,na terça,na quarta,na quinta,na sexta,no sábado,no domingo",
}


def _day(local: datetime, turn: Turn, language: Language) -> str:
    ahead = (local.date() - turn.at.astimezone(local.tzinfo).date()).days
    if ahead < len(NEAR[language]):
        return NEAR[language][ahead]
    return WEEKDAYS[language].split(",")[local.weekday()]


register(Tool("record_facts", record_facts, Facts))
register(Tool("request_human", request_human, PersonRequest))
