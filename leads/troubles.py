"""What may be wrong with a brokerage's channels: a webhook or a token that does not work."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from crm.watching import Trouble, register
from leads.enums import AlertKind
from leads.models import LeadAlert

RECENT = timedelta(hours=26)  # it is alerted once a day while it lasts


@register
def telegram(at: datetime) -> Iterator[Trouble]:
    alerts = LeadAlert.objects.filter(
        kind=AlertKind.TELEGRAM_TROUBLE, created_at__gte=at - RECENT, seen_at__isnull=True
    )
    for alert in alerts.select_related("broker").order_by("broker", "created_at"):
        reason = alert.details.get("reason", "")
        words = {"broker": alert.broker, "reason": _reasons().get(reason, reason)}
        yield Trouble(
            "channel",
            _("El Telegram de %(broker)s no recibe mensajes: %(reason)s.") % words,
            _("En «Canales», «Revisar Telegram» dice qué pasa y «Reparar Telegram» lo arregla."),
            reverse("admin:brokers_brokerchatconfig_changelist"),
            alert.created_at,
            alert.broker_id,
        )


def _reasons() -> dict[str, str]:
    return {
        "bad_token": _("el token del bot ya no vale"),
        "elsewhere": _("su webhook apunta a otra dirección"),
        "incomplete": _("faltan tipos de mensajes en su webhook"),
        "refused": _("nuestro webhook lo rechaza"),
        "failing": _("sus entregas fallan"),
    }
