"""What of scheduling uses rows of the apps below: visits of a property."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from crm.usage import Use, finds
from knowledge.models import KnowledgeEntry
from scheduling.models import ACTIVE, Appointment
from scheduling.speech import spoken


@finds(KnowledgeEntry)
def visits_of_it(entry: KnowledgeEntry) -> Iterator[Use]:
    """Visits that stand keep their address, but nobody could look the property up any more."""
    visits = Appointment.objects.filter(listing=entry, status__in=ACTIVE)
    for visit in visits.select_related("lead", "broker").order_by("start_time"):
        words = {"lead": visit.lead, "when": spoken(visit.start_time, visit.broker.zone)}
        text = _("la visita de %(lead)s, %(when)s") % words
        yield Use("appointment", visit.pk, text, blocks=False)
