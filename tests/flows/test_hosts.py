"""Web and workers on hosts of their own: they talk, one is cut off and comes back, nothing is lost."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.databases import Original, address_of
from tests.fakes.vendors import on_telegram
from tests.flows.chatters import Crowd
from tests.flows.hosts import Hosts
from tests.flows.network import WEB, WORK, Network, NoNetwork
from tests.flows.outages import ANSWERED_WITHIN, TALK_SECONDS
from tests.flows.stack import Visitor, wait_for

# Minutes long, and as root: run by hand.
pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not os.environ.get("HOSTS"), reason="set HOSTS=1"),
]

# Longer than a reply takes, a sweep's period and Redis' limits; a longer one is asked for by name.
AWAY_SECONDS = float(os.environ.get("HOST_AWAY_SECONDS", "8"))
PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2000
PLAN = b"%PDF-1.7\n" + bytes(range(256)) * 2000


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory, seeded: Original) -> Iterator[Hosts]:
    folder = tmp_path_factory.mktemp("hosts")
    with ExitStack() as parts:
        try:
            network = parts.enter_context(Network())
        except NoNetwork as error:
            pytest.skip(str(error))
        owner = address_of(seeded.name, owner=True)
        yield parts.enter_context(Hosts(folder, network, owner))


def lead_of(hosts: Hosts, number: int) -> int:
    found = hosts.rows(
        "SELECT lead_id FROM channel_identities WHERE channel = 'telegram' AND external_id = %s",
        str(number),
    )
    return int(found[0]["lead_id"])


def send_file(hosts: Hosts, lead: int, text: str) -> tuple[int, Any]:
    """As a person of the brokerage, from the API."""
    line = "--x\r\nContent-Disposition: form-data; name="
    body = (
        (
            f'{line}"text"\r\n\r\n{text}\r\n{line}"file"; filename="plano.pdf"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        ).encode()
        + PLAN
        + b"\r\n--x--\r\n"
    )
    request = Request(f"{hosts.url}/api/v1/leads/{lead}/messages/", body, method="POST")
    request.add_header("Content-Type", "multipart/form-data; boundary=x")
    for name, value in hosts.sign_in().items():
        request.add_header(name, value)
    with urlopen(request, timeout=30) as answer:
        return answer.status, json.loads(answer.read())


def files_sent(hosts: Hosts, number: int) -> list[bytes]:
    mine = [each for each in hosts.telegram.sent if each["chat_id"] == str(number)]
    return [each["content"] for each in mine if each.get("way")]


def test_what_visitors_say_to_the_web_the_workers_answer(hosts: Hosts) -> None:
    visitor = Visitor(hosts)
    assert visitor.say("Hola, busco casa en Maipú")


def test_files_pass_between_the_hosts_both_ways(hosts: Hosts) -> None:
    user = on_telegram(hosts.url, 7301, "Rosa Vera")
    hosts.telegram.files["foto-1"] = PHOTO
    sizes = [{"file_id": "foto-1", "file_unique_id": "u", "width": 90, "height": 90}]
    assert user._post(message=user._message(photo=sizes, caption="Esta casa")) == 200
    ready = "SELECT id, file FROM attachments WHERE state = 'ready' AND remote_id = 'foto-1'"
    [came] = wait_for("the worker's download", lambda: hosts.rows(ready))
    request = Request(f"{hosts.url}/api/v1/attachments/{came['id']}/content/")
    for name, value in hosts.sign_in().items():
        request.add_header(name, value)
    with urlopen(request, timeout=30) as answer:
        assert answer.read() == PHOTO
    assert send_file(hosts, lead_of(hosts, 7301), "El plano")[0] == 201
    assert wait_for("the plan on Telegram", lambda: files_sent(hosts, 7301)) == [PLAN]
    stored = hosts.bucket.contents
    assert stored[f"private/{came['file']}"] == PHOTO
    assert sorted(map(len, stored.values())) == sorted([len(PHOTO), len(PLAN)])


@pytest.mark.parametrize("host", [WORK, WEB])
def test_a_host_that_is_cut_off_and_comes_back_loses_and_doubles_nothing(
    hosts: Hosts, host: str
) -> None:
    number = {WORK: 7311, WEB: 7312}[host]
    user = on_telegram(hosts.url, number, "Nora Paz")
    assert user.write("Hola") == 200
    wait_for("a greeting", lambda: [m for m in hosts.telegram.sent if m["chat_id"] == str(number)])
    with Crowd(hosts, size=2) as crowd:
        time.sleep(TALK_SECONDS)
        hosts.network.cut_off(host)
        try:
            if host == WORK:  # the web goes on, and keeps a file for who cannot be had
                assert send_file(hosts, lead_of(hosts, number), "El plano")[0] == 201
            time.sleep(AWAY_SECONDS)
        finally:
            hosts.network.let_back(host)
        time.sleep(TALK_SECONDS)
        crowd.fall_silent()
        outcome = crowd.outcome(within=2 * ANSWERED_WITHIN)  # what it said meanwhile, too
    assert outcome.acknowledged >= 4
    assert (outcome.lost, outcome.doubled, outcome.unanswered) == (0, 0, 0)
    assert set(crowd.refusals) <= ({503} if host == WEB else set())
    if host == WORK:
        assert wait_for("the plan", lambda: files_sent(hosts, number)) == [PLAN]
    assert hosts.rows("SELECT task, error FROM failed_tasks") == []
    wait_for("a ready product", lambda: hosts.get("/health/ready")[0] == 200)


def test_while_the_files_are_away_the_rest_goes_on_and_the_web_says_that_it_is_not_ready(
    hosts: Hosts,
) -> None:
    visitor = Visitor(hosts)
    hosts.bucket.go_away()
    try:
        status, answer = hosts.get("/health/ready")
        assert (status, answer["files"], answer["database"]) == (503, False, True)
        assert visitor.say("Hola, busco casa en Ñuñoa")
    finally:
        with hosts.network.on("data"):
            hosts.bucket.come_back()
    wait_for("a ready product", lambda: hosts.get("/health/ready")[0] == 200)
