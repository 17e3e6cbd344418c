"""A conversation held with the real assistant: received, answered turn by turn, and looked at."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q

from brokers.models import Broker
from leads import outbox
from leads.enums import Author, Channel, ConsentState, Holder
from leads.inbox import Inbound, receive
from leads.models import ChatMessage, Lead
from llm import conversation
from llm.models import LLMCall
from scheduling.evaluation.cases import Case, Step
from scheduling.evaluation.judging import Happened
from scheduling.models import Appointment, AppointmentStatus

BETWEEN = timedelta(minutes=2)
THINKING = timedelta(seconds=30)
MOST_TURNS = 3  # a turn that failed is tried again, as the sweep would
ACTIVE = (AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED)


def play(case: Case, broker: Broker, *, at: datetime) -> Happened:
    """The lead writes each message once the one before is answered."""
    moment, lead_id = at, 0
    for number, text in enumerate(case.messages):
        message = receive(
            Inbound(
                broker=broker,
                channel=Channel.WEBCHAT,
                external_user=f"evaluation-{case.id}",
                external_id=f"evaluation-{case.id}:{number}",
                text=text,
                at=moment,
            )
        ).message
        lead_id = message.lead_id
        _answer(lead_id, moment + THINKING)
        moment += BETWEEN
    return _happened(Lead.objects.get(pk=lead_id))


def _answer(lead_id: int, at: datetime) -> None:
    held = Lead.objects.select_related("conversation").get(pk=lead_id).conversation
    for _ in range(MOST_TURNS):
        conversation.take_turn(held.pk, at=at)
        if not conversation.owed(at).filter(pk=held.pk).exists():
            break
        at += timedelta(minutes=1)
    waiting = ChatMessage.objects.filter(lead=lead_id, status="pending", due_at__lte=at)
    for message_id in waiting.order_by("pk").values_list("pk", flat=True):
        outbox.deliver(message_id, at=at)


def _happened(lead: Lead) -> Happened:
    ours = lead.messages.filter(author__in=[Author.ASSISTANT, Author.SYSTEM]).order_by("pk")
    calls = list(LLMCall.objects.filter(lead=lead))
    costs = [call.estimated_cost_usd for call in calls]
    known = [cost for cost in costs if cost is not None]
    return Happened(
        lead,
        list(ours.values_list("message_text", flat=True)),
        _step(lead, list(ours)),
        input_tokens=sum(call.input_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
        cost_usd=sum(known, Decimal(0)) if len(known) == len(costs) else None,
        fell_back=sum(call.used_fallback for call in calls),
    )


def _step(lead: Lead, ours: list[ChatMessage]) -> Step:
    """Where the conversation stands after its last message, by what is stored."""
    if lead.consents.filter(state=ConsentState.WITHDRAWN).exists():
        return "opt_out"
    waits = Q(holder=Holder.WAITING) | ~Q(waiting_reason="")
    if type(lead.conversation).objects.filter(waits, lead=lead).exists():
        return "person"
    if Appointment.objects.filter(lead=lead, status__in=ACTIVE).exists():
        return "book"
    last = ours[-1] if ours else None
    if last is not None and last.provider_metadata.get("choices"):
        return "offer_hours"
    return "ask" if last is not None and "?" in last.message_text else "inform"
