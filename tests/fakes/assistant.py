"""Gemini as a seller would play it: each answer follows from the request, so repeats do no harm."""

import json
import math
import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.fakes import gemini
from tests.fakes.gemini import FakeGemini
from tests.fakes.server import Answer

DIMENSIONS = 768
COMUNAS = ("Ñuñoa", "Providencia", "Las Condes", "Peñalolén", "La Florida", "Maipú", "San Miguel")
QUESTIONS = {
    "name": "¿Cómo te llamas?",
    "phone": "¿A qué teléfono te podemos llamar?",
    "location": "¿En qué comuna buscas?",
    "budget": "¿Hasta cuántas UF quieres gastar?",
    "income": "¿Cuál es tu renta líquida mensual?",
    "dicom": "¿Tienes deudas en DICOM?",
    "timeline": "¿Para cuándo lo necesitas?",
}
HELLO = "¡Hola! Soy Sofía, la asistente virtual. ¿Qué propiedad buscas?"
SO_FAR = "Busca una propiedad y responde lo que se le pregunta; quedó en pensarlo."
ABOUT_A_CALL = "Habló de su renta y de sus plazos.\nPróximo paso: proponer una hora de visita."


def fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in plain if not unicodedata.combining(c))


@dataclass(frozen=True)
class Request:
    """What a request to generate holds, read from its body."""

    text: str
    context: dict[str, Any]
    instructions: str
    tools: frozenset[str]
    results: dict[str, dict[str, Any]]
    signatures: tuple[str | None, ...]

    def can(self, tool: str) -> bool:
        """It is offered, and has not been used since the lead spoke."""
        return tool in self.tools and tool not in self.results


def read(body: dict[str, Any]) -> Request:
    parts = [(c["role"], part) for c in body["contents"] for part in c["parts"]]
    asked = [
        number for number, (role, part) in enumerate(parts) if role == "user" and "text" in part
    ]
    last = asked[-1] if asked else 0
    told = "\n".join(part["text"] for part in body.get("systemInstruction", {}).get("parts", []))
    block = re.search(r"<contexto>(\{.*\})</contexto>", told, re.DOTALL)
    answers = [part["functionResponse"] for _, part in parts[last:] if "functionResponse" in part]
    declared = [each for group in body.get("tools", []) for each in group["functionDeclarations"]]
    return Request(
        text=parts[last][1].get("text", ""),
        context=json.loads(block[1].replace("<\\/", "</")) if block else {},
        instructions=told,
        tools=frozenset(each["name"] for each in declared),
        results={each["name"]: each["response"] for each in answers},
        signatures=tuple(_signatures(body["contents"])),
    )


def _signatures(contents: list[dict[str, Any]]) -> Iterator[str | None]:
    """Of parallel calls only the first has one."""
    for content in contents:
        calls = [part for part in content["parts"] if "functionCall" in part]
        if calls:
            yield calls[0].get("thoughtSignature")


def facts_in(text: str) -> dict[str, Any]:
    """The facts that a few plain ways of saying them tell."""
    return dict(_facts(text, fold(text)))


def _facts(text: str, folded: str) -> Iterator[tuple[str, Any]]:
    if named := re.search(r"\b[Ss]oy ([A-ZÁÉÍÓÚÑ]\w+(?: [A-ZÁÉÍÓÚÑ]\w+)?)", text):
        yield "name", named[1]
    if places := [each for each in COMUNAS if fold(each) in folded]:
        yield "location", places
    if budget := re.search(r"([\d.]+) ?uf\b", folded):
        yield "budget", {"amount": _number(budget[1]), "currency": "UF"}
    if income := re.search(r"\b(?:gano|renta)\D*(\d[\d.]{5,})", folded):
        yield "income", {"amount": _number(income[1]), "currency": "CLP"}
    if "dicom" in folded:
        is_clean = re.search(r"\b(?:no|sin)\b", folded)
        yield "dicom", "clean" if is_clean else "has_debt"
    if soon := re.search(r"este mes|lo antes posible|ahora", folded):
        yield "timeline", {"horizon": "now", "text": soon[0]}


def _number(digits: str) -> float:
    return float(digits.replace(".", ""))


def answer(asked: Request) -> Answer:
    """What the seller says or does next."""
    if not asked.tools:
        return gemini.text(_written(asked))
    return _action(asked) or gemini.text(_reply(asked))


def _action(asked: Request) -> Answer | None:
    told, folded = facts_in(asked.text), fold(asked.text)
    pressed = _pressed(asked)
    if told and asked.can("record_facts"):
        return gemini.tool_call("record_facts", **told)
    if pressed is not None and asked.can("book_visit"):
        return gemini.tool_call("book_visit", offer_id=pressed)
    if re.search(r"\b(?:una persona|un ejecutivo|humano)\b", folded) and asked.can("request_human"):
        return gemini.tool_call("request_human", reason="requested", brief=asked.text[:300])
    if re.search(r"\b(?:visita\w*|agendar|horas?)\b", folded) and asked.can("find_slots"):
        return None if "book_visit" in asked.results else gemini.tool_call("find_slots")
    if "?" in asked.text and asked.can("search_knowledge") and "find_slots" not in asked.results:
        return gemini.tool_call("search_knowledge", query=asked.text)
    return None


def _pressed(asked: Request) -> int | None:
    offers = asked.context.get("offers", [])
    return next((each["offer_id"] for each in offers if each["label"] in asked.text), None)


def _reply(asked: Request) -> str:
    booked = asked.results.get("book_visit", {})
    if booked.get("booked"):
        return f"¡Listo! Tu visita quedó agendada para el {booked['label']}."
    if booked.get("slots") or asked.results.get("find_slots", {}).get("slots"):
        return "Estas son las horas que tengo. ¿Cuál te acomoda?"
    if handed := asked.results.get("request_human"):
        return f"Claro, te responderá una persona {handed['answer_from']}."
    if "search_knowledge" in asked.results:
        return _sourced(asked.results["search_knowledge"].get("hits", []))
    missing = asked.results.get("record_facts", asked.context).get("missing", [])
    questions = [QUESTIONS[each] for each in missing if each in QUESTIONS]
    if "record_facts" not in asked.results and asked.context.get("first_contact"):
        return HELLO
    return f"Gracias. {questions[0]}" if questions else "Gracias. ¿Quieres agendar una visita?"


def _sourced(hits: list[dict[str, Any]]) -> str:
    if not hits:
        return "Eso no lo sé; se lo preguntaré a un ejecutivo."
    answer = " ".join(re.split(r"(?<=[.!?]) ", hits[0]["text"])[:3])
    return f"{answer[:300]}\nFuente: {hits[0]['title']}."


def _written(asked: Request) -> str:
    """A text without tools: a campaign's message, the summary of a call or of a conversation."""
    if asked.text.startswith("Mensaje base: "):
        return asked.text.removeprefix("Mensaje base: ")
    return ABOUT_A_CALL if "llamada" in asked.instructions else SO_FAR


def embedding(text: str) -> list[float]:
    """Texts that share words are near each other; others are half as near, as with Gemini's."""
    vector = [0.0] * DIMENSIONS
    for word in re.findall(r"\w{3,}", fold(text)):
        vector[1 + zlib.crc32(word.encode()) % (DIMENSIONS - 1)] += 1.0
    vector[0] = math.hypot(*vector) or 1.0
    return vector


class FakeAssistant(FakeGemini):
    """Refuses, as Gemini does, tool calls that come back without their signature.

    ``is_down`` answers 503; ``used`` lists the tools called for and ``returned`` counts the
    requests that brought a result with its signature.
    """

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.is_down = False
        self.used: list[str] = []
        self.returned = 0

    def _next(self, path: str, body: dict[str, Any]) -> Answer:
        if self.is_down:
            return gemini.failure(503)
        if path.endswith(":batchEmbedContents"):
            return 200, {"embeddings": [_embedded(each) for each in body["requests"]]}
        if path.endswith(":embedContent"):
            return 200, {"embedding": _embedded(body)}
        return self._generate(body, read(body))

    def _generate(self, body: dict[str, Any], asked: Request) -> Answer:
        if any(each != gemini.SIGNATURE for each in asked.signatures):
            return gemini.failure(400)
        self.returned += bool(asked.results)
        said = self.reply(body, asked)
        parts = said[1]["candidates"][0]["content"]["parts"]
        self.used += [part["functionCall"]["name"] for part in parts if "functionCall" in part]
        return said

    def reply(self, body: dict[str, Any], asked: Request) -> Answer:
        return answer(asked)


def _embedded(body: dict[str, Any]) -> dict[str, Any]:
    return {"values": embedding(" ".join(part["text"] for part in body["content"]["parts"]))}
