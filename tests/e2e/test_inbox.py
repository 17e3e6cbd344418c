"""A lead and an agent at once, each in a browser of their own: the inbox lives without a reload."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import SIZES, shoot
from tests.e2e.test_first_conversation import fits, say, sign_in
from tests.flows.stack import Stack

NAMES = {"desktop": "Valentina Paredes", "phone": "Martina Bravo"}
INBOX = "/admin/leads/conversation/bandeja/"
LONG = """
import uuid
from django.utils import timezone
from brokers.models import Broker
from leads.models import ChannelIdentity, ChatMessage, Conversation, Lead
broker = Broker.objects.get(slug="demo")
for _ in range(3):
    lead = Lead.objects.create(broker=broker, name="<img src=x onerror=alert(1)>", source="webchat")
    made = Conversation.objects.create(broker=broker, lead=lead, last_inbound_at=timezone.now())
    named = dict(channel="webchat", external_id=uuid.uuid4().hex)
    ChannelIdentity.objects.create(broker=broker, lead=lead, **named)
    common = dict(broker=broker, lead=lead, provider="webchat", at=timezone.now())
    theirs = dict(direction="in", author="lead", status="delivered")
    ChatMessage.objects.bulk_create(
        ChatMessage(message_text=f"<b>n {n}</b>", **theirs, **common) for n in range(150)
    )
    ChatMessage.objects.create(
        message_text="¿Te llegó?", direction="out", author="assistant", status="failed",
        reason="outcome_unknown", **common)
    print(made.pk)
"""


@pytest.fixture(scope="module")
def threads(stack: Stack) -> list[str]:
    """Conversations with 150 messages, and one whose fate nobody knows."""
    return stack.manage(LONG).split()


@pytest.fixture
def conversation(threads: list[str]) -> str:
    """One of them for each test."""
    return threads.pop()


@pytest.fixture
def people(browser: Browser) -> Iterator[Callable[[str], BrowserContext]]:
    """Browsers of further people, closed at the end."""
    contexts: list[BrowserContext] = []

    def another(size: str = "desktop") -> BrowserContext:
        width, height = SIZES[size]
        contexts.append(browser.new_context(viewport={"width": width, "height": height}))
        return contexts[-1]

    yield another
    for context in contexts:
        context.close()


def test_what_a_lead_writes_appears_and_an_agents_answer_reaches_them(
    people: Any, page: Page, stack: Stack, size: str
) -> None:
    lead = people(size).new_page()
    lead.goto(f"{stack.url}/chat/demo/")
    say(lead, f"Hola, soy {NAMES[size]} y busco departamento en Providencia")

    sign_in(page, stack, "admin@demo.test")
    page.goto(f"{stack.url}{INBOX}")
    row = page.locator("[data-open]", has_text=NAMES[size])
    expect(row).to_contain_text("sin leer")
    shoot(page, f"inbox-{size}-list")
    row.click()
    thread = page.locator("#inbox-messages")
    expect(thread).to_contain_text("busco departamento en Providencia")
    expect(thread.locator(".crm-day").last).to_have_text("Hoy")
    expect(row.locator(".inbox-dot")).to_have_count(0, timeout=15_000)

    say(lead, "quiero hablar con una persona")
    expect(thread).to_contain_text("quiero hablar con una persona")
    expect(page.locator("#inbox-said")).to_contain_text("quiero hablar con una persona")
    expect(page.locator("#inbox-head")).to_contain_text("Espera a una persona")
    page.locator("[data-reply] textarea").fill("Hola, soy Marcela. ¿En qué te ayudo?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#inbox-head")).to_contain_text("La atiendes tú")
    expect(lead.locator(".msg.ours").last).to_contain_text("soy Marcela", timeout=15_000)
    expect(page.locator("[data-reply] textarea")).to_have_value("")
    mine = page.locator(".crm-bubble", has_text="soy Marcela")
    expect(mine).to_contain_text("enviado", timeout=15_000)

    page.locator("[data-reply] textarea").fill("un borrador")
    lead.get_by_label("Tu mensaje").fill("¿me llamas mañana?")
    lead.keyboard.press("Enter")
    expect(lead.locator("#person")).to_be_visible()
    expect(lead.locator("#typing")).to_be_hidden()
    expect(thread).to_contain_text("¿me llamas mañana?", timeout=15_000)
    expect(page.locator("[data-reply] textarea")).to_have_value("un borrador")
    shoot(page, f"inbox-{size}-thread")
    assert fits(page)


@pytest.mark.parametrize("size", ["desktop"], indirect=False)
def test_a_long_thread_is_read_upwards_and_stays_in_place_while_it_grows(
    page: Page, stack: Stack, conversation: str
) -> None:
    sign_in(page, stack, "admin@demo.test")
    page.goto(f"{stack.url}{INBOX}?abierta={conversation}")
    bubbles = page.locator(".crm-bubble")
    expect(bubbles).to_have_count(100)
    page.get_by_role("button", name="Ver mensajes anteriores").click()
    expect(bubbles).to_have_count(151)
    expect(page.get_by_role("button", name="Ver mensajes anteriores")).to_have_count(0)
    expect(page.locator(".crm-bubble", has_text="<b>n 0</b>")).to_have_count(1)
    page.evaluate("document.querySelector('.crm-bubbles').scrollTop = -2000")
    watched = page.locator(".crm-bubble").nth(60).get_attribute("data-key")
    where = f"document.querySelector('[data-key={watched}]').getBoundingClientRect().top"
    before = page.evaluate(where)
    stack.change(
        "INSERT INTO chat_messages (created_at, updated_at, broker_id, lead_id, provider, "
        "channel_user_id, message_text, direction, author, purpose, status, reason, attempts, "
        "provider_metadata, attachments, ai_response_used, at) SELECT now(), now(), broker_id, "
        "lead_id, 'webchat', '', 'lo último', 'in', 'lead', 'reply', 'delivered', '', 0, '{}', "
        "'[]', false, now() FROM conversations WHERE id = %s",
        int(conversation),
    )
    expect(page.get_by_role("button", name="Mensajes nuevos")).to_be_visible(timeout=10_000)
    assert abs(page.evaluate(where) - before) <= 2
    page.get_by_role("button", name="Mensajes nuevos").click()

    again = page.get_by_role("button", name="Enviar de nuevo, aunque le llegue dos veces")
    again.dblclick()
    expect(page.locator(".crm-bubble", has_text="¿Te llegó?")).to_have_count(2, timeout=10_000)
    expect(again).to_have_count(0)


def test_a_draft_outlives_another_thread_a_lost_connection_and_the_session(
    people: Any, stack: Stack, conversation: str
) -> None:
    context = people()
    page, address = context.new_page(), f"{stack.url}{INBOX}?abierta={conversation}"
    sign_in(page, stack, "admin@demo.test")
    page.goto(address)
    box = page.locator("[data-reply] textarea")
    box.fill("¿te acomoda el jueves?")
    page.locator("[data-open]:not([aria-current])").first.click()
    expect(box).to_have_value("")
    page.go_back()
    expect(box).to_have_value("¿te acomoda el jueves?")

    context.set_offline(True)
    box.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("queda guardado")
    page.locator("[data-open]:not([aria-current])").first.click()
    context.set_offline(False)
    expect(page.locator("[data-reply]")).not_to_have_attribute("data-conversation", conversation)

    page.goto(address)
    context.clear_cookies(name="sessionid")
    box.press("Control+Enter")
    page.wait_for_url("**/admin/login/**")
    sign_in_here(page)
    expect(box).to_have_value("¿te acomoda el jueves?")

    second = context.new_page()
    second.goto(address)
    expect(second.locator("[data-reply] textarea")).to_have_value("¿te acomoda el jueves?")
    for window in (page, second):
        window.evaluate("document.querySelector('[data-reply]').requestSubmit()")
    sent = page.locator(".crm-bubble", has_text="¿te acomoda el jueves?")
    expect(sent).to_have_count(1, timeout=15_000)
    for window in (page, second):
        expect(window.locator("[data-reply] textarea")).to_have_value("", timeout=15_000)
    second.reload()
    expect(second.locator(".crm-bubble", has_text="¿te acomoda el jueves?")).to_have_count(1)


def sign_in_here(page: Page) -> None:
    page.locator("input[name=username]").fill("admin@demo.test")
    page.locator("input[name=password]").fill("demo")
    page.keyboard.press("Enter")


def test_who_has_the_screen_open_sees_a_colleague_take_the_conversation(
    people: Any, stack: Stack, conversation: str
) -> None:
    screens = []
    for email in ("admin@demo.test", "ana@demo.test"):
        screens.append(people().new_page())
        sign_in(screens[-1], stack, email)
        screens[-1].goto(f"{stack.url}{INBOX}?abierta={conversation}")
    marcela, ana = screens
    ana.locator("body").press("m")
    expect(ana.locator("#inbox-head")).to_contain_text("La atiendes tú")
    expect(marcela.locator("#inbox-head")).to_contain_text("La atiende Ana", timeout=10_000)
    expect(marcela.locator("#inbox-said")).to_contain_text("La atiende Ana")
    for _ in range(2):
        before = marcela.url
        marcela.locator("body").press("j")
        marcela.wait_for_url(lambda url, before=before: url != before)
        expect(marcela.locator("[aria-current=true][data-open]")).to_be_focused()
    expect(marcela.locator("[data-reply] textarea")).to_have_value("")
    marcela.keyboard.press("?")
    expect(marcela.get_by_role("dialog")).to_contain_text("toma o devuelve")
    marcela.keyboard.press("Escape")
    expect(marcela.get_by_role("dialog")).to_have_count(0)
