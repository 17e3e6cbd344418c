"""Signing in: by e-mail with bcrypt, locked out after repeated failures, ended at once."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed

from brokers.models import User
from crm.demo import PASSWORD_HASH


class BCryptHasher(BCryptSHA256PasswordHasher):
    """bcrypt over SHA-256, so that long passwords count whole; cost from BCRYPT_ROUNDS."""

    rounds = settings.BCRYPT_ROUNDS


class DemoHasher(BCryptHasher):
    """The same under the name that marks the demo's password; production does not know it."""

    algorithm = PASSWORD_HASH


class MixedCharactersValidator:
    """Asks for an upper-case letter, a lower-case letter and a digit."""

    def validate(self, password: str, user: Any = None) -> None:
        if not (
            any(c.isupper() for c in password)
            and any(c.islower() for c in password)
            and any(c.isdigit() for c in password)
        ):
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        return _("La contraseña necesita al menos una mayúscula, una minúscula y un número.")


def may_sign_in(user: User | None) -> bool:
    return user is not None and user.may_enter


class EmailBackend(BaseBackend):
    """Finds the user by e-mail without regard to case; refuses the inactive, also mid-session."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        email = username or kwargs.get(User.USERNAME_FIELD)
        if not email or password is None:
            return None
        try:
            user = User.objects.get_by_natural_key(email)
        except User.DoesNotExist:
            User().set_password(password)  # the time of a hash, so that e-mails cannot be probed
            return None
        return user if user.check_password(password) and user.may_enter else None

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.filter(pk=user_id).first()
        return user if may_sign_in(user) else None


class TokenAuthentication(JWTAuthentication):
    """Bearer tokens of active users of active brokers, one query a request."""

    def get_user(self, validated_token: Any) -> Any:
        user: Any = super().get_user(validated_token)
        if not may_sign_in(user):
            raise AuthenticationFailed(_("La cuenta está desactivada."), code="user_inactive")
        return user


def attempted_email(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The e-mail that a failed attempt names, for the lock-out."""
    given = credentials or {}
    email = given.get("username") or given.get("email") or request.POST.get("username", "")
    return str(email).strip().lower()[:254]


def locked_out(request: HttpRequest, credentials: dict[str, Any] | None, *_: Any) -> HttpResponse:
    """The answer to a locked-out sign-in page; the API's token view answers for itself."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds()) // 60
    response = render(request, "admin/locked_out.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(minutes * 60)
    return response
