"""What an event says, in whichever calendar it stands."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from scheduling import properties
from scheduling.models import Appointment, AppointmentStatus, AppointmentType


def title(appointment: Appointment) -> str:
    """«Visita a propiedad · Camila Rojas», marked when the lead has confirmed."""
    kind = str(appointment.get_appointment_type_display()).capitalize()
    said = f"{kind} · {appointment.lead}"
    confirmed = appointment.status == AppointmentStatus.CONFIRMED
    return _("%(title)s (confirmada)") % {"title": said} if confirmed else said


def describe(appointment: Appointment) -> str:
    """How to reach the lead. Guests read it too, so it says nothing that the lead may not know."""
    lead = appointment.lead
    lines = [
        _("Teléfono: %s") % lead.phone if lead.phone else "",
        _("Correo: %s") % lead.email if lead.email else "",
        _("Propiedad: %s") % properties.name(listing) if (listing := appointment.listing) else "",
    ]
    return "\n".join(filter(None, lines))


def describe_to_agent(appointment: Appointment) -> str:
    """The same, in what words the lead asked for it, and where to read more."""
    page = _("Ver en el CRM: %s") % page_of(appointment)
    asked = f"«{appointment.requested}»" if appointment.requested else ""
    return "\n".join(filter(None, [describe(appointment), asked, page]))


def title_for_lead(appointment: Appointment) -> str:
    """«Visita a propiedad · Andes Propiedades»."""
    kind = str(appointment.get_appointment_type_display()).capitalize()
    return f"{kind} · {' '.join(appointment.lead.broker.name.split())}"


def describe_to_lead(appointment: Appointment) -> str:
    """With whom, and the page to confirm, move or cancel it."""
    lines = [
        _("Te atiende: %s") % appointment.agent.name if appointment.agent else "",
        _("Confirma, cambia la hora o cancela aquí: %(link)s") % {"link": visit_link(appointment)},
    ]
    return "\n".join(filter(None, lines))


def page_of(appointment: Appointment) -> str:
    """The appointment in Admin, for whoever may enter."""
    path = reverse("admin:scheduling_appointment_change", args=[appointment.pk])
    return f"{settings.PUBLIC_URL}{path}"


def place(appointment: Appointment) -> str:
    """Where it is: for a meeting online its link, once there is one."""
    if appointment.appointment_type == AppointmentType.VIRTUAL_MEETING:
        return appointment.meet_url or appointment.location
    return appointment.location


def visit_link(appointment: Appointment) -> str:
    """The lead's own page of the appointment."""
    return f"{settings.PUBLIC_URL}{reverse('visit', args=[appointment.token])}"
