"""Keeps agents' Google calendars in step with the diary: pushes rows, reads what changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from brokers.models import User
from crm.errors import ProviderError
from crm.queues import in_turn
from scheduling.calendars import busy, channels, google, outbox
from scheduling.doors import lock_agents
from scheduling.errors import NoCalendar, NotFailed
from scheduling.models import Appointment, CalendarConnection, CalendarEvent, visit_token

PULL_EVERY = timedelta(minutes=5)
READ_ALL_EVERY = timedelta(days=1)  # the days ahead move on, and a lost change is found
READING = timedelta(minutes=5)
MEET_PAUSE = 10.0
Row = CalendarEvent


def connection_of(user: User) -> CalendarConnection:
    """The agent's row, with the token of their feed, made when first asked for."""
    if user.broker_id is None:
        raise NoCalendar
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
    connection.read_all_at = connection.reading_until = None
    connection.channel_id, connection.channel_until = "", None
    connection.save()
    return outbox.plan_ahead(connection, at=at)


def renew_feed(connection: CalendarConnection) -> None:
    """Give the feed another address: whoever knew the old one reads nothing any more."""
    connection.feed_token = visit_token()
    connection.save(update_fields=["feed_token", "updated_at"])


@transaction.atomic
def disconnect(connection: CalendarConnection, *, at: datetime) -> None:
    """Forget the access and the busy time ahead; what stands in the calendar is the agent's."""
    held = CalendarConnection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    held.credentials = {}
    held.state = CalendarConnection.State.DISCONNECTED
    held.sync_token, held.pull_due_at = "", None
    held.read_all_at = held.reading_until = None
    held.channel_id, held.channel_until = "", None
    held.save()
    busy.forget(held, at=at)
    connection.refresh_from_db()


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
    return list(in_turn(owed(at), "pull_due_at").values_list("pk", flat=True)[:500])


def owed(at: datetime) -> QuerySet[CalendarConnection]:
    rows: QuerySet[CalendarConnection] = CalendarConnection.objects.filter(
        Q(reading_until__isnull=True) | Q(reading_until__lt=at),
        pull_due_at__lte=at,
        state=CalendarConnection.State.CONNECTED,
    )
    return rows


def pull(connection_pk: int, *, at: datetime) -> list[int]:
    """Read what changed in a calendar; returns rows whose event somebody else changed.

    One reader at a time, by a lease: pages of an older reading must not undo a newer one's. A
    notice that comes meanwhile makes the next reading due.
    """
    mine = owed(at).filter(pk=connection_pk)
    if not mine.update(pull_due_at=at + PULL_EVERY, reading_until=at + READING, updated_at=at):
        return []
    related = CalendarConnection.objects.select_related("user", "broker")
    connection = related.get(pk=connection_pk)
    try:
        return _read(connection, at)
    except google.Revoked:
        _break(connection, at)
    finally:
        _leased(connection).update(reading_until=None)
    return []


def _leased(connection: CalendarConnection) -> QuerySet[CalendarConnection]:
    """The connection while this reading is the one that holds it."""
    rows: QuerySet[CalendarConnection] = CalendarConnection.objects.filter(
        pk=connection.pk,
        reading_until=connection.reading_until,
        state=CalendarConnection.State.CONNECTED,
    )
    return rows


def _read(connection: CalendarConnection, at: datetime) -> list[int]:
    account = google.Account(connection)
    channels.keep_open(account, at=at)
    last = connection.read_all_at
    if not connection.sync_token or last is None or last <= at - READ_ALL_EVERY:
        return _read_all(account, at)
    try:
        return _read_changes(account, at)
    except google.SyncTokenGone:
        return _read_all(account, at)


def _read_changes(account: google.Account, at: datetime) -> list[int]:
    changed: list[int] = []
    for page in account.changes(account.connection.sync_token):
        taken = _take_in(account.connection, page, at)
        if taken is None:
            break
        changed += taken.changed
        _leased(account.connection).update(**_token_of(page), updated_at=at)
    return changed


def _read_all(account: google.Account, at: datetime) -> list[int]:
    """Everything from yesterday to as far as anybody may ask; the rest of what we had is gone."""
    changed: list[int] = []
    names: set[str] = set()
    page: dict[str, Any] = {}
    for page in account.everything(at - busy.BEHIND, at + busy.AHEAD):
        taken = _take_in(account.connection, page, at)
        if taken is None:
            return changed
        changed, names = changed + taken.changed, names | taken.busy
    with transaction.atomic():
        if _leased(account.connection).update(**_token_of(page), read_all_at=at, updated_at=at):
            busy.keep_only(account.connection, names, at=at)
    return changed


def _token_of(page: dict[str, Any]) -> dict[str, str]:
    token = page.get("nextSyncToken")
    return {"sync_token": str(token)} if token else {}


@dataclass(frozen=True)
class Taken:
    """What a page told: our rows that others changed, and the ids of the agent's busy events."""

    changed: list[int]
    busy: set[str]


@transaction.atomic
def _take_in(connection: CalendarConnection, page: dict[str, Any], at: datetime) -> Taken | None:
    """Store a page; None when the calendar was let go, or another reader came, meanwhile.

    The agent is locked as by a booking, so that of a new block and a new appointment at one hour
    the later one sees the other.
    """
    lock_agents([connection.user_id])
    if not _leased(connection).select_for_update(of=("self",), no_key=True).first():
        return None
    changed = _changed_by_others(connection, page.get("items", []), at)
    return Taken(changed, busy.take_in(connection, page, at=at))


def _changed_by_others(
    connection: CalendarConnection, items: list[dict[str, Any]], at: datetime
) -> list[int]:
    """Our visits that were moved or removed in the calendar: the diary's word is put back.

    An event with the etag that our own push got is our echo; one that still says what we said
    (a guest answered, a colour was chosen) is left alone.
    """
    found = {str(item.get("id")): item for item in items}
    rows = connection.events.select_related("appointment__lead__broker").filter(
        event_id__in=list(found), state=Row.State.DONE, action=Row.Action.UPSERT
    )
    changed = [row for row in rows if not _stands(row, found[row.event_id])]
    outbox.again(changed, at=at)
    return [row.pk for row in changed]


def _stands(row: Row, event: dict[str, Any]) -> bool:
    if event.get("etag") == row.etag:
        return True
    if row.appointment is None:
        return False
    return google.says_the_same(event, google.body_of(row.appointment, row.event_id))


def retry(row: CalendarEvent, *, at: datetime) -> None:
    """Push once more what gave up."""
    if row.state != Row.State.FAILED:
        raise NotFailed
    outbox.again([row], at=at)
