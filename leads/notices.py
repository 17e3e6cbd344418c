"""The words of alerts: subject and body of the e-mail and of the card that people get."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leads import origins
from leads.enums import AlertKind
from leads.models import AgentCard, LeadAlert, Notification

Notice = LeadAlert | AgentCard | Notification

SUBJECTS: dict[str, Any] = {
    AlertKind.HOT_LEAD: _("Lead caliente: %(lead)s"),
    AlertKind.QUALIFIED: _("Lead calificado: %(lead)s"),
    AlertKind.HANDOFF_REMINDER: _("%(lead)s espera tu respuesta"),
    AlertKind.HANDOFF_ALERT: _("%(lead)s sigue sin respuesta"),
    AlertKind.HANDOFF_RESUMED: _("El asistente retomó la conversación con %(lead)s"),
    AlertKind.LEADS_HANDED_OVER: _("El trabajo de %(person)s pasó a otras personas"),
    AlertKind.LLM_BUDGET: _("El uso de modelos llegó al %(percent)s %% del tope del mes"),
    AlertKind.CALENDAR_CONFLICT: _("Tu calendario choca con la cita de %(lead)s"),
    AlertKind.REMINDER_HELD: _("Recordatorio no enviado a %(lead)s: %(why)s"),
    AlertKind.INVITATION: "%(title)s",
    AlertKind.TELEGRAM_TROUBLE: _("Telegram no entrega los mensajes"),
    AlertKind.NEW_LEAD: _("Lead sin asignar: %(lead)s"),
    AlertKind.HANDOFF_WAITING: _("%(lead)s pide una persona"),
    AlertKind.VISIT: _("Visita agendada con %(lead)s"),
    AlertKind.VISIT_NEWS: _("%(lead)s avisa sobre su visita"),
    AlertKind.ASSIGNED: _("Ahora atiendes a %(lead)s"),
    AlertKind.AGENT_UNREACHABLE: _("%(person)s bloqueó el bot de Telegram"),
    AlertKind.FLOOD: _("%(lead)s escribe sin parar"),
    AlertKind.TASK_DUE: _("%(title)s (%(lead)s)"),
}
BODIES: dict[str, Any] = {
    AlertKind.HOT_LEAD: _("%(lead)s llegó a %(score)s puntos. Es un buen momento para llamarlo."),
    AlertKind.QUALIFIED: _("%(lead)s cumple los criterios financieros: quedó CALIFICADO."),
    AlertKind.HANDOFF_REMINDER: _(
        "%(lead)s escribió y espera a una persona hace %(minutes)s minutos de oficina."
    ),
    AlertKind.HANDOFF_ALERT: _(
        "%(lead)s espera hace %(minutes)s minutos de oficina y nadie le ha respondido."
    ),
    AlertKind.HANDOFF_RESUMED: _(
        "Nadie respondió a %(lead)s en una hora de oficina, así que el asistente retomó la "
        "conversación. Puedes tomarla de nuevo cuando quieras."
    ),
    AlertKind.LEADS_HANDED_OVER: _(
        "%(person)s dejó el equipo. Se repartieron sus %(what)s: %(shares)s."
    ),
    AlertKind.LLM_BUDGET: _(
        "El uso de modelos de este mes llegó al %(percent)s %% del tope. Desde el 100 %% y hasta fin "
        "de mes responde el asistente sin conexión, que es más simple. Puedes subir el tope en la "
        "configuración del asistente."
    ),
    AlertKind.CALENDAR_CONFLICT: _(
        "Tu Google Calendar tiene un evento que se cruza con la cita del %(when)s. La cita sigue "
        "en pie: muévela, reasígnala o cambia el evento."
    ),
    AlertKind.REMINDER_HELD: _(
        "El recordatorio de la cita del %(when)s no salió, porque una persona lleva la "
        "conversación y el asistente calla. Envíalo con «Enviar recordatorio» en la cita."
    ),
    AlertKind.INVITATION: _("%(title)s, el %(when)s. Abre el archivo adjunto para tu calendario."),
    AlertKind.TELEGRAM_TROUBLE: _(
        "%(trouble)s Mientras tanto no llegan los mensajes de Telegram. Entra a «Canales» y pulsa "
        "«Reparar Telegram»."
    ),
    AlertKind.NEW_LEAD: _("Llegó por %(source)s y no tiene quien lo atienda."),
    AlertKind.HANDOFF_WAITING: _("Espera a que le responda una persona."),
    AlertKind.VISIT: _("Es el %(when)s."),
    AlertKind.VISIT_NEWS: _("%(news)s La visita es el %(when)s."),
    AlertKind.ASSIGNED: _("Llegó por %(source)s."),
    AlertKind.AGENT_UNREACHABLE: _(
        "Sus avisos de leads ya no le llegan ahí. Pídele que desbloquee el bot en su Telegram, o "
        "desvincula su cuenta en «Equipo»."
    ),
    AlertKind.FLOOD: _(
        "El asistente ya le respondió tantas veces como puede en un día. Sus mensajes se guardan "
        "y el asistente sigue más tarde; si quieres, responde tú."
    ),
    AlertKind.TASK_DUE: _("Es para el %(when)s."),
}
TROUBLES: dict[str, Any] = {
    "elsewhere": _("El bot de Telegram entrega en otra dirección."),
    "failing": _("Telegram no logra entregar los mensajes del bot: %(error)s."),
    "refused": _("El bot de Telegram usa una clave que este sistema no reconoce: %(error)s."),
    "incomplete": _(
        "El bot de Telegram no entrega todo lo que llega: botones, ediciones o bloqueos."
    ),
    "bad_token": _("Telegram no reconoce el token del bot: pega uno nuevo en «Canales»."),
}


NEWS: dict[str, Any] = {"late": _("Va con atraso."), "coming": _("Confirma que irá.")}
WORK: dict[str, Any] = {"leads": _("leads abiertos"), "visits": _("visitas futuras")}


def subject(alert: Notice) -> str:
    """One line, whatever a name contains."""
    return " ".join((str(SUBJECTS[alert.kind]) % _values(alert)).split())


def cause(alert: Notice) -> str:
    """Why it is told, in a sentence or two."""
    return str(BODIES[alert.kind]) % _values(alert)


def body(alert: LeadAlert | AgentCard, news: str = "") -> str:
    """``news`` stand in the place of a cause that is over."""
    lines = [news or cause(alert), alert.details.get("about", ""), alert.details.get("brief", "")]
    if alert.lead_id:
        page = reverse("admin:leads_lead_change", args=[alert.lead_id])
        lines.append(_t("Ver el lead: %s") % f"{settings.PUBLIC_URL}{page}")
    if page := alert.details.get("page"):
        lines.append(_t("Ver la cita: %s") % f"{settings.PUBLIC_URL}{page}")
    return "\n\n".join(line for line in lines if line)


def _values(alert: Notice) -> dict[str, Any]:
    details = alert.details
    return {
        "lead": str(alert.lead) if alert.lead else "",
        "score": f"{details.get('score', 0):g}",
        "percent": details.get("percent", 100),
        "minutes": details.get("minutes", 0),
        "when": details.get("when", ""),
        "title": details.get("title", ""),
        "why": details.get("why", ""),
        "news": str(NEWS.get(details.get("news", ""), "")),
        "person": details.get("person", ""),
        "what": str(WORK.get(details.get("what", ""), "")),
        "shares": ", ".join(
            f"{name or _t('sin asignar')} ({count})" for name, count in details.get("shares", [])
        ),
        "source": origins.told(alert.lead) if alert.lead else "",
        "trouble": str(TROUBLES.get(details.get("reason", ""), ""))
        % {"error": details.get("error")},
    }
