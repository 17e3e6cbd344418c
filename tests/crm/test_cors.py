"""Other sites' scripts: none may call, unless the installation names the site."""

from typing import Any

import pytest
from django.test import Client

SITE = "https://app.example.com"
PREFLIGHT = {
    "Origin": SITE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
}
API = "/api/v1/leads/"


def allowed(answer: Any) -> str | None:
    origin: str | None = answer.headers.get("Access-Control-Allow-Origin")
    return origin


@pytest.mark.parametrize("path", [API, "/api/schema/", "/forms/andes/"])
def test_nobody_is_let_in_unless_named(client: Client, settings: Any, path: str) -> None:
    assert allowed(client.options(path, headers=PREFLIGHT)) is None
    settings.CORS_ALLOWED_ORIGINS = [SITE]
    assert allowed(client.options(path, headers=PREFLIGHT)) == SITE
    other = {**PREFLIGHT, "Origin": f"{SITE}.evil.test"}
    assert allowed(client.options(path, headers=other)) is None


def test_a_named_site_may_send_what_the_api_asks_for_but_no_cookies(
    client: Client, settings: Any
) -> None:
    settings.CORS_ALLOWED_ORIGINS = [SITE]
    answer = client.options(API, headers=PREFLIGHT)
    assert "idempotency-key" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.django_db
def test_refusals_and_their_limits_can_be_read_by_the_script(client: Client, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [SITE]
    answer = client.get(API, headers={"Origin": SITE})
    assert (answer.status_code, allowed(answer)) == (401, SITE)
    assert "RateLimit-Remaining" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/admin/login/", "/chat/andes/", "/visit/x/", "/hooks/telegram/x/"]
)
def test_pages_and_webhooks_take_no_part(client: Client, settings: Any, path: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = [SITE]
    assert allowed(client.get(path, headers={"Origin": SITE})) is None
