"""Two conversations become one and come apart again: the microphone, what is owed, the summary."""

from datetime import datetime
from typing import Any

from brokers.models import User
from leads import handoff, joining
from leads.enums import Direction
from leads.models import ChatMessage, Conversation

JOINED = (
    "channel",
    "turn_due_at",
    "answered_up_to",
    "last_inbound_id",
    "last_inbound_at",
    "last_outbound_at",
    "summary",
    "summary_up_to",
    "waiting_reason",
    "brief",
    "first_inbound_at",
    "first_answer_at",
    "first_human_answer_at",
)
FIRSTS = JOINED[-3:]


def join(loser: Conversation, survivor: Conversation, *, at: datetime) -> dict[str, Any]:
    """The survivor's conversation goes on with both; the loser's row falls asleep as it is.

    Called with both locked, before their messages move. Returns what ``part`` needs.
    """
    before = {name: joining.jsonable(getattr(survivor, name)) for name in JOINED}
    held = {"holder": survivor.holder, "held_by": survivor.held_by_id}
    held["waiting_since"] = joining.jsonable(survivor.waiting_since)
    owed = joining.jsonable(loser.turn_due_at)
    new = _together(loser, survivor)
    changed = handoff.inherit(survivor, loser, at=at)
    for name, value in new.items():
        setattr(survivor, name, value)
    if loser.waiting_reason and not survivor.waiting_reason:
        survivor.waiting_reason, survivor.brief = loser.waiting_reason, loser.brief
    survivor.save(update_fields=[*JOINED, "updated_at"])
    loser.turn_due_at = None
    loser.save(update_fields=["turn_due_at", "updated_at"])
    return {
        "changes": {
            name: [before[name], joining.jsonable(getattr(survivor, name))] for name in JOINED
        },
        "holder": {**held, "version": survivor.version} if changed else None,
        "owed": owed,
    }


def _together(loser: Conversation, survivor: Conversation) -> dict[str, Any]:
    latest = max(loser, survivor, key=lambda each: each.last_inbound_id)
    due = [each.turn_due_at for each in (loser, survivor) if each.turn_due_at]
    summarised = [each.summary_up_to for each in (loser, survivor) if each.summary]
    heard = [each.last_inbound_at for each in (loser, survivor) if each.last_inbound_at]
    written = [each.last_outbound_at for each in (loser, survivor) if each.last_outbound_at]
    return {
        "channel": latest.channel if latest.last_inbound_id else survivor.channel,
        "turn_due_at": min(due, default=None),
        "answered_up_to": _answered(loser, survivor),
        "last_inbound_id": latest.last_inbound_id,
        "last_inbound_at": max(heard, default=None),
        "last_outbound_at": max(written, default=None),
        "summary": "\n".join(each.summary for each in (survivor, loser) if each.summary),
        "summary_up_to": min(summarised, default=0),
        **{name: _first(name, loser, survivor) for name in FIRSTS},
    }


def _first(name: str, *conversations: Conversation) -> datetime | None:
    known = [moment for each in conversations if (moment := getattr(each, name))]
    return min(known, default=None)


def _answered(*conversations: Conversation) -> int:
    """Up to where both are answered: right before the first message that is owed in either."""
    owed = [first for each in conversations if (first := _first_owed(each))]
    if owed:
        return min(owed) - 1
    return max(max(each.answered_up_to, each.last_inbound_id) for each in conversations)


def _first_owed(conversation: Conversation) -> int | None:
    unanswered = ChatMessage.objects.filter(
        lead_id=conversation.lead_id,
        direction=Direction.IN,
        pk__gt=conversation.answered_up_to,
    )
    return unanswered.order_by("pk").values_list("pk", flat=True).first()


def part(
    loser: Conversation, survivor: Conversation, record: dict[str, Any], *, at: datetime
) -> None:
    """Each has what it had, where nothing came since; what is still owed is owed to its own."""
    held = record["holder"]
    if held and held["version"] == survivor.version:
        since = _column("waiting_since").to_python(held["waiting_since"])
        person = User.objects.filter(pk=held["held_by"]).first()
        handoff.set_back(survivor, holder=held["holder"], held_by=person, since=since, at=at)
    answered = survivor.answered_up_to
    for name, (before, after) in record["changes"].items():
        if joining.jsonable(getattr(survivor, name)) == after:
            setattr(survivor, name, _column(name).to_python(before))
    survivor.save(update_fields=[*JOINED, "updated_at"])
    if answered >= loser.last_inbound_id:  # answered while the two were one
        loser.answered_up_to = max(loser.answered_up_to, loser.last_inbound_id)
    else:
        loser.turn_due_at = _column("turn_due_at").to_python(record["owed"])
    loser.save(update_fields=["answered_up_to", "turn_due_at", "updated_at"])


def _column(name: str) -> Any:
    return Conversation._meta.get_field(name)
