"""A small brokerage in memory, so that a real agent can hold a conversation on the offline model."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    UserPromptPart,
)

from llm.offline import OfflineModel

NOW = "2026-11-22T10:00:00-03:00"
ORDER = ["name", "phone", "location", "budget", "income", "dicom", "debt_amount", "timeline"]
SLOTS = [
    {
        "offer_id": 7,
        "start": "2026-11-26T11:00:00-03:00",
        "label": "jueves 26 de noviembre a las 11:00",
    },
    {
        "offer_id": 8,
        "start": "2026-11-26T16:00:00-03:00",
        "label": "jueves 26 de noviembre a las 16:00",
    },
    {
        "offer_id": 9,
        "start": "2026-11-27T10:00:00-03:00",
        "label": "viernes 27 de noviembre a las 10:00",
    },
]
BUILDING = {
    "id": 3,
    "title": "Edificio Plaza Ñuñoa",
    "text": "Departamentos en Ñuñoa desde UF 3.900. Se aceptan mascotas pequeñas. Entrega inmediata, con piscina y quincho.",
    "source_type": "property",
    "date": "2026-10-01",
}


@dataclass
class World:
    known: dict[str, Any] = field(default_factory=dict)
    offers: list[dict[str, Any]] = field(default_factory=list)
    appointment: dict[str, Any] | None = None
    knowledge: list[dict[str, Any]] = field(default_factory=list)
    searchable: list[dict[str, Any]] = field(default_factory=lambda: [BUILDING])
    slots: list[dict[str, Any]] = field(default_factory=lambda: list(SLOTS))
    taken: set[int] = field(default_factory=set)
    booking_enabled: bool = True
    without_tools: set[str] = field(default_factory=set)
    refuses: dict[str, str] = field(default_factory=dict)
    more_tools: set[str] = field(default_factory=set)
    history: list[ModelMessage] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def say(self, *texts: str) -> str:
        """One turn: the last text is the prompt, the ones before it a burst that still waits."""
        waiting = [ModelRequest(parts=[UserPromptPart(text)]) for text in texts[:-1]]
        result = asyncio.run(
            self._agent().run(texts[-1], message_history=[*self.history, *waiting])
        )
        self.history = self.history + waiting + self._plain(result.new_messages())
        return str(result.output)

    def args_of(self, tool: str) -> dict[str, Any]:
        return next(args for name, args in reversed(self.calls) if name == tool)

    def called(self, tool: str) -> int:
        return sum(name == tool for name, _ in self.calls)

    def _plain(self, messages: list[ModelMessage]) -> list[ModelMessage]:
        """Stored history holds what was said, not the tools' traffic."""
        kept: list[ModelMessage] = []
        for message in messages:
            if isinstance(message, ModelResponse):
                self.calls += [
                    (p.tool_name, p.args_as_dict())
                    for p in message.parts
                    if isinstance(p, ToolCallPart)
                ]
                if texts := [part for part in message.parts if isinstance(part, TextPart)]:
                    kept.append(ModelResponse(parts=texts))
            elif prompts := [part for part in message.parts if isinstance(part, UserPromptPart)]:
                kept.append(ModelRequest(parts=prompts))
        return kept

    def _agent(self) -> Agent[None, str]:
        agent: Agent[None, str] = Agent(OfflineModel(), instructions=self._instructions)
        tools = [
            self.record_facts,
            self.search_knowledge,
            self.find_slots,
            self.book_visit,
            self.request_human,
        ]
        later = [self.reschedule_visit, self.cancel_visit, self.tell_agent]
        for tool in tools + [each for each in later if each.__name__ in self.more_tools]:
            if tool.__name__ not in self.without_tools:
                agent.tool_plain(tool)
        return agent

    def _instructions(self) -> str:
        context = {
            "agent_name": "Sofía",
            "agent_role": "asesora inmobiliaria",
            "broker_name": "Andes Propiedades",
            "now": NOW,
            "zone": "America/Santiago",
            "first_contact": not self.history,
            "known": self.known,
            "missing": self.missing(),
            "qualification": self.qualification(),
            "stage": "entrada",
            "booking_enabled": self.booking_enabled,
            "offers": self.offers,
            "appointment": self.appointment,
            "knowledge": self.knowledge,
            "summary": "",
        }
        return f"Eres Sofía.\n<contexto>\n{json.dumps(context, ensure_ascii=False)}\n</contexto>\nResponde breve."

    def missing(self) -> list[str]:
        owes = self.known.get("dicom") == "has_debt"
        return [
            name for name in ORDER if name not in self.known and (name != "debt_amount" or owes)
        ]

    def qualification(self) -> dict[str, Any]:
        income = self.known.get("income", {}).get("amount")
        dicom, debt = self.known.get("dicom"), self.known.get("debt_amount")
        if (income is not None and income < 500_000) or (debt or 0) > 500_000:
            return {"outcome": "NO_CALIFICADO", "missing": []}
        if income is None or dicom in (None, "unknown") or (dicom == "has_debt" and debt is None):
            return {"outcome": "pending", "missing": []}
        return {
            "outcome": "CALIFICADO" if income >= 1_000_000 and dicom == "clean" else "POTENCIAL",
            "missing": [],
        }

    def record_facts(
        self,
        name: str | None = None,
        phone: str | None = None,
        email: str | None = None,
        location: list[str] | None = None,
        budget: dict[str, Any] | None = None,
        income: dict[str, Any] | None = None,
        dicom: str | None = None,
        debt_amount: int | None = None,
        timeline: dict[str, Any] | None = None,
        property_type: str | None = None,
        bedrooms: int | None = None,
        asked_financing: bool = False,
    ) -> str:
        given = {
            key: value
            for key, value in locals().items()
            if key != "self" and value not in (None, False)
        }
        taken = {key: value for key, value in given.items() if key not in self.refuses}
        self.known.update(taken)
        told = {
            "recorded": list(taken),
            "refused": {key: self.refuses[key] for key in given if key in self.refuses},
        }
        return json.dumps(
            {**told, "missing": self.missing(), "qualification": self.qualification()}
        )

    def search_knowledge(self, query: str, also: list[str] | None = None) -> dict[str, Any]:
        return {"hits": self.searchable}

    def find_slots(
        self,
        date_from: str | None = None,
        date_to: str | None = None,
        part_of_day: str | None = None,
    ) -> dict[str, Any]:
        day = [
            slot
            for slot in self.slots
            if not date_from or date_from <= slot["start"][:10] <= (date_to or date_from)
        ]
        hours = {"morning": range(0, 12), "afternoon": range(12, 19), "evening": range(19, 24)}
        fitting = [
            s for s in day if not part_of_day or int(s["start"][11:13]) in hours[part_of_day]
        ]
        self.offers = fitting
        return {"slots": fitting, "reason": None if fitting else "no_availability"}

    def book_visit(self, offer_id: int) -> dict[str, Any]:
        slot = next((each for each in self.slots if each["offer_id"] == offer_id), None)
        if slot is None or offer_id in self.taken:
            rest = [each for each in self.slots if each["offer_id"] not in self.taken]
            self.offers = rest
            return {"booked": False, "reason": "slot_taken", "slots": rest}
        self.appointment = {"id": 1, **slot, "status": "scheduled", "location": "Irarrázaval 2345"}
        self.offers = []
        return {
            "booked": True,
            "label": slot["label"],
            "location": "Irarrázaval 2345",
            "agent": "Ana",
        }

    def request_human(self, reason: str, brief: str = "") -> dict[str, Any]:
        return {"handed_over": True, "answer_from": "mañana desde las 9:00"}

    def reschedule_visit(self, offer_id: int) -> dict[str, Any]:
        return self.book_visit(offer_id)

    def cancel_visit(self, reason: str) -> dict[str, Any]:
        self.appointment = None
        return {"cancelled": True}

    def tell_agent(self, kind: str, words: str) -> dict[str, Any]:
        return {"told": True}
