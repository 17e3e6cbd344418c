"""Spans of requests, tasks, statements, vendors and Redis, and what of them may leave."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from crm import correlation
from crm.logs import scrubbed

SERVICE = "lead-crm"
ATTRIBUTES = {
    "http.method",
    "http.request.method",
    "http.route",
    "http.status_code",
    "http.response.status_code",
    "server.address",
    "server.port",
    "net.peer.name",
    "net.peer.port",
    "db.system",
    "db.system.name",
    "db.operation.name",
    "db.query.text",
    "db.redis.args_length",
    "celery.action",
    "celery.state",
    "celery.task_name",
    "messaging.destination",
    "messaging.message.id",
    "messaging.message_id",
    "error.type",
    "exception.type",
    *(f"crm.{name}" for name in correlation.NAMES),
}
_LITERAL = re.compile(r"'[^']*'")


def start(endpoint: str) -> TracerProvider:
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
    exporter = Scrubbing(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces"))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    for instrumentor in instrumentors():
        instrumentor.instrument(tracer_provider=provider)
    trace_statements(provider.get_tracer(SERVICE))
    return provider


def instrumentors() -> Sequence[Any]:
    found: list[Any] = [
        DjangoInstrumentor(),
        CeleryInstrumentor(),  # type: ignore[no-untyped-call]
        HTTPXClientInstrumentor(),
        RedisInstrumentor(),
    ]
    return found


def trace_statements(tracer: Any) -> None:
    """By Django's own hook, which sees statements apart from their values."""

    def spanned(execute: Callable[..., Any], sql: Any, params: Any, many: bool, of: Any) -> Any:
        text = sql if isinstance(sql, str) else ""
        operation = text.lstrip("( \n").partition(" ")[0].upper()[:20] or "STATEMENT"
        attributes = {
            "db.system.name": "postgresql",
            "db.operation.name": operation,
            "db.query.text": _LITERAL.sub("?", text)[:1000],
        }
        with tracer.start_as_current_span(operation, attributes=attributes):
            return execute(sql, params, many, of)

    def hook(connection: Any, **_: Any) -> None:
        if spanned not in connection.execute_wrappers:
            connection.execute_wrappers.append(spanned)

    connection_created.connect(hook, weak=False, dispatch_uid="crm.reporting")
    hook(connection)


class Scrubbing(SpanExporter):
    """Hands on what may leave to the exporter that sends it."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_cleaned(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _cleaned(span: ReadableSpan) -> ReadableSpan:
    events = [
        Event(
            each.name, {"exception.type": (each.attributes or {})["exception.type"]}, each.timestamp
        )
        for each in span.events
        if each.attributes and "exception.type" in each.attributes
    ]
    attributes = {
        name: value for name, value in (span.attributes or {}).items() if name in ATTRIBUTES
    }
    return ReadableSpan(
        name=scrubbed(span.name)[:100],
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=events,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
