"""The handshake by which Meta asks whether an address is ours; the rest is in tests/contracts."""

import pytest

from brokers.models import BrokerChatConfig
from tests.channels import WHATSAPP, connect

pytestmark = pytest.mark.django_db


def shake(client, key="wa", **changes):
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": WHATSAPP["verify_token"],
        "hub.challenge": "1158201444",
    }
    return client.get(f"/hooks/whatsapp/{key}/", {**asked, **changes})


def test_the_challenge_comes_back_to_who_knows_the_word(client, broker):
    connect(broker)
    answer = shake(client)
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"hub.verify_token": "otra"}, 403),
        ({"hub.verify_token": ""}, 403),
        ({"hub.mode": "otro"}, 400),
        ({"key": "nadie"}, 404),
        ({"key": "tg"}, 404),
    ],
)
def test_nobody_else_gets_it(client, broker, changes, status):
    connect(broker)
    assert shake(client, **changes).status_code == status


def test_without_a_word_of_our_own_nobody_passes(client, broker):
    connect(broker)
    BrokerChatConfig.objects.filter(broker=broker).update(
        provider_configs={"whatsapp": {**WHATSAPP, "verify_token": ""}}
    )
    assert shake(client).status_code == 403
    assert shake(client, **{"hub.verify_token": ""}).status_code == 403
