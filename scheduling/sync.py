"""Keeps agents' Google calendars in step with the diary: pushes rows, reads what changed."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from brokers.models import User
from crm.errors import ProviderError
from scheduling.calendars import channels, google, outbox
from scheduling.errors import NoCalendar, NotFailed
from scheduling.models import Appointment, CalendarConnection, CalendarEvent, visit_token

PULL_EVERY = timedelta(minutes=5)
MEET_PAUSE = 10.0
Row = CalendarEvent


def connection_of(user: User) -> CalendarConnection:
    """The agent's row, with the token of their feed, made when first asked for."""
    if user.broker_id is None:
        raise NoCalendar(field="broker")
    row, _ = CalendarConnection.objects.get_or_create(
        user=user, defaults={"state": CalendarConnection.State.DISCONNECTED}
    )
    found: CalendarConnection = row
    return found


@transaction.atomic
def connect(user: User, credentials: dict[str, Any], *, at: datetime) -> list[int]:
    """The agent gave us access: their visits ahead go to the calendar. Returns rows to push."""
    connection_of(user)
    connection = CalendarConnection.objects.select_for_update(of=("self",)).get(user=user)
    connection.credentials = credentials
    connection.state = CalendarConnection.State.CONNECTED
    connection.sync_token, connection.pull_due_at = "", at
    connection.channel_id, connection.channel_until = "", None
    connection.save()
    return outbox.plan_ahead(connection, at=at)


def renew_feed(connection: CalendarConnection) -> None:
    """Give the feed another address: whoever knew the old one reads nothing any more."""
    connection.feed_token = visit_token()
    connection.save(update_fields=["feed_token", "updated_at"])


def disconnect(connection: CalendarConnection) -> None:
    """Forget the access; what stands in the calendar is the agent's to keep or remove."""
    connection.credentials = {}
    connection.state = CalendarConnection.State.DISCONNECTED
    connection.sync_token, connection.pull_due_at = "", None
    connection.channel_id, connection.channel_until = "", None
    connection.save()


# --- Out ------------------------------------------------------------------------------------------


def push(event_pk: int, *, at: datetime) -> bool:
    """Bring one calendar's event up to date; False when it is not ours to do now.

    No transaction is open while Google answers. A worker that dies leaves a lease that runs out;
    the next one finds its event by the id we gave it.
    """
    row = outbox.claim(event_pk, at=at)
    if row is None:
        return False
    try:
        _apply(row, at)
    except google.Revoked:
        _break(row.connection, at)
        outbox.release(row, reason=google.Revoked.code, at=at)
    except ProviderError as error:
        _refused(row, error, at)
    return True


def _apply(row: Row, at: datetime) -> None:
    account = google.Account(row.connection)
    if row.action == Row.Action.DELETE or row.appointment is None:
        _remove(account, row)
        outbox.settle(row, etag="", at=at)
        return
    event = _put(account, row, google.body_of(row.appointment, row.event_id))
    _read_back(row, row.appointment, event, at)
    if google.is_meet_pending(event) and row.attempts < outbox.MAX_ATTEMPTS:
        outbox.put_off(row, reason="meet_pending", wait=MEET_PAUSE, at=at)
        return
    outbox.settle(row, etag=str(event.get("etag", "")), at=at)


def _put(account: google.Account, row: Row, body: dict[str, Any]) -> dict[str, Any]:
    """Insert under our id, or change what stands under it: whichever of the two Google knows."""
    if row.synced_version is not None:
        try:
            return account.patch(row.event_id, body)
        except ProviderError as error:
            if error.data.get("vendor_status") not in google.NOT_THERE:
                raise
    try:
        return account.insert({"id": row.event_id, **body})
    except ProviderError as error:
        if error.data.get("vendor_status") != google.CONFLICT:
            raise
    return account.patch(row.event_id, body)


def _remove(account: google.Account, row: Row) -> None:
    try:
        account.delete(row.event_id)
    except ProviderError as error:
        if error.data.get("vendor_status") not in google.NOT_THERE:
            raise


def _read_back(row: Row, appointment: Appointment, event: dict[str, Any], at: datetime) -> None:
    """The link Google made, if the visit is still this agent's; its answer is kept either way."""
    link = google.meet_url(event)
    told: dict[str, Any] = {"google_event_id": row.event_id, **({"meet_url": link} if link else {})}
    mine = Appointment.objects.filter(pk=appointment.pk, agent=row.connection.user_id)
    mine.update(**told, updated_at=at)


def _refused(row: Row, error: ProviderError, at: datetime) -> None:
    status = error.data.get("vendor_status")
    reason = f"http_{status}" if status else str(error.data.get("reason", error.code))
    if error.retryable or status == google.RATE_LIMITED:
        outbox.put_off(row, reason=reason, wait=error.data.get("retry_after"), at=at)
    else:
        outbox.fail(row, reason=reason, at=at)


def _break(connection: CalendarConnection, at: datetime) -> None:
    connected = CalendarConnection.objects.filter(
        pk=connection.pk, state=CalendarConnection.State.CONNECTED
    )
    connected.update(state=CalendarConnection.State.BROKEN, updated_at=at)


# --- In -------------------------------------------------------------------------------------------


def due_to_pull(*, at: datetime) -> list[int]:
    rows = CalendarConnection.objects.filter(
        Q(pull_due_at__lte=at), state=CalendarConnection.State.CONNECTED
    )
    return list(rows.order_by("pull_due_at").values_list("pk", flat=True)[:500])


def pull(connection_pk: int, *, at: datetime) -> list[int]:
    """Read what changed in a calendar; returns rows whose event somebody else changed.

    The next time is noted before the first call, so that of two workers only one reads.
    """
    mine = CalendarConnection.objects.filter(pk=connection_pk, pull_due_at__lte=at)
    if not mine.filter(state=CalendarConnection.State.CONNECTED).update(
        pull_due_at=at + PULL_EVERY, updated_at=at
    ):
        return []
    connection = CalendarConnection.objects.select_related("user").get(pk=connection_pk)
    try:
        return _read(connection, at)
    except google.Revoked:
        _break(connection, at)
    return []


def _read(connection: CalendarConnection, at: datetime) -> list[int]:
    account = google.Account(connection)
    channels.keep_open(account, at=at)
    try:
        return _read_pages(account, connection, connection.sync_token, at)
    except google.SyncTokenGone:
        return _read_pages(account, connection, "", at)


def _read_pages(
    account: google.Account, connection: CalendarConnection, token: str, at: datetime
) -> list[int]:
    changed: list[int] = []
    for page in account.changes(token):
        changed += _changed_by_others(connection, page.get("items", []), at)
        token = page.get("nextSyncToken", "")
    CalendarConnection.objects.filter(pk=connection.pk).update(sync_token=token, updated_at=at)
    return changed


def _changed_by_others(
    connection: CalendarConnection, items: list[dict[str, Any]], at: datetime
) -> list[int]:
    """Our visits that were moved or removed in the calendar: the diary's word is put back.

    An event with the etag that our own push got is our echo.
    """
    etags = {item.get("id"): item.get("etag") for item in items}
    rows = connection.events.filter(
        event_id__in=list(etags), state=Row.State.DONE, action=Row.Action.UPSERT
    )
    changed = [row for row in rows if etags[row.event_id] != row.etag]
    outbox.again(changed, at=at)
    return [row.pk for row in changed]


def retry(row: CalendarEvent, *, at: datetime) -> None:
    """Push once more what gave up."""
    if row.state != Row.State.FAILED:
        raise NotFailed
    outbox.again([row], at=at)
