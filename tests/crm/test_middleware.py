"""Language and zone of a request: Spanish unless asked, the broker's clock when signed in."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone, translation

from brokers.models import Broker, User
from crm.middleware import BrokerTimezoneMiddleware, LanguageMiddleware


@pytest.mark.parametrize(
    ("path", "cookie", "header", "language"),
    [
        ("/admin/", "", "", "es"),
        ("/admin/", "", "en-US,en;q=0.9", "es"),
        ("/admin/", "en", "", "en"),
        ("/admin/", "xx", "", "es"),
        ("/chat/demo/", "", "en", "es"),
        ("/api/v1/leads/", "", "", "es"),
        ("/api/v1/leads/", "", "en-US", "en"),
        ("/api/v1/leads/", "", "EN", "en"),
        ("/api/v1/leads/", "", "fr", "es"),
        ("/api/v1/leads/", "en", "", "es"),
    ],
)
def test_people_ask_by_cookie_and_programs_by_header(
    settings, path, cookie, header, language
) -> None:
    request = RequestFactory().get(path, HTTP_ACCEPT_LANGUAGE=header)
    request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    spoken = []

    def view(request: HttpRequest) -> HttpResponse:
        spoken.append((translation.get_language(), request.LANGUAGE_CODE))
        return HttpResponse()

    with translation.override("de"):
        response = LanguageMiddleware(view)(request)
        assert translation.get_language() == "de"
    assert spoken == [(language, language)]
    assert response.headers["Content-Language"] == language


@pytest.mark.parametrize(
    ("user", "zone"),
    [
        (AnonymousUser(), "America/Santiago"),
        (User(broker=None), "America/Santiago"),
        (User(broker=Broker(timezone="America/Punta_Arenas")), "America/Punta_Arenas"),
    ],
)
def test_times_are_shown_in_the_broker_s_zone(settings, user, zone) -> None:
    settings.TIME_ZONE = "America/Santiago"
    request = RequestFactory().get("/")
    request.user = user
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(timezone.get_current_timezone_name())
        return HttpResponse()

    outside = timezone.get_current_timezone_name()
    BrokerTimezoneMiddleware(view)(request)
    assert (seen, timezone.get_current_timezone_name()) == ([zone], outside)
