"""Sign-in tokens: issued in pairs, renewed once each, ended by logout, password or deactivation."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from brokers.auth import may_sign_in
from brokers.models import User


def issue(user: User) -> dict[str, str]:
    refresh = RefreshToken.for_user(user)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


@transaction.atomic
def renew(raw: str) -> dict[str, str]:
    """A new pair for a refresh token, which is spent by it; of two at once only one is served."""
    token = _opened(raw)
    user = User.objects.filter(pk=token.payload.get(api_settings.USER_ID_CLAIM)).first()
    if user is None or not may_sign_in(user) or not _of_this_password(token, user):
        raise InvalidToken(_("La sesión terminó. Vuelve a ingresar."))
    _spend(token)
    return issue(user)


def revoke(raw: str) -> None:
    """End a session; one that has ended already stays so."""
    _spend(_opened(raw))


def _opened(raw: str) -> RefreshToken:
    try:
        return RefreshToken(raw)  # type: ignore[arg-type]
    except TokenError as error:
        raise InvalidToken(_("La sesión terminó. Vuelve a ingresar.")) from error


def _spend(token: RefreshToken) -> None:
    blacklisted: Any = token.blacklist()  # the row, and whether it is new
    if not blacklisted[1]:
        raise InvalidToken(_("La sesión terminó. Vuelve a ingresar."))


def _of_this_password(token: Any, user: User) -> bool:
    claimed = token.payload.get(api_settings.REVOKE_TOKEN_CLAIM)
    return bool(claimed == get_md5_hash_password(user.password))
