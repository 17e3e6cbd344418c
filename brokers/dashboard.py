"""What the home page tells people of themselves: their own Telegram, while it brings them nothing."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from brokers import linking
from brokers.linking import Link
from brokers.models import ChannelHook
from crm.admin.dashboard import Card, Row


def cards(user: Any, at: datetime) -> list[Card]:
    state = linking.state_of(user, at=at)
    if state == Link.LINKED or not _has_bot(user):
        return []
    page = reverse("admin:brokers_user_link_telegram", args=[user.pk])
    row = Row(_("Recibe tus leads en el teléfono"), _("Vincular mi Telegram"), page)
    if state == Link.BLOCKED:
        told = _("Bloqueaste el bot en Telegram: desbloquéalo para recibir avisos")
        row = Row(told, "", page, tone="danger")
    return [Card(_("Tu Telegram"), rows=[row], icon="send_to_mobile", order=15)]


def _has_bot(user: Any) -> bool:
    return ChannelHook.objects.filter(broker=user.broker_id, channel="telegram").exists()
