"""Wherever the database is lost during a delivery, the message leaves once and is known to have left."""

import pytest
from django.core.cache import cache

from crm import connections
from leads import outbox
from leads.models import ChatMessage
from tests.breaking import Case, each_way
from tests.channels import camila, connected, meta, telegram

__all__ = ["camila", "connected", "meta", "telegram"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(telegram, meta):
    """What each vendor took, by channel."""
    told = {"telegram": lambda: telegram.sent, "whatsapp": lambda: meta.sent, "webchat": list}
    texts = {"telegram": lambda each: each["text"], "whatsapp": lambda each: each["text"]["body"]}
    return lambda channel: [texts[channel](each) for each in told[channel]()]


@pytest.mark.parametrize(
    ("channel", "text"),
    [("telegram", "Hola"), ("telegram", "Hola " * 1200), ("whatsapp", "Hola"), ("webchat", "")],
    ids=["telegram", "telegram in pieces", "whatsapp", "webchat"],
)
def test_a_message_leaves_once(camila, sent, at, monkeypatch, channel, text) -> None:
    monkeypatch.setattr(connections, "FIRST_PAUSE", 0.0)

    def prepare() -> Case:
        cache.clear()  # the chat's pace
        known = len(sent(channel))
        message = outbox.queue(
            camila, text=text, author="assistant", purpose="reply", channel=channel, at=at
        )

        def judge(where: str) -> None:
            found = ChatMessage.objects.get(pk=message.pk)
            assert (found.status, found.lease_until) == ("sent", None), where
            assert " ".join(sent(channel)[known:]).split() == text.split(), where

        return lambda: connections.outlast(lambda: outbox.deliver(message.pk, at=at)), judge

    assert each_way(prepare) > 15
