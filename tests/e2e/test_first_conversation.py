"""The first conversation as a visitor types it, and what the broker sees of it afterwards."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import shoot
from tests.flows.stack import Stack

PEOPLE = {"desktop": ("Camila Rojas", "9 8123 4501"), "phone": ("Josefa Lagos", "9 8123 4502")}


def say(page: Page, text: str) -> str:
    """Type a message, wait for the reply, and give its text."""
    ours = page.locator(".msg.ours")
    before = ours.count()
    page.get_by_label("Tu mensaje").fill(text)
    page.keyboard.press("Enter")
    expect(ours).to_have_count(before + 1, timeout=30_000)
    return ours.last.inner_text()


def press_first(page: Page) -> str:
    """Press the first of the hours offered, and give the reply."""
    ours = page.locator(".msg.ours")
    before = ours.count()
    page.locator(".choice").first.click()
    expect(ours).to_have_count(before + 1, timeout=30_000)
    return ours.last.inner_text()


def sign_in(page: Page, stack: Stack, email: str) -> None:
    page.goto(f"{stack.url}/admin/login/")
    page.locator("input[name=username]").fill(email)
    page.locator("input[name=password]").fill("demo")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/admin/$"))


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


def test_a_visitor_books_a_visit_and_the_broker_sees_it(
    page: Page, stack: Stack, size: str
) -> None:
    name, phone = PEOPLE[size]
    page.goto(f"{stack.url}/chat/demo/")
    assert "asistente virtual" in say(page, "Hola!")
    say(page, f"soy {name}, busco depto en ñuñoa hasta 4000 uf")
    say(page, f"mi fono es {phone}")
    say(page, "gano un palo doscientos y no tengo dicom")
    say(page, "¿qué es el subsidio DS19?")
    shoot(page, f"chat-{size}-middle")
    offered = say(page, "quiero visitar")
    assert len(re.findall(r"(?m)^\s*\d[).]", offered)) >= 2
    booked = press_first(page) if size == "phone" else say(page, "la primera")
    assert "agendada" in booked
    expect(page.locator(".choice")).to_have_count(0)
    shoot(page, f"chat-{size}-booked")
    assert fits(page)

    told = page.locator(".msg").count()
    page.reload()
    expect(page.locator(".msg")).to_have_count(told)

    sign_in(page, stack, "admin@demo.test")
    shoot(page, f"admin-{size}-home")
    page.goto(f"{stack.url}/admin/leads/lead/?q={name.replace(' ', '+')}")
    shoot(page, f"admin-{size}-leads")
    page.get_by_role("link", name=name).first.click()
    expect(page.locator("body")).to_contain_text("Agendado")
    expect(page.locator("body")).to_contain_text("Ñuñoa")
    expect(page.locator("body")).to_contain_text("quiero visitar")
    page.screenshot(path=shoot(page, f"admin-{size}-lead"), full_page=True)
    assert fits(page)


def test_the_rival_finds_no_trace_of_the_lead(page: Page, stack: Stack, size: str) -> None:
    sign_in(page, stack, "admin@rival.test")
    page.goto(f"{stack.url}/admin/leads/lead/?q={PEOPLE[size][0].replace(' ', '+')}")
    expect(page.get_by_role("link", name=PEOPLE[size][0])).to_have_count(0)
