"""Signing in: by e-mail with bcrypt, locked out after repeated failures, ended at once."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken

from brokers import hashing, tokens
from brokers.models import User
from crm import correlation, rowsecurity
from crm.demo import PASSWORD_HASH


class BCryptHasher(BCryptSHA256PasswordHasher):
    """bcrypt over SHA-256, so that long passwords count whole; cost from BCRYPT_ROUNDS."""

    rounds = settings.BCRYPT_ROUNDS

    def encode(self, password: str, salt: Any) -> str:  # which verify calls as well
        with hashing.at_work():
            encoded: str = super().encode(password, salt)
        return encoded


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


class EmailBackend(BaseBackend):
    """Finds the user by e-mail, however it is written; refuses the inactive, also mid-session."""

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
        user: User | None = User.objects.with_email(email)
        if user is None:
            User().set_password(password)  # the time of a hash, so that e-mails cannot be probed
            return None
        if not user.may_enter:
            User().set_password(password)  # likewise
            return None
        rowsecurity.enter_as(user)  # a hash of another cost is written anew
        return user if user.check_password(password) else None

    def get_user(self, user_id: int) -> User | None:
        with rowsecurity.across("sign-in"):
            user = User.objects.filter(pk=user_id).first()
        return user if user is not None and user.may_enter else None


class TokenAuthentication(JWTAuthentication):
    """Bearer tokens of active users of active brokers, one query a request."""

    def get_user(self, validated_token: Any) -> Any:
        with rowsecurity.across("sign-in"):
            sign_in = tokens.sign_in_of(validated_token)
        if sign_in is None or not sign_in.user.may_enter:
            raise InvalidToken(_("La sesión terminó. Vuelve a ingresar."))
        rowsecurity.enter_as(sign_in.user)
        correlation.bind(user_id=sign_in.user.pk, broker_id=sign_in.user.broker_id)
        return sign_in.user
