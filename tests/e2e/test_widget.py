"""The chat as a button on a brokerage's own site, which is another origin than ours."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from tests.e2e.conftest import SIZES, shoot
from tests.flows.stack import Stack

ALLOW = "UPDATE broker_chat_configs SET features = features || %s::jsonb WHERE broker_id = 1"
# A page whose styles hit everything, and whose policy lets in no more than the docs ask for.
HOSTILE = """<!doctype html><html style="font-size: 5px"><style>
* { display: none; transform: rotate(45deg); opacity: .1; }
html, head, body, h1 { display: block; transform: none; opacity: 1; }
crm-chat, crm-chat * { display: none !important; visibility: hidden !important; }
h1 { font: 20px serif; }
</style><body><h1>Andes</h1>"""


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[str]:
    """The address of a page that carries the script's line."""
    body = f'{HOSTILE}<script src="{stack.url}/chat/demo/widget.js" async></script>'
    policy = f"script-src {stack.url}; frame-src {stack.url}; style-src 'unsafe-inline'"

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            trusted = "; require-trusted-types-for 'script'"
            self.send_header("Content-Security-Policy", f"default-src 'none'; {policy}{trusted}")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


@pytest.fixture
def visitors(browser: Browser, size: str) -> Iterator[BrowserContext]:
    """A visitor's browser; its pages share what they keep."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    yield context
    context.close()


@pytest.fixture
def visitor(visitors: BrowserContext) -> Page:
    return visitors.new_page()


def allow(stack: Stack, origin: str) -> None:
    stack.change(ALLOW, json.dumps({"webchat": {"origins": [origin]}}))


def opened(page: Page) -> FrameLocator:
    page.get_by_role("button", name="Abrir el chat").click()
    return page.frame_locator("iframe")


def write(chat: FrameLocator, text: str) -> None:
    chat.get_by_label("Tu mensaje").fill(text)
    chat.get_by_label("Tu mensaje").press("Enter")


def test_the_chat_opens_on_allowed_sites_and_remembers_its_visitor(
    visitor: Page, stack: Stack, site: str, size: str
) -> None:
    allow(stack, "https://other.cl")
    visitor.goto(site)
    chat = opened(visitor)
    expect(visitor.get_by_role("alert")).to_contain_text("No pudimos abrir el chat")
    elsewhere = visitor.get_by_role("link", name="Abrirlo en otra pestaña")
    expect(elsewhere).to_have_attribute("href", f"{stack.url}/chat/demo/")

    allow(stack, site)
    visitor.reload()
    launcher = visitor.get_by_role("button", name="Abrir el chat")
    assert (launcher.bounding_box() or {})["width"] == 56
    chat = opened(visitor)
    write(chat, "Hola")
    expect(chat.locator(".msg.ours")).to_have_count(1, timeout=30_000)
    shoot(visitor, f"widget-{size}")
    assert visitor.locator("h1").evaluate("(h1) => getComputedStyle(h1).fontSize") == "20px"
    write(chat, "¿qué es el subsidio DS19?")
    chat.get_by_label("Tu mensaje").press("Escape")
    waiting = visitor.get_by_role("button", name="Abrir el chat: 1 sin leer")
    expect(waiting).to_be_visible(timeout=40_000)
    visitor.reload()
    waiting.click()
    expect(chat.locator(".msg.ours")).to_have_count(2)


@pytest.mark.parametrize("size", ["desktop"], indirect=False)
def test_what_is_written_without_a_connection_goes_once_and_in_order_when_it_is_back(
    visitors: BrowserContext, visitor: Page, stack: Stack, site: str
) -> None:
    allow(stack, site)
    visitor.goto(site)
    chat = opened(visitor)
    write(chat, "Hola, soy Rosario Pinto")
    expect(chat.locator(".msg.ours")).to_have_count(1, timeout=30_000)
    visitors.set_offline(True)
    for text in ("busco casa", "en La Reina"):
        write(chat, text)
    expect(chat.get_by_role("status").last).to_contain_text("se enviarán solos")
    expect(chat.locator(".msg.waiting")).to_have_count(2)
    visitors.set_offline(False)
    expect(chat.locator(".msg.waiting")).to_have_count(0, timeout=15_000)
    expect(chat.locator(".msg.lead .text")).to_have_text(
        ["Hola, soy Rosario Pinto", "busco casa", "en La Reina"]
    )
    said = stack.rows(
        "SELECT message_text FROM chat_messages WHERE direction = 'in' AND lead_id = ("
        "SELECT lead_id FROM chat_messages WHERE message_text LIKE '%%Rosario Pinto' "
        "ORDER BY id DESC LIMIT 1) ORDER BY id"
    )
    assert [row["message_text"] for row in said][1:] == ["busco casa", "en La Reina"]

    second = visitors.new_page()
    second.goto(site)
    other = opened(second)
    expect(other.locator(".msg.lead .text")).to_have_count(3)
    write(other, "desde otra pestaña")
    expect(chat.locator(".msg.lead .text").last).to_have_text("desde otra pestaña", timeout=15_000)
    expect(second.locator("iframe")).to_be_visible()
    other.get_by_label("Tu mensaje").press("Escape")
    expect(second.locator("iframe")).to_be_hidden()
    expect(second.get_by_role("button", name="Abrir el chat")).to_be_focused()


@pytest.mark.parametrize("size", ["phone"], indirect=False)
def test_too_many_messages_are_refused_in_words_and_sent_when_asked_again(
    visitor: Page, stack: Stack
) -> None:
    limits = "UPDATE broker_chat_configs SET rate_limits = %s::jsonb WHERE broker_id = 1"
    stack.change(limits, '{"visitor_per_minute": 0}')
    visitor.goto(f"{stack.url}/chat/demo/")
    visitor.get_by_label("Tu mensaje").fill("¿hay alguien?")
    visitor.keyboard.press("Enter")
    refused = visitor.locator(".msg.failed")
    expect(refused).to_contain_text("Espera un minuto")
    stack.change(limits, "{}")
    expect(refused).to_contain_text("Espera un minuto")
    refused.get_by_role("button", name="Reintentar").press("Enter")
    expect(visitor.locator(".msg.ours")).to_have_count(1, timeout=30_000)
    expect(visitor.locator(".msg.lead")).to_have_count(1)
