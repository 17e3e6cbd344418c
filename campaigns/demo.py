"""The demo's campaign: it wakes up leads who went silent, and stops when they answer."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import F

from campaigns import ledger
from campaigns.models import (
    Campaign,
    CampaignChannel,
    CampaignEnrollment,
    CampaignLog,
    CampaignStatus,
    CampaignStep,
    EnrollmentState,
    LogStatus,
    StepAction,
    Trigger,
)
from crm.demo import Context
from leads import outbox, templating
from leads.demo import replay
from leads.demo.stories import Line
from leads.enums import Author, Channel, Purpose
from leads.models import Lead, MessageTemplate

TEMPLATES = ("Reactivación · primer contacto", "Reactivación · opciones", "Invitación a visitar")
DELAYS = (0, 48, 96)
SENDS_AT = time(10, 40)
REPLY = "Hola! sí, sigo buscando. Cuénteme qué tienen, ando viendo para invertir"
ANSWER = (
    "¡Qué bueno saber de ti, {first}! Tenemos un estudio en Santa Isabel, en Santiago, por UF 2.150, "
    "con arrendatario vigente. ¿Te gustaría conocerlo?"
)
# Of each lead: working days ago of every step sent, and how the enrolment ended.
RUNS: dict[str, tuple[tuple[int, ...], str]] = {
    "benjamin": ((-2,), "replied"),
    "felipe": ((-3, -1), ""),
    "nicolas": ((-1,), ""),
    "constanza": ((-8, -6, -2), "completed"),
    "jorge": ((-11,), "opted_out"),
}


def seed(context: Context) -> None:
    campaign = Campaign.objects.create(
        broker=context.broker,
        name="Reactivación de leads sin respuesta",
        description="Tres mensajes en una semana para quienes dejaron de escribir hace tres días.",
        channel=CampaignChannel.TELEGRAM,
        status=CampaignStatus.ACTIVE,
        triggered_by=Trigger.INACTIVITY,
        trigger_condition={"days": 3},
        max_contacts=len(RUNS),  # the demo's story is told: nobody else enters it
        activated_at=context.on(-40, time(10, 30)),
        created_at=context.on(-40, time(10, 30)),
    )
    steps = [_step(campaign, number) for number in (1, 2, 3)]
    for key, (days, ending) in RUNS.items():
        _plan_run(context, campaign, steps, key, days, ending)
    context.plan(context.at, lambda _: _write_history(context, campaign))


def _step(campaign: Campaign, number: int) -> CampaignStep:
    template = MessageTemplate.objects.get(broker=campaign.broker, name=TEMPLATES[number - 1])
    step: CampaignStep = CampaignStep.objects.create(
        broker=campaign.broker,
        campaign=campaign,
        step_number=number,
        action=StepAction.SCHEDULE_MEETING if number == len(TEMPLATES) else StepAction.SEND_MESSAGE,
        message_template=template,
        delay_hours=DELAYS[number - 1],
        window_start=time(10),
        window_end=time(19),
    )
    return step


def _plan_run(
    context: Context,
    campaign: Campaign,
    steps: list[CampaignStep],
    key: str,
    days: tuple[int, ...],
    ending: str,
) -> None:
    moments = [context.on(context.workday(day), SENDS_AT) for day in days]
    context.plan(moments[0] - timedelta(minutes=5), lambda at: _enroll(context, campaign, key, at))
    for step, moment in zip(steps, moments, strict=False):
        context.plan(moment, _sending(context, step, key))
    last = moments[-1]
    if ending == "replied":
        context.plan(last + timedelta(minutes=40), lambda at: _reply(context, key, at))
    if ending:
        context.plan(last + timedelta(minutes=41), lambda _: _end(context, campaign, key, ending))
    else:
        following = steps[len(days)]
        due = context.on(context.workday(len(days)), SENDS_AT)
        context.plan(last, lambda _: _log(context, following, key, due))


def _enroll(context: Context, campaign: Campaign, key: str, at: datetime) -> None:
    CampaignEnrollment.objects.create(
        broker=context.broker,
        campaign=campaign,
        lead=context.leads[key],
        enrolled_at=at,
        trigger_key=f"inactivity:{at:%Y-%m-%d}",
        created_at=at,
    )
    Campaign.objects.filter(pk=campaign.pk).update(contacts_made=F("contacts_made") + 1)


def _sending(context: Context, step: CampaignStep, key: str) -> Any:
    text = step.message_template.content if step.message_template else step.message_text

    def send(at: datetime) -> None:
        lead = context.leads[key]
        log = _log(context, step, key, at)
        message = outbox.queue(
            lead,
            text=templating.render(text, _values(context, lead)),
            author=Author.CAMPAIGN,
            purpose=Purpose.MARKETING,
            channel=Channel.TELEGRAM,
            idempotency_key=f"campaign:{log.pk}",
            at=at,
        )
        replay.send(message, at)
        CampaignLog.objects.filter(pk=log.pk).update(
            status=LogStatus.SENT, executed_at=at, attempts=1, message=message
        )

    return send


def _values(context: Context, lead: Lead) -> dict[str, str]:
    places = lead.metadata.get("location") or ["tu comuna"]
    first = (lead.name or "").partition(" ")[0]
    return {"name": first, "broker": context.broker.name, "location": places[0]}


def _log(context: Context, step: CampaignStep, key: str, due_at: datetime) -> CampaignLog:
    lead = context.leads[key]
    enrollment = CampaignEnrollment.objects.get(campaign=step.campaign, lead=lead)
    log: CampaignLog = CampaignLog.objects.create(
        broker=context.broker,
        lead=lead,
        enrollment=enrollment,
        campaign=step.campaign,
        step=step,
        due_at=due_at,
    )
    return log


def _reply(context: Context, key: str, at: datetime) -> None:
    story, number = context.stories[key], list(context.stories).index(key)
    lead = replay.hear(context, story, Line(at, "lead", REPLY), f"{number}:90", at)
    replay.answer(lead, ANSWER.format(first=story.person.first), at + timedelta(seconds=9))


def _end(context: Context, campaign: Campaign, key: str, reason: str) -> None:
    state = EnrollmentState.FINISHED if reason == "completed" else EnrollmentState.STOPPED
    enrollments = CampaignEnrollment.objects.filter(campaign=campaign, lead=context.leads[key])
    enrollments.update(state=state, reason=reason)


def _write_history(context: Context, campaign: Campaign) -> None:
    ledger.write(campaign.enrollments.values_list("lead", flat=True), at=context.at)
