"""Where django-axes asks whether a try with a password is taken, and says how it went."""

from collections.abc import Callable
from typing import Any

from axes.handlers.base import AxesHandler
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from unfold.forms import AuthenticationForm

from brokers import guessing, hashing
from brokers.guessing import Guess
from brokers.models import User

Handling = Callable[[HttpRequest], HttpResponse]


def guess_of(request: Any) -> Guess | None:
    """The try that came with the request, whichever of its two objects the API hands on."""
    found: Guess | None = getattr(getattr(request, "_request", request), "guess", None)
    return found


class Handler(AxesHandler):  # type: ignore[misc]
    """Counts by our own rules (``guessing``) in place of axes' one limit."""

    def is_allowed(self, request: Any, credentials: Any = None) -> bool:
        asked = getattr(request, "_request", request)
        email = str((credentials or {}).get("username") or (credentials or {}).get("email") or "")
        asked.guess = guessing.begin(email, guessing.caller_of(asked), at=timezone.now())
        return not asked.guess.refused

    def user_login_failed(
        self, sender: Any, credentials: Any, request: Any = None, **kwargs: Any
    ) -> None:
        guess = guess_of(request)
        if guess is not None:
            request.axes_locked_out = guess.refused or guess.locks

    def user_logged_in(self, sender: Any, request: Any, user: User, **kwargs: Any) -> None:
        guess = guess_of(request)
        if guess is not None:
            guessing.succeeded(guess, user, at=timezone.now())
            if not guess.device:
                getattr(request, "_request", request).new_device = guessing.new_device(user)

    def user_logged_out(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        """Nothing of a try is left by then."""


class SignInForm(AuthenticationForm):  # type: ignore[misc]
    """Admin's, at which a crowd waits for itself."""

    def clean(self) -> Any:
        with hashing.admitted():
            return super().clean()


class DeviceMiddleware:
    """Gives a browser on which somebody signed in the cookie by which they are known there."""

    def __init__(self, get_response: Handling) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if device := getattr(request, "new_device", ""):
            response.set_cookie(
                guessing.DEVICE_COOKIE,
                device,
                max_age=guessing.DEVICE_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
        return response


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """The answer to a locked-out sign-in page; the API's token view answers for itself."""
    guess = guess_of(request)
    seconds = guess.retry_after if guess else int(settings.AXES_COOLOFF_TIME.total_seconds())
    context = {"minutes": -(-seconds // 60)}
    response = render(request, "admin/locked_out.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
