"""The sign that an answer is being written: shown while a turn thinks, waited for by nobody."""

import time

import pytest

from leads import typing
from leads.models import ChannelIdentity, Conversation
from tests.channels import camila, connected, telegram

__all__ = ["camila", "connected", "telegram"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(camila):
    Conversation.objects.filter(lead=camila).update(channel="telegram")
    return Conversation.objects.select_related("lead__broker").get(lead=camila)


def signs(telegram, within=2.0):
    """What was shown, as soon as something was."""
    deadline = time.monotonic() + within
    while not telegram.calls("sendChatAction") and time.monotonic() < deadline:
        time.sleep(0.01)
    return telegram.calls("sendChatAction")


def test_the_lead_sees_that_somebody_writes(telegram, conversation):
    with typing.shown(conversation):
        assert signs(telegram) == [{"chat_id": "7001", "action": "typing"}]


def test_a_telegram_that_hangs_delays_nothing(telegram, conversation):
    telegram.delay = 1.5
    began = time.monotonic()
    with typing.shown(conversation):
        pass
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("change", ["blocked", "elsewhere", "no bot"])
def test_nobody_is_shown_a_sign_who_cannot_see_it(telegram, conversation, change, at):
    if change == "blocked":
        ChannelIdentity.objects.filter(channel="telegram").update(blocked_at=at)
    elif change == "elsewhere":
        conversation.channel = "webchat"
    else:
        conversation.lead.broker.brokerchatconfig.provider_configs = {}
    with typing.shown(conversation):
        assert signs(telegram, within=0.2) == []
