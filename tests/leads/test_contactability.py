"""What the gate would say, told by channel and purpose before anybody tries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads import consenting, contactability, gate
from tests.api import signed_in
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


def told(lead, at) -> dict[tuple[str, str], tuple[str, object]]:
    answers = contactability.answers(lead, at=at)
    return {(a.channel, a.purpose): (a.reason, a.next_allowed_at) for a in answers}


def test_it_says_what_the_gate_says_on_every_channel_the_lead_has(chatting, at) -> None:
    shown = told(chatting, at)
    channels = ["telegram", "whatsapp", "webchat", "email"]
    purposes = ["marketing", "reminder", "reply", "human"]
    assert set(shown) == {(c, p) for c in channels for p in purposes} | {("", "call")}
    for (channel, purpose), (reason, later) in shown.items():
        verdict = gate.may_contact(chatting, channel or "webchat", purpose, at)
        assert (reason, later) == (verdict.reason, verdict.next_allowed_at)
    assert {reason for reason, _later in shown.values()} == {""}


def test_it_tells_why_not_and_from_when(chatting, at) -> None:
    night = at + timedelta(hours=12)
    reason, later = told(chatting, night)["telegram", "marketing"]
    assert (reason, later) == ("quiet_hours", at + timedelta(hours=23))
    consenting.opt_out(
        chatting, channel="telegram", everything=False, evidence="alto", at=at, confirm=False
    )
    shown = told(chatting, at)
    assert shown["telegram", "marketing"] == ("suppressed", None)
    assert shown["webchat", "marketing"] == ("", None)


def test_a_lead_that_nobody_wrote_to_yet_is_answered_without_being_changed(broker, at) -> None:
    lead = LeadFactory(broker=broker, phone="", phone_e164=None)
    assert told(lead, at) == {("", "call"): ("no_phone", None)}
    assert lead.conversation.pk is None


def test_the_api_tells_it_in_words_to_who_sees_the_lead(
    chatting, admin, agent, rival_admin
) -> None:
    consenting.opt_out(
        chatting, channel="telegram", everything=True, evidence="alto", at=timezone.now(),
        confirm=False,
    )  # fmt: skip
    url = f"/api/v1/leads/{chatting.pk}/contactability/"
    rows = signed_in(agent).get(url).json()
    found = {(row["channel"], row["purpose"]): row for row in rows}
    assert found["telegram", "marketing"] == {
        "channel": "telegram", "purpose": "marketing", "allowed": False, "reason": "suppressed",
        "why": "El lead pidió no ser contactado.", "next_allowed_at": None,
    }  # fmt: skip
    assert signed_in(rival_admin).get(url).status_code == 404
