"""How large a request's body may be, which is decided before it is read."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.settings import api_settings

from crm import rowsecurity
from crm.errors import DomainError
from crm.middleware import Handler, asked_language
from crm.responses import apology

LARGEST_FILES: dict[str, int] = {}


class TooLarge(DomainError):
    code = "too_large"
    status = 413


def takes_files(most: int, *addresses: str) -> None:
    """Let the addresses of these names take a file of so many bytes, from who is signed in."""
    LARGEST_FILES.update(dict.fromkeys(addresses, most))


def smallest() -> int:
    """What anybody may send anywhere; beside a file, what the other fields may have."""
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def limit_of(request: HttpRequest) -> int:
    try:
        file = LARGEST_FILES.get(resolve(request.path_info).view_name, 0)
    except Resolver404:
        file = 0
    with rowsecurity.nobody():
        return smallest() + file if file and _is_signed_in(request) else smallest()


def refusal(request: HttpRequest, limit: int) -> HttpResponse:
    """A page for people, for programs the API's shape."""
    with translation.override(asked_language(request)):
        message = _("El contenido supera el máximo de %s.") % filesizeformat(limit)
        return apology(request, TooLarge(message))


class BodyLimitMiddleware:
    """The same rule under any server; ours asks it earlier, before a body has arrived.

    Only the declared length counts: of a body without one Django reads nothing.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        declared = request.META.get("CONTENT_LENGTH") or ""
        if declared.isdecimal() and int(declared) > smallest():
            limit = limit_of(request)
            if int(declared) > limit:
                return refusal(request, limit)
        return self.get_response(request)


def _is_signed_in(request: HttpRequest) -> bool:
    """By the session or the token that comes in the headers."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if key is not None:
        store = import_module(settings.SESSION_ENGINE).SessionStore
        request.session = getattr(request, "session", None) or store(key)
        if get_user(request).is_authenticated:
            return True
    kinds: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    return any(_knows(kind(), request) for kind in kinds)


def _knows(authentication: Any, request: HttpRequest) -> bool:
    try:
        return bool(authentication.authenticate(request))
    except APIException:
        return False
