"""A turn with the model at 0 ms: a fact recorded by tool, then a reply; overhead and statements."""

import multiprocessing
import time
import uuid
from typing import Any

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from bench import people, timing
from brokers.models import Broker
from crm import rowsecurity
from leads import outbox
from leads.inbox import Inbound, receive
from leads.models import ChatMessage
from llm import conversation, gateway

TURNS = 100
CLIENTS = 8


def instant(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Calls record_facts first, then answers: two requests that take no time."""
    if any(getattr(part, "tool_name", None) for part in messages[-1].parts):
        return ModelResponse(parts=[TextPart("Soy asistente virtual. ¿Qué presupuesto tienes?")])
    budget = {"amount": 1000 + len(messages), "currency": "UF"}
    return ModelResponse(parts=[ToolCallPart("record_facts", {"budget": budget})])


class InstantModel(FunctionModel):
    def __init__(self) -> None:
        super().__init__(instant)


def write(broker: Broker, visitor: str, number: int) -> ChatMessage:
    return receive(
        Inbound(
            broker=broker,
            channel="webchat",
            external_user=visitor,
            external_id=f"{visitor}:{number}",
            text=f"mi presupuesto es {1000 + number} UF",
            at=timezone.now(),
        )
    ).message


def take(message: ChatMessage) -> None:
    """The turn and the delivery of its reply."""
    pk = message.lead.conversation.pk
    outcome = conversation.take_turn(pk, at=timezone.now())
    assert outcome == conversation.Outcome.ANSWERED, outcome
    reply = message.lead.messages.filter(direction="out").order_by("-id").values_list("id")[0][0]
    outbox.deliver(reply, at=timezone.now())


def timed_turns(broker_id: int, count: int) -> list[float]:
    """Timed turns of one writer; receiving is not part of the time."""
    broker = Broker.objects.get(pk=broker_id)
    visitor, seconds = uuid.uuid4().hex, []
    for number in range(count):
        message = write(broker, visitor, number)
        pk = message.lead.conversation.pk
        started = time.perf_counter()
        outcome = conversation.take_turn(pk, at=timezone.now())
        seconds.append(time.perf_counter() - started)
        assert outcome == conversation.Outcome.ANSWERED, outcome
    return seconds


def _worker(broker_id: int) -> list[float]:
    connections.close_all()
    return timed_turns(broker_id, TURNS // 4)


def statements(broker: Broker) -> dict[str, Any]:
    """Statements of one turn in mid-conversation, delivery apart."""
    visitor = uuid.uuid4().hex
    for number in range(3):
        take(write(broker, visitor, number))
    message = write(broker, visitor, 9)
    pk = message.lead.conversation.pk
    with CaptureQueriesContext(connection) as turn:
        conversation.take_turn(pk, at=timezone.now())
    reply = ChatMessage.objects.filter(lead=message.lead, direction="out").latest("id")
    with CaptureQueriesContext(connection) as delivery:
        outbox.deliver(reply.pk, at=timezone.now())
    return {"statements_turn": _split(turn), "statements_delivery": _split(delivery)}


def _split(captured: CaptureQueriesContext) -> dict[str, int]:
    control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
    sql = [query["sql"] for query in captured.captured_queries]
    return {"all": len(sql), "transaction_control": sum(s.startswith(control) for s in sql)}


def run() -> dict[str, Any]:
    gateway.OfflineModel = InstantModel  # type: ignore[misc, assignment]
    broker = people.broker()
    with rowsecurity.of(broker.pk):
        return _measured(broker)


def _measured(broker: Broker) -> dict[str, Any]:
    counted = statements(broker)
    alone = timed_turns(broker.pk, TURNS)
    connections.close_all()
    started = time.perf_counter()
    with multiprocessing.get_context("fork").Pool(CLIENTS) as pool:
        many = pool.map(_worker, [broker.pk] * CLIENTS, chunksize=1)
    elapsed = time.perf_counter() - started
    return {
        **counted,
        "one_client": timing.summary(alone, sum(alone)),
        "eight_clients": timing.summary([one for each in many for one in each], elapsed),
    }
