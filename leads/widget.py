"""The web chat on a brokerage's own site: where it may stand, and the script that puts it there."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from brokers.models import Broker, BrokerChatConfig
from crm.errors import DomainError

MOST_ORIGINS = 20
NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")
LOCAL = ("localhost", "127.0.0.1")


def origins(config: BrokerChatConfig) -> list[str]:
    """The sites that may show the broker's chat, as ``scheme://host[:port]``."""
    return [str(origin) for origin in (config.features.get("webchat") or {}).get("origins", [])]


@transaction.atomic
def allow(broker: Broker, *, given: list[str]) -> list[str]:
    """Let these sites, and no others, show the broker's chat; raises for what is no address."""
    tidied = list(dict.fromkeys(tidy(origin) for origin in given if origin.strip()))
    if len(tidied) > MOST_ORIGINS:
        raise DomainError(_("Indica como máximo %d sitios.") % MOST_ORIGINS, code="too_many")
    config = BrokerChatConfig.objects.select_for_update().get(broker=broker)
    webchat: dict[str, Any] = config.features.get("webchat") or {}
    config.features = {**config.features, "webchat": {**webchat, "origins": tidied}}
    config.save(update_fields=["features", "updated_at"])
    return tidied


def tidy(origin: str) -> str:
    """``scheme://host[:port]`` of an address as people paste it; ``*.`` stands for any subdomain."""
    given = origin.strip().lower()
    try:
        parts = urlsplit(given if "://" in given else f"https://{given}")
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:  # brackets that do not close, a port that is no number
        parts, host, port = urlsplit(""), "", ""
    local = host in LOCAL and parts.scheme in ("http", "https")
    public = parts.scheme == "https" and NAME.fullmatch(host)
    if parts.username or not (local or public):
        raise DomainError(
            _("«%s» no es un sitio: escribe su dirección con https, como https://www.ejemplo.cl.")
            % origin.strip()[:100],
            code="invalid_origin",
            field="origins",
        )
    return f"{parts.scheme}://{host}{port}"


def frame_ancestors(config: BrokerChatConfig) -> str:
    """The policy that lets a browser show the chat inside these sites' pages only."""
    return " ".join(["frame-ancestors 'self'", *origins(config)])


def tag(broker: Broker) -> str:
    """What the brokerage pastes into its site."""
    return f'<script src="{settings.PUBLIC_URL}/chat/{broker.slug}/widget.js" async></script>'
