"""Counts wrong passwords by who is asked for and from where, and says when none is tried any more.

Anybody may fail in anybody's name, so a lock holds for strangers: where a user has signed in
before (the address, or the browser with its cookie) their password is looked at long after the
lock, and neither what others do elsewhere nor what neighbours do in others' names counts there.
"""

import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from brokers.models import FailedSignIns, KnownAddress, Lane, User
from crm import rowsecurity
from crm.emails import one_spelling
from crm.errors import Conflict
from crm.limits import address_of

log = logging.getLogger(__name__)

# At a known address somebody else may be guessing, so there is an end there too: 40 a quarter of
# an hour find no password that keeps the rules, and nobody mistypes theirs as often.
MOST_WHERE_KNOWN = 40
DEVICE_COOKIE = "device"
DEVICE_SECONDS = 180 * 86_400
KNOWN_FOR = timedelta(days=180)
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Caller:
    """Where a try comes from; ``device`` is what the browser's cookie says."""

    address: str
    device: str = ""


@dataclass
class Guess:
    """One try with a password: counted as wrong from its start until it turns out right.

    ``refused``: the password must not be looked at. ``locks``: if wrong, no more will be taken.
    """

    caller: Caller
    device: str = ""
    lanes: dict[str, Lane] = field(default_factory=dict)
    refused: bool = False
    locks: bool = False
    retry_after: int = 0


def caller_of(request: HttpRequest) -> Caller:
    return Caller(address_of(request), request.COOKIES.get(DEVICE_COOKIE, ""))


@rowsecurity.across("sign-in")
@transaction.atomic
def begin(email: str, caller: Caller, *, at: datetime, strict: bool = False) -> Guess:
    """Count a try before its password is looked at: of many at once no more than the limit are.

    ``strict``: also where the user is known the lock holds.
    """
    email = one_spelling(email)
    user = User.objects.with_email(email)
    device = _device(caller, user)
    known = KnownAddress.objects.filter(user=user, address=caller.address).exists()
    lanes = dict(_lanes(email, caller.address, device, known=known))
    guess = Guess(caller, device, lanes)
    most_here = MOST_WHERE_KNOWN if (known or device) and not strict else 0
    rows = _rows(lanes, user, caller, at)
    over = [row for row in rows if row.counted(at) >= max(Lane(row.lane).most, most_here)]
    if over:  # a try that is not taken does not lengthen the lock
        guess.refused = True
        _hold(guess, max(row.last_at + Lane(row.lane).cool_off for row in over) - at)
        return guess
    for row in rows:
        lane, counted = Lane(row.lane), row.counted(at)
        row.since = row.since if counted else at
        row.failures, row.last_at = counted + 1, at
        row.save(update_fields=["since", "failures", "last_at", "updated_at"])
        if row.failures >= lane.most:
            guess.locks = True
            _hold(guess, lane.cool_off)
    return guess


def _hold(guess: Guess, rest: timedelta) -> None:
    guess.retry_after = max(guess.retry_after, ceil(rest.total_seconds()), 1)


def _lanes(email: str, address: str, device: str, *, known: bool) -> Iterator[tuple[str, Lane]]:
    if device:
        yield _key(Lane.DEVICE, email, device), Lane.DEVICE
        return
    yield _key(Lane.PAIR, email, address), Lane.PAIR
    if not known:
        yield _key(Lane.EMAIL, email), Lane.EMAIL
        if address:
            yield _key(Lane.ADDRESS, address), Lane.ADDRESS


def _key(lane: Lane, *parts: str) -> str:
    """A digest: what strangers type, passwords in the wrong field among it, is not stored."""
    return salted_hmac(f"brokers.guessing.{lane}", ascii(parts), algorithm="sha256").hexdigest()


def _rows(
    lanes: dict[str, Lane], user: User | None, caller: Caller, at: datetime
) -> list[FailedSignIns]:
    """The lanes' rows, locked: tries at the same moment count one after another.

    Always in the order of their keys, so that two tries never wait for each other.
    """
    rows = [
        FailedSignIns(
            key=key,
            lane=lane,
            user=None if lane == Lane.ADDRESS else user,
            broker=user.broker if user and lane != Lane.ADDRESS else None,
            address="" if lane == Lane.EMAIL else caller.address,
            since=at,
            last_at=at,
        )
        for key, lane in sorted(lanes.items())
    ]
    FailedSignIns.objects.bulk_create(rows, ignore_conflicts=True)
    found = FailedSignIns.objects.filter(key__in=lanes).order_by("key")
    return list(found.select_for_update(of=("self",)))


@rowsecurity.across("sign-in")
@transaction.atomic
def succeeded(guess: Guess, user: User, *, at: datetime) -> None:
    """Take the try back, with the user's earlier ones from here, and know the place from now on."""
    own = [key for key, lane in guess.lanes.items() if lane in (Lane.PAIR, Lane.DEVICE)]
    wide = [key for key in guess.lanes if key not in own]
    FailedSignIns.objects.filter(key__in=own).update(failures=0, updated_at=at)
    for key in sorted(wide):
        one_less = Greatest(F("failures") - 1, 0)
        FailedSignIns.objects.filter(key=key).update(failures=one_less, updated_at=at)
    know(user, guess.caller)


def know(user: User, caller: Caller) -> None:
    """Remember that the user has been here."""
    if caller.address:
        KnownAddress.objects.bulk_create(
            [KnownAddress(user=user, address=caller.address)],
            update_conflicts=True,
            unique_fields=["user", "address"],
            update_fields=["updated_at"],
        )


@rowsecurity.across("sign-in")
def proved(user: User, caller: Caller) -> None:
    """Who opened a link from their mail is the owner: nothing that was guessed holds them up."""
    FailedSignIns.objects.filter(user=user).update(failures=0)
    know(user, caller)


def lift(row: FailedSignIns, *, by: Any, at: datetime) -> None:
    """A person of the brokerage lets whoever is locked out try again."""
    locked = FailedSignIns.objects.filter(pk=row.pk, failures__gte=Lane(row.lane).most)
    if not locked.update(failures=0, lifted_at=at, lifted_by=by, updated_at=at):
        raise Conflict
    log.warning("lock %s of sign-ins lifted by user %s", row.pk, by.pk)


def forget_old(at: datetime) -> int:
    """Delete counts and addresses that nobody needs any more."""
    counts: int = FailedSignIns.objects.filter(last_at__lt=at - KEPT_FOR).delete()[0]
    return counts + KnownAddress.objects.filter(updated_at__lt=at - KNOWN_FOR).delete()[0]


def new_device(user: User) -> str:
    """What a browser keeps that its user has signed in on."""
    return signing.dumps([user.pk, secrets.token_hex(8)], salt=DEVICE_COOKIE)


def _device(caller: Caller, user: User | None) -> str:
    """The device's own number, if its cookie is of this user."""
    try:
        owner, number = signing.loads(caller.device, salt=DEVICE_COOKIE, max_age=DEVICE_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(number) if user is not None and owner == user.pk else ""
