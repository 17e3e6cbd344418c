"""The product joined to a fake of every vendor, and the people who write to it from their phones."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes import openai
from tests.fakes.openai import FakeOpenAI
from tests.fakes.people import TelegramUser
from tests.fakes.telegram import FakeTelegram
from tests.fakes.vendors import CONNECT, Vendors, on_telegram
from tests.flows.stack import Stack, wait_for

SECOND_BEST = "Hola, soy la asistente virtual. ¿En qué comuna buscas?"
OPEN_ALWAYS = '{"start": "00:00", "end": "00:00", "sundays": false, "holidays": false}'
ANSWERS_CALLS = '{"script": "interested"}'


@dataclass
class Writer:
    """Somebody on Telegram, as their phone and as the database knows them."""

    stack: Stack
    telegram: FakeTelegram
    user: TelegramUser

    @property
    def received(self) -> list[dict[str, Any]]:
        """What the bot sent them."""
        mine = str(self.user.number)
        return [each for each in self.telegram.sent if each["chat_id"] == mine]

    def say(self, text: str) -> dict[str, Any]:
        return self.answer_to(lambda: self.user.write(text))

    def answer_to(self, act: Any) -> dict[str, Any]:
        known = len(self.received)
        assert act() == 200
        return wait_for("an answer on Telegram", lambda: self.received[known:])[-1]

    def lead(self) -> dict[str, Any]:
        return self.stack.rows(
            "SELECT l.* FROM leads l JOIN channel_identities i ON i.lead_id = l.id "
            "WHERE i.channel = 'telegram' AND i.external_id = %s",
            str(self.user.number),
        )[0]

    def visit(self) -> dict[str, Any]:
        found = self.stack.rows("SELECT * FROM appointments WHERE lead_id = %s", self.lead()["id"])
        assert len(found) == 1
        return found[0]

    def turns(self) -> list[dict[str, Any]]:
        """The attempts at answering them, in order."""
        return self.stack.rows(
            "SELECT *, error <> '' AS failed FROM llm_calls "
            "WHERE lead_id = %s AND call_type = 'turn' ORDER BY id",
            self.lead()["id"],
        )

    def steps(self) -> list[tuple[int, str, str]]:
        """What campaigns did about them, in order: the step's number, its state and reason."""
        rows = self.stack.rows(
            "SELECT s.step_number, g.status, g.reason FROM campaign_logs g "
            "JOIN campaign_steps s ON s.id = g.step_id WHERE g.lead_id = %s ORDER BY g.id",
            self.lead()["id"],
        )
        return [(row["step_number"], row["status"], row["reason"]) for row in rows]


@dataclass
class Day:
    stack: Stack
    vendors: Vendors
    openai: FakeOpenAI
    admin: dict[str, str] = field(default_factory=dict)

    def writer(self, number: int, name: str) -> Writer:
        user = on_telegram(self.stack.url, number, name)
        return Writer(self.stack, self.vendors.telegram, user)

    def start_campaign(self, steps: list[dict[str, Any]], **given: Any) -> str:
        """The address of a running campaign on Telegram."""
        body = {"channel": "telegram", **given}
        status, campaign = self.stack.post("/api/v1/campaigns/", body, **self.admin)
        assert status == 201, campaign
        path = f"/api/v1/campaigns/{campaign['id']}/"
        for number, step in enumerate(steps, start=1):
            body = {"step_number": number, **step}
            status, answer = self.stack.post(f"{path}steps/", body, **self.admin)
            assert status == 201, answer
        assert self.stack.post(f"{path}activate/", {}, **self.admin)[1]["status"] == "active"
        return path


@contextmanager
def a_day(folder: Path, database: dict[str, str]) -> Iterator[Day]:
    """Open at every hour, with the agents' calendars joined and leads who answer calls."""
    with Vendors() as vendors, FakeOpenAI(openai.text(SECOND_BEST)) as second:
        environment = {
            **vendors.environment,
            "OPENAI_BASE_URL": f"{second.url}/v1",
            "OPENAI_API_KEY": "fake",
            "LLM_FALLBACK_MODEL": "openai:gpt-6-luna",
            "CAMPAIGN_TRIGGER_SECONDS": "2",
        }
        with Stack(folder, **environment, **database) as stack:
            stack.change("UPDATE broker_lead_configs SET quiet_hours = %s", OPEN_ALWAYS)
            stack.change("UPDATE broker_voice_configs SET voice_config = %s", ANSWERS_CALLS)
            stack.manage(CONNECT)
            yield Day(stack, vendors, second, stack.sign_in())
