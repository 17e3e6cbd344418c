"""What Sentry and an OpenTelemetry collector receive: taken in, opened, and answered with success."""

import gzip
import json
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.fakes.server import Asked, LocalServer, Told


class FakeCollector(LocalServer):
    """``bodies`` are what came in, unpacked."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__()

    def take(self, asked: Asked) -> Told:
        packed = asked.headers.get("Content-Encoding") == "gzip"
        self.bodies.append(gzip.decompress(asked.raw) if packed else asked.raw)
        return Told(200, b"{}")

    @property
    def text(self) -> str:
        return b"\n".join(self.bodies).decode(errors="replace")


class FakeOTLP(FakeCollector):
    @property
    def spans(self) -> list[Any]:
        return [
            span
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class FakeSentry(FakeCollector):
    @property
    def dsn(self) -> str:
        return f"http://public@127.0.0.1:{self.port}/1"

    @property
    def events(self) -> list[dict[str, Any]]:
        """An envelope's lines are its header, and a header and a body of each item."""
        found = []
        for body in self.bodies:
            lines = [json.loads(line) for line in body.splitlines() if line]
            found += [
                item for head, item in zip(lines[1::2], lines[2::2], strict=False)
                if head.get("type") == "event"
            ]  # fmt: skip
        return found
