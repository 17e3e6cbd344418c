"""Which conversation is answered next: a fair choice between brokerages, whatever the queue holds.

An entry in the queue only says that there is work. Whoever takes one asks here: first the
brokerage with the fewest turns under way, then the one served longest ago, and of that its oldest
due turn. So one with a thousand due turns gives way to every other after each single turn, with
one worker as with many, and slow turns of one never take the last worker that another waits for.

Nothing is lost. What is owed is the row's ``turn_due_at``, not the entry: an entry that finds
nothing due does nothing, and one that went missing is made up for by the sweep of every minute.
This is the one step that looks across brokerages, and it reads and gives no more than an id.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Q

from crm import connections
from leads.models import Conversation

# Written out: the oldest due turn of each brokerage, each found by index.
NEXT = """
    SELECT due.id
      FROM brokers
     CROSS JOIN LATERAL (
           SELECT id, turn_due_at FROM conversations
            WHERE broker_id = brokers.id AND turn_due_at <= %(at)s
              AND (lease IS NULL OR lease_until < %(at)s)
            ORDER BY turn_due_at LIMIT 1) AS due
     CROSS JOIN LATERAL (
           SELECT count(*) AS turns FROM conversations
            WHERE broker_id = brokers.id AND lease IS NOT NULL AND lease_until >= %(at)s) AS busy
      LEFT JOIN LATERAL (
           SELECT turn_taken_at AS at FROM conversations
            WHERE broker_id = brokers.id AND turn_taken_at IS NOT NULL
            ORDER BY turn_taken_at DESC LIMIT 1) AS served ON true
     ORDER BY busy.turns, served.at NULLS FIRST, due.turn_due_at
     LIMIT 1
"""


@dataclass(frozen=True)
class Taken:
    """A conversation under the lease of whoever took it."""

    conversation_id: int
    lease: uuid.UUID


def claim_next(at: datetime) -> Taken | None:
    """Take the next due turn; None where nothing is due.

    The choice locks nothing: of two workers that choose the same row one gets it, and the other
    chooses again. Each time round another worker has taken a turn, so it ends.
    """
    while (conversation_id := _next(at)) is not None:
        if taken := claim(conversation_id, at):
            return taken
    return None


def claim(conversation_id: int, at: datetime) -> Taken | None:
    """Take this turn, if it is due and nobody is at it."""
    lease = uuid.uuid4()
    mine = Conversation.objects.filter(pk=conversation_id, lease=lease)
    connections.claimed(
        lambda: mine.update(lease=None, lease_until=None, turn_attempts=F("turn_attempts") - 1)
    )
    due = Conversation.objects.filter(free(at), pk=conversation_id, turn_due_at__lte=at)
    claimed = due.update(
        lease=lease,
        lease_until=at + timedelta(seconds=settings.TURN_LEASE_SECONDS),
        turn_taken_at=at,
        turn_attempts=F("turn_attempts") + 1,
    )
    return Taken(conversation_id, lease) if claimed else None


def free(at: datetime) -> Q:
    return Q(lease__isnull=True) | Q(lease_until__lt=at)


def _next(at: datetime) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, {"at": at})
        found = cursor.fetchone()
    return found[0] if found else None
