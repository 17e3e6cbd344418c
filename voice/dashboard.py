"""What the home page tells of calls: today's, the latest first."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.admin.dashboard import Card, Row
from voice.models import VoiceCall

SHOWN = 6


def cards(user: Any, at: datetime) -> list[Card]:
    start = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    today = VoiceCall.objects.visible_to(user).filter(created_at__gte=start, created_at__lte=at)
    rows = [
        Row(
            f"{timezone.localtime(call.created_at):%H:%M} · {call.lead}",
            str(call.get_disposition_display() or call.get_status_display()),
            reverse("admin:voice_voicecall_change", args=[call.pk]),
        )
        for call in today.select_related("lead")[:SHOWN]
    ]
    return [
        Card(
            _("Llamadas de hoy"),
            rows=rows,
            icon="call",
            link=reverse("admin:voice_voicecall_changelist"),
            empty=_("Hoy el asistente no ha llamado a nadie."),
            order=30,
        )
    ]
