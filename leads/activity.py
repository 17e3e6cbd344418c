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
    log_all(((lead, details) for lead in leads), action_type, actor=actor, at=at, user=user)


def log_all(
    told: Iterable[tuple[Lead, dict[str, Any]]],
    action_type: str,
    *,
    actor: Actor,
    at: datetime,
    user: Any = None,
) -> None:
    """The same event of many leads, each with its details, in few statements."""
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
            for lead, details in told
        ],
        batch_size=500,
    )
