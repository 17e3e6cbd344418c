"""The domain events, sent on commit; they carry ids and numbers only."""

from typing import Any

from django.db import transaction
from django.dispatch import Signal

message_received = Signal()
"""lead_id, conversation_id, message_id"""

stage_changed = Signal()
"""lead_id, broker_id, transition_id, before, after"""

score_changed = Signal()
"""lead_id, broker_id, before, after, bulk"""

message_queued = Signal()
"""message_id, due_at: internal to leads, starts the delivery"""

alert_raised = Signal()
"""alert_id: internal to leads, starts its delivery"""

attachment_expected = Signal()
"""attachment_id: internal to leads, starts its download"""
import_waiting = Signal()
"""import_id: internal to leads, starts a worker on it"""
erasure_due = Signal()
"""request_id: internal to leads, starts the erasure"""

cards_due = Signal()
"""Internal to leads: cards to write"""

card_doubled = Signal()
"""card_id, message_id: internal to leads, a second copy of a card stands in its chat"""


def announce(signal: Signal, **facts: Any) -> None:
    """Tell the receivers once the transaction commits; a failing one does not stop the others."""
    transaction.on_commit(lambda: signal.send_robust(sender=None, **facts))
