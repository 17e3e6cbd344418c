"""What may be wrong with agents' calendars: an access that was withdrawn."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.watching import Trouble, register
from scheduling.models import CalendarConnection


@register
def calendars(at: datetime) -> Iterator[Trouble]:
    broken = CalendarConnection.objects.filter(state=CalendarConnection.State.BROKEN).order_by()
    for row in broken.values("broker_id").annotate(rows=Count("pk"), since=Min("updated_at")):
        yield Trouble(
            "calendar",
            _("Calendarios de agentes que perdieron su permiso en Google: %d.") % row["rows"],
            _("Cada agente lo une de nuevo en «Calendarios conectados»."),
            reverse("admin:scheduling_calendarconnection_changelist"),
            row["since"],
            row["broker_id"],
        )
