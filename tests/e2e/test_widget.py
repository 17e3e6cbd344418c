"""The chat as a button on a brokerage's own site, which is another origin than ours."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import SIZES
from tests.flows.stack import Stack

ALLOW = """
from brokers.models import Broker
from leads import widget
widget.allow(Broker.objects.get(slug="demo"), given=["{origin}"])
"""


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[str]:
    """The address of a page that carries the script's line."""
    body = f'<!doctype html><body><script src="{stack.url}/chat/demo/widget.js" async></script>'

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


@pytest.fixture
def visitor(browser: Browser, size: str) -> Iterator[Page]:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    yield context.new_page()
    context.close()


def test_the_chat_opens_on_allowed_sites_and_remembers_its_visitor(
    visitor: Page, stack: Stack, site: str
) -> None:
    stack.manage(ALLOW.format(origin="https://other.cl"))
    visitor.goto(site)
    visitor.get_by_role("button", name="Abrir el chat").click()
    chat = visitor.frame_locator("iframe")
    expect(chat.get_by_label("Tu mensaje")).to_have_count(0)

    stack.manage(ALLOW.format(origin=site))
    visitor.reload()
    launcher = visitor.get_by_role("button", name="Abrir el chat")
    launcher.click()
    chat.get_by_label("Tu mensaje").fill("Hola")
    chat.get_by_label("Tu mensaje").press("Enter")
    expect(chat.locator(".msg.ours")).to_have_count(1, timeout=30_000)
    chat.get_by_label("Tu mensaje").fill("¿qué es el subsidio DS19?")
    chat.get_by_label("Tu mensaje").press("Enter")
    chat.get_by_label("Tu mensaje").press("Escape")
    waiting = visitor.get_by_role("button", name="Abrir el chat: 1 sin leer")
    expect(waiting).to_be_visible(timeout=40_000)
    visitor.reload()
    waiting.click()
    expect(chat.locator(".msg.ours")).to_have_count(2)
