"""Sign-in tokens: issued in pairs, renewed once each, ended by logout, password or deactivation.

The refresh tokens that follow from one sign-in are a line, of which only the newest is good. One
that was spent and comes again was copied: nobody knows which of the two is the thief, and the whole
line ends, its access tokens with it.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken

from brokers.models import SignIn, User
from crm import rowsecurity

log = logging.getLogger(__name__)

SIGN_IN, BEGUN_WITH = "sign_in", "begun_with"  # claims: the line, and what its user was by then


def issue(user: User) -> dict[str, str]:
    """The first pair of a new sign-in."""
    now = timezone.now()
    sign_in = SignIn(user=user, renewed_at=now)
    return _next(sign_in, now)


def renew(raw: str, *, asked_at: datetime) -> dict[str, str]:
    """The next pair for a refresh token, which is spent by it.

    A second request with the same token that came (``asked_at``) before the first was served is a
    client that asked twice at once, not a thief: it is refused, and the pair of the first is good.
    """
    token = _opened(raw)
    with transaction.atomic():
        with rowsecurity.across("sign-in"):
            sign_in = sign_in_of(token, lock=True)
        if sign_in is not None and sign_in.user.may_enter:
            rowsecurity.enter_as(sign_in.user)
            if token["jti"] == sign_in.refresh_id:
                return _next(sign_in, timezone.now())
            if asked_at > sign_in.renewed_at:
                end(sign_in)
                log.warning("a spent refresh token of user %s came again", sign_in.user_id)
    raise InvalidToken(_("La sesión terminó. Vuelve a ingresar."))


def revoke(raw: str) -> None:
    """End the sign-in that a refresh token is of; one that has ended already is refused."""
    with rowsecurity.across("sign-in"):
        sign_in = sign_in_of(_opened(raw))
    if sign_in is None or not end(sign_in):
        raise InvalidToken(_("La sesión terminó. Vuelve a ingresar."))


def end(sign_in: SignIn) -> bool:
    now = timezone.now()
    mine = SignIn.objects.filter(pk=sign_in.pk, ended_at__isnull=True)
    return bool(mine.update(ended_at=now, updated_at=now))


def sign_in_of(token: Any, *, lock: bool = False) -> SignIn | None:
    """The sign-in of a token, with its user, unless it ended or the user is not as they were.

    ``lock``: of two renewals at once the second waits, and finds the token spent.
    """
    found = SignIn.objects.select_related("user__broker").filter(
        key=token.payload.get(SIGN_IN), ended_at__isnull=True
    )
    sign_in = (found.select_for_update(of=("self",)) if lock else found).first()
    if sign_in is None:
        return None
    begun_with = str(token.payload.get(BEGUN_WITH))
    as_they_were = constant_time_compare(begun_with, sign_in.user.get_session_auth_hash())
    return sign_in if as_they_were else None


def _next(sign_in: SignIn, now: datetime) -> dict[str, str]:
    refresh = RefreshToken.for_user(sign_in.user)
    refresh[SIGN_IN] = str(sign_in.key)
    refresh[BEGUN_WITH] = sign_in.user.get_session_auth_hash()
    sign_in.refresh_id, sign_in.renewed_at = refresh["jti"], now
    sign_in.expires_at = now + api_settings.REFRESH_TOKEN_LIFETIME
    sign_in.save()
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def _opened(raw: str) -> RefreshToken:
    try:
        return RefreshToken(raw)  # type: ignore[arg-type]
    except TokenError as error:
        raise InvalidToken(_("La sesión terminó. Vuelve a ingresar.")) from error
