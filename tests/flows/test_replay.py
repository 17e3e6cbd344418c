"""Everything that the vendors post, twice and out of order, while workers and Redis are killed.

REPLAY_UPDATES says how many: 2,000 are the promise, fewer are what an ordinary run has time for.
"""

import hashlib
import hmac
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from tests.fakes.server import Answer
from tests.fakes.vendors import CONNECT, WHATSAPP, Vendors
from tests.flows.crowd import (
    SECRET,
    WHATSAPP_HOOK,
    Person,
    Phones,
    Sent,
    Update,
    gather,
    messages_of,
)
from tests.flows.stack import Stack
from tests.processes import descendants

pytestmark = pytest.mark.stack

UPDATES = int(os.environ.get("REPLAY_UPDATES", "150"))
REPEATS = 0.3
PEOPLE = min(150, UPDATES // 8)
CLIENTS = 8
PAUSE_SECONDS = 0.6  # at most, between two posts of a client: people write while workers die
ON_THE_WIRE = 0.1
EVERY_SECONDS = 2.0
REDIS, WHOLE_WORKER, ROUND = 3, 5, 18  # which of the kills meet more than one process of a worker
LEFT = ("sent", "delivered", "read")


@dataclass(frozen=True)
class Kill:
    at: float
    processes: int


@dataclass
class Replay:
    """One replay: what was posted, what was killed, and what reached the phones."""

    stack: Stack
    telegram: Phones
    whatsapp: Phones
    people: list[Person]
    posted: list[Update] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    kills: list[Kill] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def sent(self) -> list[Sent]:
        return self.telegram.sent + self.whatsapp.sent

    def cut_short(self) -> list[tuple[Sent, Kill]]:
        """The sends that were open when something was killed."""
        return [
            (sent, kill)
            for sent in self.sent
            for kill in self.kills
            if sent.came <= kill.at <= (sent.gone or time.monotonic()) + ON_THE_WIRE
        ]


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory, demo: dict[str, str]) -> Iterator[Replay]:
    with Vendors() as vendors:
        _make_replies_differ(vendors)
        phones = [Phones(each, seconds=ON_THE_WIRE) for each in (vendors.telegram, vendors.meta)]
        folder, environment = tmp_path_factory.mktemp("replay"), {**vendors.environment, **demo}
        with Stack(folder, TURN_LEASE_SECONDS="10", SWEEP_SECONDS="8", **environment) as stack:
            stack.manage(CONNECT)
            people = gather(PEOPLE, phones[0], phones[1], Random(UPDATES))
            made = Replay(stack, phones[0], phones[1], people)
            _run(made)
            yield made


def _make_replies_differ(vendors: Vendors) -> None:
    """Every text that the model writes is told from every other."""
    usual, numbers = vendors.gemini.respond, count(1)

    def respond(path: str, body: dict[str, Any]) -> Answer:
        answer = usual(path, body)
        for candidate in answer[1].get("candidates", []):
            for part in candidate["content"]["parts"]:
                if "text" in part:
                    part["text"] = f"{part['text']} [{next(numbers)}]"
        return answer

    vendors.gemini.respond = respond


def _run(replay: Replay) -> None:
    began = time.monotonic()
    with _killing(replay), ThreadPoolExecutor(CLIENTS) as clients:
        shares = [replay.people[number::CLIENTS] for number in range(CLIENTS)]
        for posted in [
            clients.submit(_post_all, replay, share, Random(number))
            for number, share in enumerate(shares)
        ]:
            posted.result()
        replay.seconds.append(time.monotonic() - began)
        _settle(replay.stack, seconds=20)  # the killing goes on for as long as most is answered
    replay.seconds.append(time.monotonic() - began)
    _settle(replay.stack, seconds=max(60, UPDATES / 8))
    replay.seconds.append(time.monotonic() - began)
    replay.stack.wait_for_sweeps("llm.tasks.sweep_turns", "leads.tasks.sweep_messages")
    replay.seconds.append(time.monotonic() - began)
    sys.stderr.write(_told(replay))


def _post_all(replay: Replay, people: Sequence[Person], chance: Random) -> None:
    """Each person's updates in their order, mixed with the others' and with repeats of any."""
    mine = round(UPDATES / CLIENTS)
    turns = [people[number % len(people)] for number in range(round(mine * (1 - REPEATS)))]
    order: list[Person | None] = [*turns, *[None] * (mine - len(turns))]
    chance.shuffle(order)
    with httpx.Client(base_url=replay.stack.url, timeout=30) as client:
        for person in order:
            update = chance.choice(replay.posted) if person is None and replay.posted else None
            if update is None:
                update = (person or people[0]).next()
                replay.posted.append(update)
            replay.statuses[_post(client, update)] += 1
            time.sleep(chance.uniform(0, PAUSE_SECONDS))


def _post(client: httpx.Client, update: Update) -> int:
    body = json.dumps(update.payload).encode()
    signed = hmac.new(WHATSAPP["app_secret"].encode(), body, hashlib.sha256).hexdigest()
    by_meta = {"X-Hub-Signature-256": f"sha256={signed}"}
    by_telegram = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    headers = by_meta if update.hook == WHATSAPP_HOOK else by_telegram
    told = {"Content-Type": "application/json", **headers}
    return client.post(update.hook, content=body, headers=told).status_code


# --- What is killed ---


@contextmanager
def _killing(replay: Replay) -> Iterator[None]:
    over = Event()
    killer = Thread(target=_kill, args=(replay, over), daemon=True)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


def _kill(replay: Replay, over: Event) -> None:
    """A process of the worker every few seconds, now and then the whole of it; Redis once."""
    chance = Random(UPDATES)
    for number in count(1):
        if over.wait(EVERY_SECONDS):
            return
        with suppress(ProcessLookupError):  # it ended by itself meanwhile, or is starting again
            if number == REDIS:
                replay.stack.kill("redis")
            else:
                _kill_worker(replay, chance, whole=number % ROUND == WHOLE_WORKER)


def _kill_worker(replay: Replay, chance: Random, *, whole: bool) -> None:
    victims = sorted(descendants(replay.stack.running()["children"]["worker"]))
    if not victims:
        return
    _wait_for_an_open_call(replay)
    if whole:
        replay.stack.kill("worker")
    else:
        os.kill(chance.choice(victims), signal.SIGKILL)
    replay.kills.append(Kill(time.monotonic(), len(victims) if whole else 1))


def _wait_for_an_open_call(replay: Replay) -> None:
    """The worst of moments, where one comes soon."""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline and all(sent.gone for sent in replay.sent):
        time.sleep(0.005)


UNSETTLED = {
    "a reply that is owed": "SELECT id FROM conversations WHERE turn_due_at IS NOT NULL",
    "a turn that somebody is at": "SELECT id FROM conversations WHERE lease IS NOT NULL",
    "a message on its way": "SELECT id FROM chat_messages WHERE status IN ('pending', 'sending')",
}


def _settle(stack: Stack, *, seconds: float) -> None:
    """Until nothing is owed, or until ``seconds`` are over.

    A send's lease is a minute; a quarter of it is far more than any of these sends takes.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(map(stack.rows, UNSETTLED.values())):
        time.sleep(0.5)
        stack.change(
            "UPDATE chat_messages SET lease_until = now() "
            "WHERE lease_until < now() + interval '45 seconds'"
        )


def _told(replay: Replay) -> str:
    unknown = replay.stack.rows("SELECT 1 FROM chat_messages WHERE reason = 'outcome_unknown'")
    with_people = replay.stack.rows("SELECT 1 FROM conversations WHERE holder = 'waiting'")
    open_calls = {kill for _, kill in replay.cut_short()}
    return (
        f"\n{len(replay.posted)} updates of {len(replay.people)} people, "
        f"{sum(replay.statuses.values())} posts, {len(replay.sent)} sends, "
        f"{len(replay.kills)} kills, {len(open_calls)} of them in an open call, "
        f"{len(unknown)} outcomes unknown, "
        f"{len(with_people)} wait for a person; seconds: {[round(each) for each in replay.seconds]}\n"
    )


# --- What holds all the same ---


def test_two_web_processes_took_every_post(replay: Replay) -> None:
    assert len(descendants(replay.stack.running()["children"]["web"])) == 2
    assert replay.statuses == {200: sum(replay.statuses.values())}


def test_every_inbound_is_stored_once_in_its_persons_order_and_as_last_edited(
    replay: Replay,
) -> None:
    for person in replay.people:
        inbound = [row for row in messages_of(replay.stack, person) if row["direction"] == "in"]
        assert [row["channel_message_id"] for row in inbound] == person.stored
        texts = {row["channel_message_id"]: row["message_text"] for row in inbound}
        assert {each: texts[each] for each in person.texts} == person.texts


def test_no_reply_is_sent_twice_and_each_lead_gets_theirs_in_order(replay: Replay) -> None:
    marks = Counter(sent.mark for sent in replay.whatsapp.sent)
    assert [mark for mark, times in marks.items() if times > 1] == []
    for person in replay.people:
        rows = [row for row in messages_of(replay.stack, person) if row["direction"] == "out"]
        got = [sent.text for sent in person.phones.of(person.id)]
        assert fits(got, rows), (person.id, got, rows)


def fits(got: Sequence[str], rows: Sequence[dict[str, Any]]) -> bool:
    """Whether these are the messages that left, in their order; of some nobody knows."""
    if not rows:
        return not got
    row, rest = rows[0], rows[1:]
    is_next = bool(got) and got[0] == row["message_text"]
    if row["status"] in LEFT:
        return is_next and fits(got[1:], rest)
    if row["reason"] == "outcome_unknown":
        return fits(got, rest) or (is_next and fits(got[1:], rest))
    return fits(got, rest)


def test_every_conversation_ends_answered_or_with_a_person(replay: Replay) -> None:
    unanswered = []
    for person in replay.people:
        *_, last = messages_of(replay.stack, person)
        told = last["status"] in LEFT or last["reason"] == "outcome_unknown"
        if last["direction"] == "in" or not told:
            unanswered.append((person.id, last["status"], last["reason"]))
    with_people = replay.stack.rows(
        "SELECT i.external_id FROM conversations c JOIN channel_identities i USING (lead_id) "
        "WHERE c.holder = 'waiting' AND c.waiting_reason <> '' AND c.brief <> ''"
    )
    assert {each for each, *_ in unanswered} <= {row["external_id"] for row in with_people}


def test_an_outcome_is_unknown_only_where_a_kill_met_an_open_call(replay: Replay) -> None:
    """Each that the vendor got was open at a kill; none is one that was killed on the way there."""
    unknown = replay.stack.rows("SELECT * FROM chat_messages WHERE reason = 'outcome_unknown'")
    texts = {row["message_text"] for row in unknown}
    came = {sent.text for sent in replay.sent if sent.text in texts}
    assert came <= {sent.text for sent, _ in replay.cut_short()}
    assert len(unknown) <= sum(kill.processes for kill in replay.kills)


def test_no_row_is_left_half_way(replay: Replay) -> None:
    left = {what: replay.stack.rows(query) for what, query in UNSETTLED.items()}
    assert left == {what: [] for what in UNSETTLED}
    assert replay.stack.rows("SELECT task, error FROM failed_tasks WHERE state = 'failed'") == []
