"""The public web chat of a broker: its page, what visitors post, and what they poll."""

import json
import re
import uuid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from brokers.models import Broker
from crm import correlation, limits, rowsecurity
from crm.errors import DomainError, TooMany
from crm.limits import Limit
from crm.responses import apology
from leads import storable, visitors, widget
from leads.channels import choices
from leads.delivery import VISIBLE
from leads.enums import Channel, Delivery, Direction
from leads.errors import ForeignPage, TooLarge
from leads.inbox import Inbound, receive
from leads.models import ChatMessage, Conversation

MAX_TEXT = 4000
MAX_CLIENT_ID = 100
MAX_CHOICE = 40
PAGE = 200
MAX_ID = 2**63 - 1
FULL = {
    60: gettext_noop(
        "Escribiste muchos mensajes seguidos. Espera un minuto y vuelve a intentarlo."
    ),
    86_400: gettext_noop("Llegamos al máximo de mensajes por hoy desde tu conexión."),
}
UNDER_WAY = (Delivery.PENDING, Delivery.SENDING)


@xframe_options_exempt  # the policy below says who may frame it
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The chat; with ``?widget=1`` as it stands inside a page of the brokerage's own site."""
    broker = _broker(slug)
    shown = {
        "broker": broker,
        "assistant": broker.brokerpromptconfig.agent_name,
        "in_widget": "widget" in request.GET,
    }
    response = render(request, "leads/chat.html", shown)
    response["Content-Security-Policy"] = widget.frame_ancestors(broker.brokerchatconfig)
    return response


@require_GET
@cache_control(public=True, max_age=300)
def widget_script(request: HttpRequest, slug: str) -> HttpResponse:
    """The script behind ``widget.tag``: the same for all, it reads its broker off its address."""
    _broker(slug)
    with open(str(finders.find("leads/widget.js")), "rb") as script:
        return HttpResponse(script.read(), content_type="text/javascript; charset=utf-8")


@csrf_exempt  # nothing here rides on cookies: the visitor's secret is in the body
@never_cache
@require_http_methods(["GET", "POST"])
def messages(request: HttpRequest, slug: str) -> HttpResponse:
    """GET polls (``?visitor=&after=``), POST stores ``{text, visitor?, client_id?}``.

    A press of a button posts ``{choice, visitor}``: the message's id and the button's place in its
    ``choices``, as ``"812:0"``; where that is none of this visitor's, the ``text`` alone counts.
    """
    broker = _writing_to(slug)
    try:
        return _posted(request, broker) if request.method == "POST" else _polled(request, broker)
    except DomainError as error:
        return apology(request, error)


def _broker(slug: str) -> Broker:
    brokers = Broker.objects.select_related("brokerpromptconfig", "brokerchatconfig")
    broker: Broker = rowsecurity.find(lambda: get_object_or_404(brokers, slug=slug, is_active=True))
    correlation.bind(broker_id=broker.pk)
    return broker


def _writing_to(slug: str) -> Broker:
    """The broker, and no more of it than a message that comes in needs."""
    brokers = Broker.objects.select_related("brokerchatconfig").only(
        "country", "brokerchatconfig__enabled_providers", "brokerchatconfig__rate_limits"
    )
    broker: Broker = rowsecurity.find(lambda: get_object_or_404(brokers, slug=slug, is_active=True))
    correlation.bind(broker_id=broker.pk)
    return broker


def _posted(request: HttpRequest, broker: Broker) -> JsonResponse:
    _come_from_here(request)
    body = json_body(request)
    code = _text(body, "choice", MAX_CHOICE)
    _text(body, "text", MAX_TEXT, required=not code)
    client_id = _text(body, "client_id", MAX_CLIENT_ID) or uuid.uuid4().hex
    visitor = _visitor(broker, _text(body, "visitor", 200))
    known = visitors.external_id(visitor)
    _limit(request, broker, known)
    choice = choices.pressed(broker, Channel.WEBCHAT, known, code) if code else None
    text = str(choice["label"]) if choice else _text(body, "text", MAX_TEXT, required=True)
    received = receive(
        Inbound(
            broker=broker,
            channel=Channel.WEBCHAT,
            external_user=known,
            external_id=f"{known}:{client_id}",
            text=text,
            at=timezone.now(),
            metadata=choices.inbound(code, choice) if choice else {},
        )
    )
    held = Conversation.objects.filter(lead=received.message.lead_id)
    told = {
        "visitor": visitor,
        "messages": [_shown(received.message)],
        "holder": held.values_list("holder", flat=True).first(),
    }
    return JsonResponse(told)


def _come_from_here(request: HttpRequest) -> None:
    """Browsers name the page that posts: only the chat's own may, wherever it is framed."""
    origin = request.headers.get("Origin")
    ours = (request.get_host(), urlsplit(settings.PUBLIC_URL).netloc)
    if origin is not None and origin.partition("://")[2] not in ours:
        raise ForeignPage


def _polled(request: HttpRequest, broker: Broker) -> JsonResponse:
    visitor = _visitor(broker, request.GET.get("visitor", "")[:200])
    after = _number(request.GET.get("after") or "0")
    known = visitors.external_id(visitor)
    _limit_polls(request, broker, known)
    rows = _visible(broker, known, after)
    return JsonResponse({"visitor": visitor, "messages": [_shown(row) for row in rows]})


def _visible(broker: Broker, known: str, after: int) -> list[ChatMessage]:
    """The visitor's messages in order; none is shown before an earlier one still on its way.

    A page polls by "after the last id I saw", so an id that appears late would be missed. What is
    to leave at a later hour holds nobody up: it is seen when the page is opened again.
    """
    now = timezone.now()
    mine = ChatMessage.objects.filter(
        broker=broker,
        provider=Channel.WEBCHAT,
        lead__identities__channel=Channel.WEBCHAT,
        lead__identities__external_id=known,
        lead__identities__broker=broker,
        id__gt=after,
    ).order_by("id")
    shown = []
    for row in mine.exclude(status__in=[Delivery.FAILED, Delivery.BLOCKED])[:PAGE]:
        if row.status in UNDER_WAY and (row.due_at is None or row.due_at <= now):
            break
        if row.direction == Direction.IN or row.status in VISIBLE:
            shown.append(row)
    return shown


def _shown(message: ChatMessage) -> dict[str, Any]:
    return {
        "id": message.pk,
        "author": message.author,
        "text": message.message_text,
        "at": message.at.isoformat(),
        "choices": choices.labels(message),
    }


def _visitor(broker: Broker, given: str) -> str:
    """The visitor's own secret, or a new one in place of one that we did not issue."""
    return given if visitors.is_ours(broker, given) else visitors.issue(broker)


def json_body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except RequestDataTooBig as error:
        raise TooLarge from error
    except (ValueError, RecursionError) as error:  # the latter: nested beyond any sense
        raise DomainError(_("El cuerpo no es JSON válido."), code="parse_error") from error
    if not isinstance(body, dict):
        raise DomainError(_("Envía un objeto JSON."), code="parse_error")
    return body


def _text(body: dict[str, Any], name: str, longest: int, *, required: bool = False) -> str:
    value = body.get(name)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise DomainError(_("Debe ser un texto."), code="invalid", field=name)
    value = storable.text(value).strip()
    if required and not value:
        raise DomainError(_("Escribe un mensaje."), code="blank", field=name)
    if len(value) > longest:
        message = _("Usa como máximo %d caracteres.") % longest
        raise DomainError(message, code="max_length", field=name)
    return value


def _number(value: str) -> int:
    # Counted before it is read: Python refuses to read thousands of digits.
    if not re.fullmatch(r"[0-9]{1,19}", value) or int(value) > MAX_ID:
        raise DomainError(_("Debe ser un número."), code="invalid", field="after")
    return int(value)


def _limit(request: HttpRequest, broker: Broker, known: str) -> None:
    allowed = broker.brokerchatconfig.rate_limits or {}
    address = limits.address_of(request)
    windows = (
        Limit(f"chat:{broker.pk}:{known}", allowed.get("visitor_per_minute", 60), 60),
        Limit(f"chat:{broker.pk}:{address}", allowed.get("address_per_minute", 300), 60),
        Limit(f"chat-day:{broker.pk}:{address}", allowed.get("address_per_day", 5000), 86_400),
    )
    over = limits.first_exceeded(windows)
    if over is not None:
        raise TooMany(_(FULL[over.seconds]), retry_after=60 if over.seconds == 60 else 3600)


def _limit_polls(request: HttpRequest, broker: Broker, known: str) -> None:
    """An open chat asks 50 times a minute while something happens, and some stand open twice.

    An office of a hundred people who all chat at once comes to 5,000 from one address.
    """
    allowed = broker.brokerchatconfig.rate_limits or {}
    address = limits.address_of(request)
    windows = (
        Limit(f"poll:{broker.pk}:{known}", allowed.get("visitor_polls_per_minute", 300), 60),
        Limit(f"poll:{broker.pk}:{address}", allowed.get("address_polls_per_minute", 6000), 60),
    )
    over = limits.first_exceeded(windows)
    if over is not None:
        raise TooMany(retry_after=over.ends_in)
