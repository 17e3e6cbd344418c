"""Passwords: the one-time link that resets one or accepts an invitation, and changing one."""

from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.db import models, transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _

from brokers import guessing, hashing
from brokers.guessing import Caller
from brokers.models import User
from crm import rowsecurity
from crm.errors import DomainError, TooMany


class LinkExpired(DomainError):
    code = "link_expired"
    message = _("El enlace ya se usó o venció. Pide uno nuevo.")


class OneTimeTokens(PasswordResetTokenGenerator):
    """Good until used, or until the user's sessions end for another reason."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.get_session_auth_hash()}"


one_time_tokens = OneTimeTokens()


class Reason(models.TextChoices):
    RESET = "reset"
    INVITATION = "invitation"


def choose(user: User, password: str) -> None:
    """Set a password that keeps the rules; raises ValidationError otherwise. Ends all sessions."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.error_list}) from error
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])


def knows(user: User, password: str, request: HttpRequest) -> bool:
    """Whether who is signed in knows their password; wrong ones count as at the sign-in page.

    Raises TooMany: who holds somebody's session or token must not find their password out by it.
    """
    with hashing.admitted():
        at, caller = timezone.now(), guessing.caller_of(request)
        guess = guessing.begin(user.email, caller, at=at, strict=True)
        is_right = not guess.refused and user.check_password(password)
    if is_right:
        guessing.succeeded(guess, user, at=timezone.now())
        return True
    if guess.refused or guess.locks:
        raise TooMany(retry_after=guess.retry_after)
    return False


@transaction.atomic
def redeem(uid: str, token: str, password: str, *, caller: Caller) -> User:
    """Set the password that the holder of a one-time link chose."""
    user = _user_of(uid)
    if user is None or not one_time_tokens.check_token(user, token):
        raise LinkExpired
    choose(user, password)
    guessing.proved(user, caller)
    return user


def _user_of(uid: str) -> User | None:
    try:
        pk = int(urlsafe_base64_decode(uid).decode())
    except ValueError:
        return None
    with rowsecurity.across("sign-in"):
        user: User | None = User.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if user is None or not user.may_enter:
        return None
    rowsecurity.enter_as(user)
    return user


def one_time_link(user: User) -> dict[str, str]:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = one_time_tokens.make_token(user)
    path = reverse("password_reset_confirm", args=[uid, token])
    return {"uid": uid, "token": token, "link": settings.PUBLIC_URL + path}


def mail(user: User, reason: Reason) -> None:
    """Send the user their link, in the language of their broker."""
    days = settings.PASSWORD_RESET_TIMEOUT // 86400
    context: dict[str, Any] = {"user": user, "days": days, **one_time_link(user)}
    template = f"brokers/mail/{reason.value}"
    with translation.override(user.broker.language if user.broker else settings.LANGUAGE_CODE):
        message = EmailMultiAlternatives(
            subject=" ".join(render_to_string(f"{template}_subject.txt", context).split()),
            body=render_to_string(f"{template}.txt", context),
            to=[user.email],
        )
        message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    message.send()


def invite(*, email: str, name: str, role: str, broker: Any) -> User:
    """A user without a password yet; asking again for one who has not accepted is the same one."""
    user: User | None = User.objects.with_email(email)
    if user is None:
        created: User = User.objects.create_user(email, None, name=name, role=role, broker=broker)
        return created
    waiting = user.broker_id == broker.pk and not user.has_usable_password() and user.is_active
    if not waiting:
        raise ValidationError({"email": _("Ya hay un usuario con este correo.")})
    user.name, user.role, user.updated_at = name, role, timezone.now()
    user.save(update_fields=["name", "role", "updated_at"])
    return user
