"""The one door of agents' cards: dealt with their cause, written once, kept true by edits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat

from brokers.models import Broker, User
from crm import connections
from crm.errors import Conflict
from crm.queues import in_turn
from crm.tenancy import Role
from leads import notifications, quiet, signals
from leads.enums import AlertKind, CardState
from leads.models import AgentCard, Lead

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 6
BACK_OFF_SECONDS = (10, 60, 300, 900, 3600)
KEPT_TRUE = timedelta(days=2)
BOT_BLOCKED = "bot_blocked"
ERASED = "erased"  # in a card's details
# A person waits behind these: they do not respect the broker's quiet hours.
AT_ONCE = (
    AlertKind.HANDOFF_WAITING,
    AlertKind.HANDOFF_REMINDER,
    AlertKind.HANDOFF_ALERT,
    AlertKind.VISIT_NEWS,
)


RELATED = (
    "lead__broker",
    "lead__assigned_to",
    "lead__merged_into",
    "lead__conversation__held_by",
    "agent__broker",
    "broker__brokerchatconfig",
    "broker__brokerleadconfig",
)


@dataclass(frozen=True)
class Offer:
    """A button as it stands. ``mark`` names what the presser saw: with another, nothing is done."""

    label: str
    mark: str = ""


@dataclass(frozen=True)
class Verb:
    """What may be done from a card. ``act`` ends in a door and returns what the presser is told,
    ``too_late`` what they are told where the button no longer fits."""

    code: str
    offer: Callable[[Lead, User, datetime], Offer | None]
    act: Callable[[Lead, User, datetime], str]
    too_late: Callable[[Lead, User, datetime], str]


Line = Callable[[Lead, User, datetime], str]
News = Callable[[AgentCard, datetime], str]

_verbs: dict[str, Verb] = {}
_lines: list[Line] = []
_news: dict[str, News] = {}


def register(verb: Verb) -> None:
    _verbs[verb.code] = verb


def register_line(line: Line) -> None:
    """What else a card tells of its lead; empty where there is nothing."""
    _lines.append(line)


def register_news(kind: AlertKind, news: News) -> None:
    """What became of the cause of such a card; empty while it is as it was."""
    _news[kind] = news


def lines(lead: Lead, user: User, at: datetime) -> list[str]:
    return [told for line in _lines if (told := line(lead, user, at))]


def news_of(card: AgentCard, at: datetime) -> str:
    news = _news.get(card.kind)
    return news(card, at) if news else ""


def verbs() -> list[Verb]:
    return list(_verbs.values())


def verb_of(code: str) -> Verb | None:
    return _verbs.get(code)


def deal(
    broker_id: int,
    kind: AlertKind,
    *,
    lead: Lead | None,
    at: datetime,
    key: str = "",
    to: Iterable[User] | None = None,
    after: timedelta = timedelta(0),
    **details: Any,
) -> None:
    """Write, in the caller's transaction, what tells each person whom this concerns: a notification,
    and a card for who is linked."""
    ids = None if to is None else [each.pk for each in to]
    people, linked = _team(broker_id), _linked(broker_id)
    concerned = audience(people, lead) if ids is None else people.filter(pk__in=ids)
    notifications.tell(
        concerned, kind, broker_id=broker_id, lead=lead, key=key, details=details, at=at
    )
    chosen = list(audience(linked, lead) if ids is None else linked.filter(pk__in=ids))
    if not chosen:
        return
    due_at = _opening(broker_id, kind, at + after)
    AgentCard.objects.bulk_create(
        [
            AgentCard(
                broker_id=broker_id,
                lead=lead,
                agent=person,
                kind=kind,
                key=key,
                details=details,
                due_at=due_at,
            )
            for person in chosen
        ],
        ignore_conflicts=True,
    )
    signals.announce(signals.cards_due)


def audience(people: QuerySet[User], lead: Lead | None) -> QuerySet[User]:
    """Who of them is told: the person in charge; of the pool, every agent; else admins."""
    if lead is None:
        return people.filter(role=Role.ADMIN)
    person = in_charge(lead)
    if person is not None:
        return people.filter(pk=person.pk)
    agents = people.filter(role=Role.AGENT)
    return agents if agents.exists() else people.filter(role=Role.ADMIN)


def in_charge(lead: Lead) -> User | None:
    """Who holds the conversation, else who looks after the lead."""
    conversation = getattr(lead, "conversation", None)
    people = [conversation.held_by if conversation else None, lead.assigned_to]
    return next((person for person in people if person and person.is_active), None)


def _team(broker_id: int) -> QuerySet[User]:
    people: QuerySet[User] = User.objects.filter(broker_id=broker_id, is_active=True)
    return people


def _linked(broker_id: int) -> QuerySet[User]:
    """Who can be reached in Telegram; a person who blocked the bot cannot."""
    return _team(broker_id).filter(telegram_user_id__isnull=False, telegram_blocked_at__isnull=True)


def _opening(broker_id: int, kind: AlertKind, at: datetime) -> datetime:
    if kind in AT_ONCE:
        return at
    broker = Broker.objects.select_related("brokerleadconfig").get(pk=broker_id)
    return quiet.office_hours(broker).next_open(at)


def is_silent(card: AgentCard, *, at: datetime) -> bool:
    """Whether a card that may not wait comes in quiet hours: there, but without a sound."""
    return quiet.office_hours(card.broker).next_open(at) > at


def refresh(lead_id: int, *, at: datetime) -> None:
    """What the lead's cards tell has changed: those already shown are written anew."""
    _outdate(AgentCard.objects.filter(lead_id=lead_id), at)


def refresh_of(user_id: int, *, at: datetime) -> None:
    """The person left a Telegram account: what stands in its chat has no more buttons."""
    _outdate(AgentCard.objects.filter(agent_id=user_id), at)


def _outdate(cards: QuerySet[AgentCard], at: datetime) -> None:
    recent = Q(state=CardState.PENDING) | Q(state=CardState.SENT, sent_at__gt=at - KEPT_TRUE)
    changed = cards.filter(recent).update(
        wanted=F("wanted") + 1,
        due_at=Case(When(state=CardState.SENT, then=at), default=F("due_at")),
        updated_at=at,
    )
    if changed:
        signals.announce(signals.cards_due)


def forget(leads: Iterable[Lead], *, at: datetime) -> int:
    """The leads are erased: what stands of them in chats, or is on its way there, loses its words.

    The other cards go with their leads.
    """
    shown = Q(chat_id__isnull=False) | Q(lease_until__isnull=False)
    count = AgentCard.objects.filter(shown, lead__in=[each.pk for each in leads]).update(
        lead=None,
        key=Concat(Value("erased:"), Cast("pk", CharField())),
        details={ERASED: True},
        wanted=F("wanted") + 1,
        due_at=at,
        updated_at=at,
    )
    if count:
        signals.announce(signals.cards_due)
    return count


def resume(user_id: int, *, at: datetime) -> None:
    """The person takes messages from the bot again: what they missed lately is owed once more."""
    missed = AgentCard.objects.filter(
        agent_id=user_id, state=CardState.FAILED, error=BOT_BLOCKED, created_at__gt=at - KEPT_TRUE
    )
    if missed.update(state=CardState.PENDING, attempts=0, due_at=at, updated_at=at):
        signals.announce(signals.cards_due)


def due(*, at: datetime, limit: int = 200) -> list[int]:
    """Cards to write by now, those of dead workers too."""
    return list(in_turn(owed(at), "due_at", "id").values_list("id", flat=True)[:limit])


def owed(at: datetime) -> QuerySet[AgentCard]:
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
    return AgentCard.objects.filter(free, due_at__lte=at)


def claim(card_id: int, *, at: datetime) -> AgentCard | None:
    """The card, when it is ours to write now; a worker that dies leaves it to the next."""
    mine = owed(at).filter(pk=card_id)
    leased = AgentCard.objects.filter(pk=card_id, lease_until=at + LEASE)
    connections.claimed(lambda: leased.update(lease_until=None, attempts=F("attempts") - 1))
    if not mine.update(lease_until=at + LEASE, attempts=F("attempts") + 1, updated_at=at):
        return None
    return AgentCard.objects.select_related(*RELATED).get(pk=card_id)


def written(card: AgentCard, *, chat: int, message: int, at: datetime) -> None:
    """It stands in the chat; what changed meanwhile is still owed."""
    _settle(
        card,
        at,
        state=CardState.SENT,
        chat_id=chat,
        telegram_message_id=message,
        sent_at=card.sent_at or at,
        error="",
        attempts=0,
        due_at=Case(When(wanted=card.wanted, then=None), default=at),
    )


def drop(card: AgentCard, *, at: datetime) -> None:
    """Nobody needs it any more: what was shown stays as it is."""
    state = CardState.DROPPED if card.state == CardState.PENDING else card.state
    _settle(card, at, state=state, due_at=None)


def missed(
    card: AgentCard, *, reason: str, at: datetime, permanent: bool, wait: float | None = None
) -> None:
    """It could not be written; an edit that fails for good leaves the card as it was.

    A ``wait`` that Telegram asks for is no failure: a morning's cards go out a few at a time.
    """
    if wait is not None and not permanent:
        tries = max(card.attempts - 1, 0)
        due_at = at + timedelta(seconds=wait)
        _settle(card, at, due_at=due_at, attempts=tries, error=reason[:50])
        return
    if permanent or card.attempts >= MAX_ATTEMPTS:
        state = CardState.FAILED if card.state == CardState.PENDING else card.state
        _settle(card, at, state=state, due_at=None, error=reason[:50])
        return
    seconds = BACK_OFF_SECONDS[min(card.attempts, len(BACK_OFF_SECONDS)) - 1]
    _settle(card, at, due_at=at + timedelta(seconds=seconds), error=reason[:50])


def retry(card: AgentCard, *, at: datetime) -> None:
    """A person wants a card written that failed."""
    failed = AgentCard.objects.filter(pk=card.pk, state=CardState.FAILED)
    if not failed.update(state=CardState.PENDING, attempts=0, due_at=at, updated_at=at):
        raise Conflict
    signals.announce(signals.cards_due)


def _settle(card: AgentCard, at: datetime, **fields: Any) -> None:
    mine = AgentCard.objects.filter(pk=card.pk, lease_until=card.lease_until)
    # It may have been written: an outage of the database is waited for, rather than to write twice.
    connections.persist(lambda: mine.update(lease_until=None, updated_at=at, **fields))
