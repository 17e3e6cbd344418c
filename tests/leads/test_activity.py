"""The activity log only grows."""

import pytest

from leads.activity import log
from leads.enums import Actor
from leads.models import ActivityLog

pytestmark = pytest.mark.django_db


def test_an_event_keeps_who_when_and_what(lead, agent, at) -> None:
    log(lead, "assigned", actor=Actor.HUMAN, at=at, user=agent, to=agent.pk)
    entry = ActivityLog.objects.get()
    assert (entry.lead, entry.broker, entry.user, entry.timestamp, entry.details) == (
        lead, lead.broker, agent, at, {"to": agent.pk},
    )  # fmt: skip


def test_an_event_is_never_changed(lead, at) -> None:
    entry = log(lead, "assigned", actor=Actor.SYSTEM, at=at)
    entry.action_type = "other"
    with pytest.raises(TypeError, match="append-only"):
        entry.save()
