"""The one writer of a message's delivery state: claimed, handed over, sent, put off, failed, withdrawn.

Pending with a lease is in a worker's hands and can be taken back; sending is with the channel, and
until its answer nobody knows what became of it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from crm import connections
from crm.metrics import Counter
from crm.queues import in_turn
from leads import agenda, withheld
from leads import delivery_statements as statements
from leads.enums import PUSHED, Author, Delivery, Direction, Purpose
from leads.errors import Overtaken
from leads.models import ChatMessage, Lead

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 6
AUTOMATIC = (Author.ASSISTANT, Author.CAMPAIGN)
VISIBLE = (Delivery.SENT, Delivery.DELIVERED, Delivery.READ)
OUTCOME_UNKNOWN = "outcome_unknown"
SENDS = Counter(
    "crm_sends_total",
    "Messages by what became of each try: sent, put_off, failed, blocked.",
    ("channel", "outcome"),
)
_LADDER = (Delivery.SENT, Delivery.DELIVERED, Delivery.READ)


def claim(message_id: int, *, at: datetime) -> bool:
    """Take a due message in hand, unless an earlier one of the lead still waits or flies.

    One that its channel did not take is waited for by what goes the same way; another channel
    is not silenced by it. A lease that ran out before the hand-over left nothing behind.
    """
    lease = at + LEASE
    _may_give_back(message_id, lease)
    return bool(_run(statements.CLAIM, message=message_id, lease=lease, at=at))


def _may_give_back(message_id: int, lease: datetime) -> None:
    """Should the database go away before the message does, its lease is nobody's."""
    connections.claimed(lambda: _run(statements.GIVE_BACK, message=message_id, lease=lease))


def _run(statement: str, **values: Any) -> int:
    """How many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def owed(at: datetime) -> QuerySet[ChatMessage]:
    """What should be on its way by now, and that nobody has in hand."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
    return ChatMessage.objects.filter(free, status=Delivery.PENDING, due_at__lte=at)


def hand_over(message: ChatMessage, *, version: int | None) -> None:
    """Right before the channel is called, each time: from here on only it knows.

    ``version`` is the conversation's that the gate judged by; None lets a person's message go
    whoever has the microphone. Raises Overtaken when the message is no longer ours, or the
    microphone has moved since.
    """
    mine = {"message": message.pk, "lease": message.lease_until}
    # Until we know that we may call, nothing has left: where the answer is lost, it is ours to
    # say so. From then on only the channel knows.
    unsure = connections.claimed(lambda: _run(statements.TAKE_BACK, **mine))
    if not _run(statements.HAND_OVER, version=version, **mine):
        raise Overtaken
    unsure()


ANSWERS = (Purpose.REPLY, Purpose.HUMAN)


def mark_sent(message: ChatMessage, *, external_id: str | None, at: datetime) -> bool:
    """The channel took the message; False when it is no longer ours to say.

    Nobody else knows: an outage of the database is waited for.
    """
    return connections.persist(lambda: _mark_sent(message, external_id, at))


@transaction.atomic
def _mark_sent(message: ChatMessage, external_id: str | None, at: datetime) -> bool:
    mine = {"message": message.pk, "lease": message.lease_until}
    if not _run(statements.SENT, external_id=external_id, at=at, **mine):
        return False
    _settled(message, Delivery.SENT, at)
    note_contact(message.lead_id, purpose=message.purpose, at=at)
    return True


def note_contact(lead_id: int, *, purpose: str, at: datetime) -> None:
    """A provider took a message to the lead; the first one that answers them is remembered."""
    # The lead before its conversation, as everywhere: two orders of locks would meet head-on.
    _run(statements.CONTACTED, lead=lead_id, at=at)
    firsts = {"answers": purpose in ANSWERS, "by_person": purpose == Purpose.HUMAN}
    _run(statements.ANSWERED, lead=lead_id, at=at, **firsts)


@transaction.atomic
def confirm(message: ChatMessage, *, external_id: str, at: datetime) -> bool:
    """The channel knows a message whose fate we did not: it was sent after all."""
    unknown = Q(status=Delivery.SENDING) | Q(status=Delivery.FAILED, reason=OUTCOME_UNKNOWN)
    found = ChatMessage.objects.filter(unknown, pk=message.pk).update(
        status=Delivery.SENT,
        reason="",
        lease_until=None,
        channel_message_id=external_id,
        updated_at=at,
    )
    if found:
        note_contact(message.lead_id, purpose=message.purpose, at=at)
    return bool(found)


def bounce(message: ChatMessage, *, reason: str, at: datetime) -> bool:
    """The channel gave up on a message that it had taken; what arrived stays arrived."""
    unknown = Q(status=Delivery.FAILED, reason=OUTCOME_UNKNOWN)
    on_its_way = Q(status__in=[Delivery.SENDING, Delivery.SENT]) | unknown
    return bool(
        ChatMessage.objects.filter(on_its_way, pk=message.pk).update(
            status=Delivery.FAILED, reason=reason, lease_until=None, updated_at=at
        )
    )


def note_parts(message: ChatMessage, sent: list[str], *, left: int) -> None:
    """Which pieces of a long message have left: a retry goes on after them.

    While some are ``left``, the message is in our hands again, for as long as another lease.
    """
    message.provider_metadata = {**message.provider_metadata, "sent_parts": sent}
    fields: dict[str, Any] = {"provider_metadata": message.provider_metadata}
    if left and message.lease_until is not None:
        longer = message.lease_until + LEASE
        fields |= {"status": Delivery.PENDING, "lease_until": longer}
        _may_give_back(message.pk, longer)
    lease = fields.get("lease_until", message.lease_until)

    def note() -> int:
        """Again under the new lease: the first time may have been done, and its answer lost."""
        return _in_hand(message).update(**fields) or _under(lease, message).update(**fields)

    # Nobody else knows that a piece has left: an outage of the database is waited for.
    if connections.persist(note):
        message.lease_until = lease


def put_off(
    message: ChatMessage, *, until: datetime, reason: str, at: datetime, **fields: Any
) -> bool:
    """Back to pending, to be tried again from ``until`` on."""
    put = _settle(message, Delivery.PENDING, at=at, due_at=until, reason=reason, **fields)
    if put:
        agenda.refresh([message.lead_id], at=at)
    return put


def postpone(message: ChatMessage, *, until: datetime, reason: str, at: datetime) -> bool:
    """Back to pending by the gate: the channel was not asked, so no attempt was used up."""
    return put_off(message, until=until, reason=reason, at=at, attempts=0)


def fail(message: ChatMessage, *, reason: str, at: datetime) -> bool:
    return _settle(message, Delivery.FAILED, at=at, reason=reason)


@transaction.atomic
def block(message: ChatMessage, *, reason: str, at: datetime) -> bool:
    # The lead before the message, as whoever takes over: two orders of locks would meet head-on.
    Lead.objects.select_for_update(of=("self",), no_key=True).filter(pk=message.lead_id).first()
    blocked = _settle(message, Delivery.BLOCKED, at=at, reason=reason)
    if blocked:
        withheld.tell(message.lead, [message], reason=reason, at=at)
    return blocked


def _settle(message: ChatMessage, status: Delivery, *, at: datetime, **fields: Any) -> bool:
    changed = _in_hand(message).update(status=status, lease_until=None, updated_at=at, **fields)
    if changed:
        _settled(message, status, at)
    return bool(changed)


def _settled(message: ChatMessage, status: Delivery, at: datetime) -> None:
    message.status = status
    SENDS.inc_on_commit(message.provider, "put_off" if status == Delivery.PENDING else status.value)
    if status != Delivery.PENDING and message.due_at and message.due_at > message.at:
        agenda.refresh([message.lead_id], at=at)


def _in_hand(message: ChatMessage) -> QuerySet[ChatMessage]:
    """The row, while it is under the lease that ``message`` was claimed with."""
    return _under(message.lease_until, message)


def _under(lease: datetime | None, message: ChatMessage) -> QuerySet[ChatMessage]:
    return ChatMessage.objects.filter(
        pk=message.pk, status__in=[Delivery.PENDING, Delivery.SENDING], lease_until=lease
    )


def progress(message: ChatMessage, *, to: Delivery, at: datetime) -> bool:
    """A receipt from the channel: sent → delivered → read, never back."""
    below = _LADDER[: _LADDER.index(to)]
    moved = ChatMessage.objects.filter(pk=message.pk, status__in=below)
    return bool(moved.update(status=to, updated_at=at))


@transaction.atomic
def withdraw(
    lead: Lead,
    *,
    reason: str,
    at: datetime,
    purposes: Iterable[Purpose] | None = None,
    channel: str = "",
) -> int:
    """Block what was written by itself and is not yet on its way; people's messages stay."""
    pending = ChatMessage.objects.filter(
        lead=lead, direction=Direction.OUT, status=Delivery.PENDING, author__in=AUTOMATIC
    )
    if purposes is not None:
        pending = pending.filter(purpose__in=list(purposes))
    if channel:
        pending = pending.filter(provider=channel)
    withdrawn = list(pending.order_by("pk").select_for_update(no_key=True))
    if withdrawn:
        rows = ChatMessage.objects.filter(pk__in=[each.pk for each in withdrawn])
        rows.update(status=Delivery.BLOCKED, reason=reason, updated_at=at)
        withheld.tell(lead, withdrawn, reason=reason, at=at)
        agenda.refresh([lead.pk], at=at)
    return len(withdrawn)


@transaction.atomic
def take_back(message_ids: Iterable[int], *, reason: str, at: datetime) -> set[int]:
    """Block those of these messages that still wait; returns all of them that will never leave.

    Their keys are free again: what replaces such a message is stored under the same key.
    """
    asked = ChatMessage.objects.filter(pk__in=list(message_ids), author__in=AUTOMATIC)
    asked.filter(status=Delivery.PENDING).update(
        status=Delivery.BLOCKED, reason=reason, updated_at=at
    )
    stuck = asked.filter(status=Delivery.BLOCKED)
    taken = dict(stuck.values_list("pk", "lead"))
    stuck.update(idempotency_key=None)
    agenda.refresh(taken.values(), at=at)
    return set(taken)


def due(*, at: datetime, limit: int = 500, pushed: bool | None = None) -> list[int]:
    """Messages that should be on their way by now, and that nobody has in hand.

    ``pushed`` asks for those only that nobody waits for, or for the others only.
    """
    waiting = owed(at)
    if pushed is not None:
        waiting = waiting.filter(Q(purpose__in=PUSHED) if pushed else ~Q(purpose__in=PUSHED))
    return list(in_turn(waiting, "id").values_list("id", flat=True)[:limit])


def next_due(message: ChatMessage, *, at: datetime) -> ChatMessage | None:
    """The lead's message that waited for this one."""
    asked = {"lead": message.lead_id, "message": message.pk, "at": at}
    return next(iter(ChatMessage.objects.raw(statements.NEXT, asked)), None)


def abandoned(*, at: datetime) -> list[ChatMessage]:
    """Messages whose sender died between the call and its answer, or too often before it."""
    given_up = Q(status=Delivery.PENDING, attempts__gte=MAX_ATTEMPTS)
    lost = ChatMessage.objects.filter(Q(status=Delivery.SENDING) | given_up, lease_until__lt=at)
    return list(in_turn(lost, "id")[:500])
