"""How often one lead is answered: who writes without end costs a bounded number of turns.

Every message is stored whatever the limits say, and the next turn answers all that came. Beyond a
minute's turns it only comes a little later. Beyond a day's the lead is told so once, the brokerage
is alerted once, and the conversation goes on as soon as the last 24 hours hold fewer turns.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from leads import alerts, outbox
from leads.enums import AlertKind, Author, Purpose
from leads.models import ChatMessage, Conversation

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NOTICE = (
    "Recibí muchos mensajes tuyos en poco tiempo. Están todos guardados: te respondo más tarde, "
    "y ya le avisé al equipo."
)


def full_until(conversation: Conversation, at: datetime) -> datetime | None:
    """From when on the lead may be answered again; None where that is now."""
    ours = ChatMessage.objects.filter(
        lead_id=conversation.lead_id,
        author=Author.ASSISTANT,
        purpose=Purpose.REPLY,
        at__gt=at - DAY,
    )
    a_minute, a_day = settings.TURNS_PER_MINUTE, settings.TURNS_PER_DAY
    answers = list(ours.order_by("-id").values_list("at", flat=True)[:a_day])
    if len(answers) == a_day:
        _tell_once(conversation, at)
        return answers[-1] + DAY
    if len(answers) >= a_minute and answers[a_minute - 1] > at - MINUTE:
        return answers[a_minute - 1] + MINUTE
    return None


@transaction.atomic
def _tell_once(conversation: Conversation, at: datetime) -> None:
    """The caller has the conversation's lease: nobody tells it at the same moment."""
    key = f"turns-full:{conversation.pk}:"
    notices = ChatMessage.objects.filter(lead_id=conversation.lead_id, author=Author.SYSTEM)
    if notices.filter(idempotency_key__startswith=key, at__gt=at - DAY).exists():
        return
    key += str(conversation.last_inbound_id)
    outbox.queue(
        conversation.lead,
        text=NOTICE,
        author=Author.SYSTEM,
        purpose=Purpose.REPLY,
        channel=conversation.channel,
        idempotency_key=key,
        at=at,
    )
    alerts.raise_for(
        conversation.broker_id, AlertKind.FLOOD, key=key, lead=conversation.lead, at=at
    )
