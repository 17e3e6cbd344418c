"""A lead and an agent at once, each in a browser of their own: the inbox lives without a reload."""

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import SIZES, shoot
from tests.e2e.test_first_conversation import fits, say, sign_in
from tests.flows.stack import Stack

NAMES = {"desktop": "Valentina Paredes", "phone": "Martina Bravo"}


def test_what_a_lead_writes_appears_and_an_agents_answer_reaches_them(
    browser: Browser, page: Page, stack: Stack, size: str
) -> None:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    lead = context.new_page()
    lead.goto(f"{stack.url}/chat/demo/")
    say(lead, f"Hola, soy {NAMES[size]} y busco departamento en Providencia")

    sign_in(page, stack, "admin@demo.test")
    page.goto(f"{stack.url}/admin/leads/conversation/bandeja/")
    row = page.locator("[data-open]", has_text=NAMES[size])
    expect(row).to_be_visible()
    shoot(page, f"inbox-{size}-list")
    row.click()
    thread = page.locator("#inbox-messages")
    expect(thread).to_contain_text("busco departamento en Providencia")

    say(lead, "quiero hablar con una persona")
    expect(thread).to_contain_text("quiero hablar con una persona")
    expect(page.locator("#inbox-head")).to_contain_text("Espera a una persona")
    page.locator("[data-reply] textarea").fill("Hola, soy Marcela. ¿En qué te ayudo?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#inbox-head")).to_contain_text("La atiendes tú")
    expect(lead.locator(".msg.ours").last).to_contain_text("soy Marcela", timeout=15_000)
    expect(page.locator("[data-reply] textarea")).to_have_value("")

    page.locator("[data-reply] textarea").fill("un borrador")
    lead.get_by_label("Tu mensaje").fill("¿me llamas mañana?")
    lead.keyboard.press("Enter")
    expect(thread).to_contain_text("¿me llamas mañana?", timeout=15_000)
    expect(page.locator("[data-reply] textarea")).to_have_value("un borrador")
    shoot(page, f"inbox-{size}-thread")
    assert fits(page)
    context.close()
