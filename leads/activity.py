"""The one writer of the activity log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from crm.copying import copy_in
from leads.enums import Actor
from leads.models import ActivityLog, Lead


def log(
    lead: Lead, action_type: str, *, actor: Actor, at: datetime, user: Any = None, **details: Any
) -> ActivityLog:
    """Add an event to the lead's log. ``details`` must be JSON-safe."""
    return ActivityLog.objects.create(
        lead=lead,
        broker_id=lead.broker_id,
        action_type=action_type,
        actor=actor,
        user=user,
        details=details,
        timestamp=at,
    )


def log_each(
    told: Iterable[tuple[Lead, dict[str, Any]]],
    action_type: str,
    *,
    actor: Actor,
    at: datetime,
    user: Any = None,
) -> None:
    """As ``log``, the same event of many leads, each with its details, in one statement."""
    events = [
        ActivityLog(
            lead=lead,
            broker_id=lead.broker_id,
            action_type=action_type,
            actor=actor,
            user=user,
            details=details,
            timestamp=at,
        )
        for lead, details in told
    ]
    copy_in(events)
