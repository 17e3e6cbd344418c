"""The one writer of the activity log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

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


def log_many(
    leads: Iterable[Lead],
    action_type: str,
    *,
    actor: Actor,
    at: datetime,
    user: Any = None,
    **details: Any,
) -> None:
    """Add the same event to the log of each lead."""
    ActivityLog.objects.bulk_create(
        [
            ActivityLog(
                lead=lead,
                broker_id=lead.broker_id,
                action_type=action_type,
                actor=actor,
                user=user,
                details=details,
                timestamp=at,
            )
            for lead in leads
        ],
        batch_size=500,
    )
