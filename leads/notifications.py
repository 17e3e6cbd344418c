"""The one door of notifications: written with their cause, read by the person they are for."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from brokers.models import User
from leads.enums import AlertKind
from leads.models import Lead, Notification

# Nobody looks further back: what is older is in the lead's story.
KEPT = timedelta(days=90)


def tell(
    people: Iterable[User],
    kind: AlertKind,
    *,
    broker_id: int,
    lead: Lead | None,
    key: str,
    details: Mapping[str, Any],
    at: datetime,
) -> None:
    """Write one for each person, in the caller's transaction; what came before does not come again."""
    Notification.objects.bulk_create(
        [
            Notification(
                broker_id=broker_id,
                lead=lead,
                user=person,
                kind=kind,
                key=key,
                details=dict(details),
                at=at,
            )
            for person in people
        ],
        ignore_conflicts=True,
    )


def of(user: User) -> QuerySet[Notification]:
    """The person's own, but of leads that they no longer see."""
    mine: QuerySet[Notification] = Notification.objects.visible_to(user).filter(user=user)
    return mine


def unread(user: User) -> QuerySet[Notification]:
    return of(user).filter(read_at__isnull=True)


def read(notification: Notification, *, at: datetime) -> Notification:
    """Read once; read again, the first time stands."""
    unseen = Notification.objects.filter(pk=notification.pk, read_at__isnull=True)
    unseen.update(read_at=at, updated_at=at)
    notification.refresh_from_db()
    return notification


def read_all(user: User, *, up_to: int, at: datetime) -> int:
    """Read everything up to the one that was seen last: what came meanwhile stays unread."""
    return int(unread(user).filter(pk__lte=up_to).update(read_at=at, updated_at=at))


def forget(*, at: datetime) -> int:
    """Delete what is too old to look at; returns how many."""
    return int(Notification.objects.filter(at__lt=at - KEPT).delete()[0])
