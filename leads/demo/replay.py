"""Walks a story through the same doors that live messages take."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from crm.demo import Context
from leads import assignment, delivery, facts, handoff, inbox, outbox, pipeline, scoring
from leads.demo import lines
from leads.demo.stories import Line, Story
from leads.enums import Author, Channel, Delivery, Direction, HandoffReason, Purpose
from leads.models import ChatMessage, Conversation, Lead, TelegramMessage
from leads.stages import Stage

BOT = 1
FIRST_CHAT = 70_000_100


def plan(context: Context, story: Story, number: int) -> None:
    """Put every line of a story, and what people did around it, into the agenda."""
    for place, line in enumerate(story.told):
        context.plan(line.at, _saying(context, story, line, f"{number}:{place}"))
    first, last = story.told[0].at, story.told[-1].at
    if story.person.agent and not story.person.visit:  # booking gives the others away
        context.plan(first + timedelta(minutes=21), _assigning(context, story))
    if story.person.ending in lines.HANDOVERS:
        context.plan(last - timedelta(seconds=2), _handing_over(context, story))
    if story.person.ending == "not_qualified":
        before_agent = next(line.at for line in story.told if line.who == "agent")
        asked = max(line.at for line in story.told if line.at < before_agent)
        context.plan(asked - timedelta(seconds=2), _handing_over(context, story))
    _plan_ending(context, story, last)


def _plan_ending(context: Context, story: Story, last: datetime) -> None:
    ending, soon = story.person.ending, timedelta(minutes=18)
    if ending in lines.REASONS:
        context.plan(last + soon, _moving(context, story, Stage.LOST, lines.REASONS[ending]))
    if ending == "referral":
        context.plan(last + soon, _moving(context, story, Stage.REFERRALS, ""))
    if ending == "won":
        context.plan(last + soon, _moving(context, story, Stage.WON, ""))
    if ending in ("won", "referral", "postponed", "bought_elsewhere"):
        context.plan(last + 2 * soon, _giving_back(context, story))


def _saying(context: Context, story: Story, line: Line, number: str) -> Any:
    if line.who == "lead":
        return lambda at: hear(context, story, line, number, at)
    if line.who == "assistant":
        return lambda at: answer(context.leads[story.person.key], line.text, at)
    return lambda at: write(context, story, line.text, at)


def hear(context: Context, story: Story, line: Line, number: str, at: datetime) -> Lead:
    """A message of the lead: stored, its facts recorded, the score brought up to date."""
    person = story.person
    chat = FIRST_CHAT + int(number.partition(":")[0])
    is_telegram = person.channel == Channel.TELEGRAM
    received = inbox.receive(
        inbox.Inbound(
            broker=story.broker,
            channel=Channel(person.channel),
            external_user=str(chat) if is_telegram else f"demo-{person.key}",
            external_id=f"{BOT}:{chat}:{number}" if is_telegram else f"demo:{number}",
            text=line.text,
            at=at,
            display_name=person.first,
        )
    )
    message = received.message
    lead: Lead = context.leads.setdefault(person.key, message.lead)
    if is_telegram:
        _keep_telegram(message, chat, number)
    if line.facts:
        facts.record(lead, line.facts, source="lead", message=message, at=at)
    else:
        pipeline.refresh(lead, at=at)
        scoring.rescore(lead, at=at, cause=message)
    # The answer follows in the story, not from the worker.
    Conversation.objects.filter(lead=lead).update(turn_due_at=None, answered_up_to=message.pk)
    if story.person.ending == "opted_out":
        send_pending(lead, at)
    return lead


def _keep_telegram(message: ChatMessage, chat: int, number: str) -> None:
    """Telegram's own ledger of the update that brought the message."""
    TelegramMessage.objects.create(
        broker_id=message.broker_id,
        lead_id=message.lead_id,
        bot_id=BOT,
        update_id=message.pk,
        telegram_user_id=chat,
        chat_id=chat,
        telegram_message_id=int(number.rpartition(":")[2]),
        direction=Direction.IN,
        payload={
            "message": {"chat": {"id": chat, "type": "private"}, "text": message.message_text}
        },
        chat_message=message,
        created_at=message.at,
    )


def answer(lead: Lead, text: str, at: datetime) -> None:
    send(outbox.queue(lead, text=text, author=Author.ASSISTANT, purpose=Purpose.REPLY, at=at), at)


def write(context: Context, story: Story, text: str, at: datetime) -> None:
    lead = context.leads[story.person.key]
    send(outbox.send_by_person(lead, by=_agent(context, story), text=text, at=at), at)


def send(message: ChatMessage, at: datetime) -> None:
    """What was queued has been sent: the demo's past waits for no channel."""
    delivery.claim(message.pk, at=at)
    message.refresh_from_db(fields=["lease_until"])
    delivery.mark_sent(message, external_id=f"out:{message.pk}", at=at)


def send_pending(lead: Lead, at: datetime) -> None:
    """What a door queued by itself: the confirmation of an opt-out."""
    for message in ChatMessage.objects.filter(lead=lead, status=Delivery.PENDING):
        send(message, at)


def _agent(context: Context, story: Story) -> Any:
    person = story.person
    return context.users[person.agent or (person.visit.agent if person.visit else "ana")]


def _assigning(context: Context, story: Story) -> Any:
    def assign(at: datetime) -> None:
        lead, agent = context.leads[story.person.key], _agent(context, story)
        assignment.assign(lead, to=agent, by=context.users["admin"], at=at)

    return assign


def _handing_over(context: Context, story: Story) -> Any:
    def hand_over(at: datetime) -> None:
        lead = context.leads[story.person.key]
        told = lines.HANDOVERS.get(story.person.ending)
        reason, brief = told[2:] if told else (HandoffReason.NOT_QUALIFIED, "")
        handoff.ask_for_person(lead, reason=reason, brief=brief, at=at)

    return hand_over


def _moving(context: Context, story: Story, stage: Stage, reason: str) -> Any:
    def move(at: datetime) -> None:
        lead = context.leads[story.person.key]
        lead.refresh_from_db()
        pipeline.move(lead, to=stage, by=_agent(context, story), reason=reason, at=at)
        scoring.rescore(lead, at=at)

    return move


def _giving_back(context: Context, story: Story) -> Any:
    def give_back(at: datetime) -> None:
        handoff.give_back(context.leads[story.person.key], by=_agent(context, story), at=at)

    return give_back


def finish(context: Context, at: datetime) -> None:
    """Rows carry the moment they tell of; scores are those of today."""
    brokers = [context.broker, context.rival]
    ChatMessage.objects.filter(broker__in=brokers).update(created_at=F("at"))
    leads = Lead.objects.filter(broker__in=brokers).select_related("broker__brokerleadconfig")
    scoring.rescore_batch(list(leads.select_for_update(of=("self",)).order_by("pk")), at=at)
