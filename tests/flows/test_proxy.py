"""The proxy of docker-compose.yml, run for real before a server that tells what reached it."""

import http.client
import json
import os
import re
import resource
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from crm.embedded.processes import free_port
from tests.flows.stack import wait_for

CADDY = shutil.which("caddy")
CADDYFILE = Path(__file__).resolve().parents[2] / "deploy" / "Caddyfile"
NEWER = re.compile(r"^\s*(request|response)_buffers .*$", re.MULTILINE)  # than the oldest we run

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(CADDY is None, reason="needs Debian's package caddy"),
]


class Telling(BaseHTTPRequestHandler):
    """Answers with the headers and the length that it got."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        read = len(self.rfile.read(length))
        body = json.dumps({"headers": dict(self.headers), "read": read}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that the library calls

    def log_message(self, *args: Any) -> None:
        return


@contextmanager
def proxied(home: Path, **limits: Any) -> Iterator[int]:
    """Where a proxy takes TLS, with a certificate that it signed itself."""
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Telling)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    config = home / "Caddyfile"
    config.write_text(NEWER.sub("", CADDYFILE.read_text()))
    tls = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "HTTP_PORT": str(free_port()),
        "HTTPS_PORT": str(tls),
        "SITE_ADDRESS": "localhost",
        "WEB_ADDRESS": f"127.0.0.1:{upstream.server_port}",
        "HEADER_TIMEOUT": "1s",
    }
    command = [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(config)]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, **limits)
    try:
        wait_for("the proxy", lambda: ask(tls, "/") is not None)
        yield tls
    finally:
        process.terminate()
        process.wait(20)
        upstream.shutdown()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with proxied(tmp_path_factory.mktemp("caddy")) as port:
        yield port


def line_to(port: int) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    return trusting.wrap_socket(plain, server_hostname="localhost")


def ask(port: int, path: str, **headers: str) -> Any:
    try:
        with line_to(port) as line:
            extra = "".join(
                f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()
            )
            line.sendall(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{extra}\r\n".encode()
            )
            answer = http.client.HTTPResponse(line)
            answer.begin()
            body = answer.read()
            return answer.status, json.loads(body) if body else None
    except OSError:
        return None


def test_what_a_client_says_of_its_address_is_replaced_by_where_it_is(port: int) -> None:
    status, got = ask(port, "/", X_Forwarded_For="6.6.6.6, 7.7.7.7", X_Forwarded_Proto="http")
    assert status == 200
    assert got["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert got["headers"]["X-Forwarded-Proto"] == "https"
    assert re.fullmatch(r"[0-9a-f-]{36}", got["headers"]["X-Request-Id"])


def test_figures_are_for_inside_only(port: int) -> None:
    assert ask(port, "/metrics")[0] == 404


def test_a_body_over_the_limit_is_refused(port: int) -> None:
    with line_to(port) as line:
        head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99000000\r\n\r\n"
        line.sendall(head.encode())
        try:
            for _ in range(1100):
                line.sendall(bytes(64 * 1024))
            answer = line.recv(100)
        except OSError:
            return  # cut off in the middle of it: refused just the same
    assert b" 413 " in answer or b" 502 " in answer


def test_who_does_not_finish_a_request_is_let_go(port: int) -> None:
    with line_to(port) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        assert line.recv(100) == b""


FILES, CROWD = 64, 300


def few_files() -> None:
    """As ``ulimits`` of docker-compose.yml, only fewer."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


def test_more_connections_than_it_may_hold_keep_nobody_out_for_long(tmp_path: Path) -> None:
    """Who comes beyond the limit waits until the silent ones before are let go."""
    with proxied(tmp_path, preexec_fn=few_files) as port, ExitStack() as crowd:
        for _ in range(CROWD):
            crowd.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        answered: list[Any] = []
        wait_for("an answer in the crowd", lambda: answered.append(ask(port, "/")) or answered[-1])
        assert answered[-1][0] == 200
