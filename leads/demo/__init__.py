"""The demo's leads, their conversations and what became of them, and the message templates."""

from crm.demo import Context
from leads.demo import replay, stories
from leads.demo.people import PEOPLE, RIVALS
from leads.enums import AgentType, AlertState, Channel, TemplateApproval
from leads.models import Lead, LeadAlert, MessageTemplate

TEMPLATES = (
    (
        "Reactivación · primer contacto",
        Channel.TELEGRAM,
        "Hola {{name}}, soy Sofía, la asistente virtual de {{broker}}. ¿Sigues buscando en "
        "{{location}}? Tenemos opciones nuevas que te pueden gustar.",
        AgentType.FOLLOW_UP,
    ),
    (
        "Reactivación · opciones",
        Channel.TELEGRAM,
        "{{name}}, esta semana entraron propiedades dentro de tu presupuesto. ¿Te cuento cuáles son?",
        AgentType.FOLLOW_UP,
    ),
    (
        "Invitación a visitar",
        Channel.TELEGRAM,
        "{{name}}, ¿te gustaría conocer alguna en persona? Puedo coordinarte una visita sin costo.",
        AgentType.SCHEDULER,
    ),
    (
        "Recordatorio de visita",
        Channel.WHATSAPP,
        "Hola {{name}}, te recordamos tu visita de mañana con {{agent}}. Si necesitas cambiarla, "
        "responde a este mensaje.",
        AgentType.SCHEDULER,
    ),
    (
        "Documentos para el crédito",
        Channel.EMAIL,
        "Hola {{name}}: para la evaluación necesitamos tus tres últimas liquidaciones de sueldo y el "
        "certificado de AFP de 12 meses. La decisión es siempre del banco.",
        AgentType.FINANCIAL,
    ),
)


def seed(context: Context) -> None:
    _make_templates(context)
    for number, person in enumerate((*PEOPLE, *RIVALS)):
        is_rival = person in RIVALS
        agent = person.agent or (person.visit.agent if person.visit else "")
        story = stories.compose(
            context,
            person,
            broker=context.rival if is_rival else context.broker,
            agent=context.users[agent].name if agent else "",
            phone=f"+569555501{number:02d}",
        )
        context.stories[person.key] = story
        replay.plan(context, story, number)
    context.plan(context.at, lambda _: _finish(context))


def _finish(context: Context) -> None:
    for person in PEOPLE:
        if person.tags:
            Lead.objects.filter(pk=context.leads[person.key].pk).update(tags=list(person.tags))
    replay.finish(context, context.at)
    # Whatever alerted somebody in the demo's past has done so.
    raised = LeadAlert.objects.filter(broker__in=[context.broker, context.rival])
    raised.update(state=AlertState.SENT, sent_at=context.at)


def _make_templates(context: Context) -> None:
    for name, channel, content, agent_type in TEMPLATES:
        needs_approval = channel == Channel.WHATSAPP
        MessageTemplate.objects.create(
            broker=context.broker,
            name=name,
            channel=channel,
            content=content,
            agent_type=agent_type,
            whatsapp_name="recordatorio_visita" if needs_approval else "",
            whatsapp_language="es_CL" if needs_approval else "",
            approval=TemplateApproval.APPROVED if needs_approval else TemplateApproval.NONE,
        )
