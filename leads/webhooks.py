"""What the channels' vendors post to us: found by an unguessable key, verified, stored, answered."""

import hashlib
import hmac
import json
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from brokers.models import Broker, ChannelHook
from crm import correlation, rowsecurity
from crm.demo import TELEGRAM_HOOK
from crm.errors import DomainError, NotAllowed
from crm.responses import refusal
from leads import keeping, storable
from leads.enums import Channel
from leads.errors import TooLarge

# Of the broker, and no more: this is read for every message.
NEEDED = (
    "broker__country",
    "broker__language",
    "broker__brokerchatconfig__enabled_providers",
    "broker__brokerchatconfig__provider_configs",
)


@csrf_exempt  # nothing here rides on cookies: the vendor's secret is in a header
@require_POST
def telegram(request: HttpRequest, key: str) -> HttpResponse:
    broker, config = _hook(Channel.TELEGRAM, key)
    try:
        _verify(request.headers.get("X-Telegram-Bot-Api-Secret-Token"), config.get("secret"))
        payload = _json(_body(request))
        answer = keeping.take_in(broker, Channel.TELEGRAM, config, payload, at=timezone.now())
    except DomainError as error:
        return refusal(error)
    return JsonResponse(answer) if answer else HttpResponse()


@csrf_exempt  # as above: the body is signed
@require_http_methods(["GET", "POST"])
def whatsapp(request: HttpRequest, key: str) -> HttpResponse:
    """GET answers Meta's handshake; POST takes what happened on the broker's number."""
    broker, config = _hook(Channel.WHATSAPP, key)
    try:
        if request.method == "GET":
            return _handshake(request, config)
        body = _body(request)
        _verify(request.headers.get("X-Hub-Signature-256"), _signature(config, body))
        keeping.take_in(broker, Channel.WHATSAPP, config, _json(body), at=timezone.now())
    except DomainError as error:
        return refusal(error)
    return HttpResponse()


def _hook(channel: Channel, key: str) -> tuple[Broker, dict[str, Any]]:
    """The broker whose address this is, with its credentials for the channel.

    The demo's are known to everybody: production does not answer there.
    """
    if key == TELEGRAM_HOOK and not settings.DEBUG:
        raise Http404
    hooks = ChannelHook.objects.select_related("broker__brokerchatconfig").only(*NEEDED)
    hook = rowsecurity.find(
        lambda: get_object_or_404(hooks, channel=channel, key=key, broker__is_active=True)
    )
    broker: Broker = hook.broker
    correlation.bind(broker_id=broker.pk)
    return broker, broker.brokerchatconfig.provider_configs.get(channel) or {}


def _verify(given: str | None, expected: Any) -> None:
    """In constant time; where no secret is configured, nobody has it."""
    known = bool(given) and bool(expected)
    if not known or not hmac.compare_digest(str(given).encode(), str(expected).encode()):
        raise NotAllowed(_("La firma o el secreto no corresponde."), code="bad_signature")


def _signature(config: dict[str, Any], body: bytes) -> str | None:
    secret = config.get("app_secret")
    if not secret:
        return None
    return "sha256=" + hmac.new(str(secret).encode(), body, hashlib.sha256).hexdigest()


def _handshake(request: HttpRequest, config: dict[str, Any]) -> HttpResponse:
    asked = request.GET
    if asked.get("hub.mode") != "subscribe":
        raise DomainError(_("Falta hub.mode=subscribe."), code="invalid")
    _verify(asked.get("hub.verify_token"), config.get("verify_token"))
    return HttpResponse(asked.get("hub.challenge", ""), content_type="text/plain")


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig as error:
        raise TooLarge from error


def _json(body: bytes) -> dict[str, Any]:
    try:
        payload = storable.data(json.loads(body, parse_constant=_refuse))
    except (ValueError, RecursionError) as error:
        raise DomainError(_("El cuerpo no es JSON válido."), code="parse_error") from error
    if not isinstance(payload, dict):
        raise DomainError(_("Se espera un objeto JSON."), code="parse_error")
    return payload


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
