"""What the home page tells of the diary: today's visits."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.admin.dashboard import Card, Row
from scheduling.models import ACTIVE, Appointment


def cards(user: Any, at: datetime) -> list[Card]:
    start = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Appointment.objects.visible_to(user).filter(
        status__in=ACTIVE, start_time__gte=start, start_time__lt=start + timedelta(days=1)
    )
    rows = [
        Row(
            f"{timezone.localtime(visit.start_time):%H:%M} · {visit.lead}",
            str(visit.agent or _("sin agente")),
            reverse("admin:scheduling_appointment_change", args=[visit.pk]),
        )
        for visit in today.select_related("lead", "agent").order_by("start_time")[:10]
    ]
    return [
        Card(
            _("Visitas de hoy"),
            rows=rows,
            icon="event",
            link=reverse("admin:scheduling_appointment_changelist") + "?cuando=hoy",
            empty=_("Hoy no hay visitas agendadas."),
            order=12,
        )
    ]
