"""Every message that leaves: queued as a row, asked about at the gate, handed to its channel."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm import connections, correlation
from crm.errors import DomainError, FilesAway
from leads import (
    agenda,
    attachments,
    delivery,
    gate,
    handoff,
    identity,
    placeholders,
    reasons,
    signals,
    storable,
    templating,
)
from leads.channels import whatsapp_templates
from leads.channels.base import BLOCKED, Outgoing, adapter_of
from leads.enums import NEVER_LEFT, Author, Delivery, Direction, Purpose
from leads.errors import Arrived, ChannelError, NoChannel, Overtaken, Refused, SentAlready
from leads.models import ChannelIdentity, ChatMessage, Lead, MessageTemplate

log = logging.getLogger(__name__)

MAX_LENGTH = 20_000
BACK_OFF_SECONDS = (5, 30, 120, 600, 1800)
# Its turn was not yet, or its file cannot be had at the moment: that never fails a message.
WAITS = ("rate_limited", FilesAway.code)
RESENT = "resend:"  # begins the key of a message that repeats another


def queue(
    lead: Lead,
    *,
    text: str,
    author: Author | str,
    purpose: Purpose | str,
    at: datetime,
    channel: str | None = None,
    sent_by: Any = None,
    idempotency_key: str | None = None,
    due_at: datetime | None = None,
    version: int | None = None,
    metadata: dict[str, Any] | None = None,
) -> ChatMessage:
    """Store a message to be sent; the same ``idempotency_key`` again gives the first one back."""
    message = ChatMessage(
        lead=lead,
        broker_id=lead.broker_id,
        provider=channel or lead.conversation.channel,
        message_text=_stored(text),
        direction=Direction.OUT,
        author=author,
        sent_by=sent_by,
        purpose=purpose,
        status=Delivery.PENDING,
        due_at=due_at or at,
        conversation_version=version,
        provider_metadata=metadata or {},
        ai_response_used=author == Author.ASSISTANT,
        idempotency_key=idempotency_key,
        at=at,
    )
    stored = _store_once(message)
    if stored is message:
        if due_at is not None and due_at > at:
            agenda.refresh([lead.pk], at=at)
        _start(message, message.due_at)
    return stored


def _start(message: ChatMessage, due_at: datetime | None) -> None:
    told = {"message_id": message.pk, "purpose": message.purpose, "due_at": due_at}
    signals.announce(signals.message_queued, **told)


def _store_once(message: ChatMessage) -> ChatMessage:
    if message.idempotency_key is None:
        message.save()
        return message
    try:
        with transaction.atomic():
            message.save(force_insert=True)
        return message
    except IntegrityError:
        return ChatMessage.objects.get(
            broker_id=message.broker_id, idempotency_key=message.idempotency_key
        )


@dataclass(frozen=True)
class Upload:
    """A file that a person sends with their message."""

    filename: str
    content: bytes


@transaction.atomic
def send_by_person(
    lead: Lead,
    *,
    by: Any,
    text: str = "",
    at: datetime,
    idempotency_key: str | None = None,
    template: MessageTemplate | None = None,
    values: Mapping[str, str] | None = None,
    upload: Upload | None = None,
) -> ChatMessage:
    """A person writes to the lead, and thereby takes the microphone.

    An approved ``template``, filled from the lead and from ``values``, goes where WhatsApp's
    window is closed. The same key of the same person again gives the first message back, also
    where the gate would refuse by now. Raises NoChannel, Refused (with the gate's reason),
    SentAlready, BadFile, or DomainError for a template that misses a value, before anything is
    stored.
    """
    carried: dict[str, Any] = {}
    if template is not None:
        known = whatsapp_templates.complete(template, placeholders.filled(template, lead, values))
        carried = whatsapp_templates.metadata(template, known)
        text = templating.render(template.content, known)
    if not text.strip() and upload is None:
        raise DomainError(_("Escribe un mensaje."), code="blank", field="text")
    key = f"{_named_by(by.pk)}{idempotency_key}" if idempotency_key else None
    mine = ChatMessage.objects.filter(broker_id=lead.broker_id, idempotency_key=key)
    if key and (sent := mine.first()):
        return _same(sent, lead, text, upload)
    handoff.take(lead, by=by, at=at)
    lead.refresh_from_db()
    channel = lead.conversation.channel
    _may_write(lead, channel, template, upload, at)
    message = queue(
        lead,
        text=text,
        author=Author.USER,
        purpose=Purpose.HUMAN,
        channel=channel,
        sent_by=by,
        idempotency_key=key,
        metadata=carried,
        at=at,
    )
    if upload is not None and not message.files.exists():
        attachments.keep(message, filename=upload.filename, content=upload.content)
    return _same(message, lead, text, upload)


def client_id(message: ChatMessage) -> str | None:
    """The key under which the person who wrote a message sent it."""
    key, named = message.idempotency_key or "", _named_by(message.sent_by_id)
    return key.removeprefix(named) if key.startswith(named) else None


def _named_by(person_id: int | None) -> str:
    return f"person:{person_id}:"


def _same(message: ChatMessage, lead: Lead, text: str, upload: Upload | None) -> ChatMessage:
    """What was sent under a key; anything else under it would be lost without a word."""
    sizes = [len(upload.content)] if upload else []
    stored = (
        message.lead_id,
        message.message_text,
        list(message.files.values_list("size", flat=True)),
    )
    if stored != (lead.pk, _stored(text), sizes):
        raise SentAlready
    return message


def _stored(text: str) -> str:
    return storable.text(text)[:MAX_LENGTH]


@transaction.atomic
def resend(message: ChatMessage, *, by: Any, at: datetime) -> ChatMessage:
    """A person sends once more what did not arrive: once, whoever asks, and as a message of theirs.

    Raises Arrived, NoChannel, or Refused (with the gate's reason), before anything is stored.
    """
    lead: Lead = message.lead
    handoff.take(lead, by=by, at=at)
    message.refresh_from_db()
    _refuse_to_repeat(message)
    channel = handoff.locked(lead).channel
    template = whatsapp_templates.approved_for(message) if message.provider == channel else None
    _ask_gate(lead, channel, at, by_template=template is not None)
    carried = {"template": message.provider_metadata["template"]} if template else {}
    return queue(
        lead,
        text=message.message_text,
        author=Author.USER,
        purpose=Purpose.HUMAN,
        channel=channel,
        sent_by=by,
        idempotency_key=f"{RESENT}{message.pk}",
        metadata=carried,
        at=at,
    )


def _refuse_to_repeat(message: ChatMessage) -> None:
    if message.direction != Direction.OUT or message.status not in NEVER_LEFT:
        raise Arrived
    if message.files.exists():
        told = _("Ese mensaje llevaba un archivo: adjúntalo de nuevo en una respuesta.")
        raise Refused(told, reason="files_not_resent")


def _may_write(
    lead: Lead,
    channel: str,
    template: MessageTemplate | None,
    upload: Upload | None,
    at: datetime,
) -> None:
    approved = template is not None and template.opens_window
    _ask_gate(lead, channel, at, by_template=approved)
    adapter = adapter_of(channel)
    by_template = template is not None and not gate.is_window_open(lead, at)
    if upload is not None and (by_template or adapter is None or not adapter.takes_files):
        told = _("Por este canal no se pueden enviar archivos en este momento.")
        raise Refused(told, reason="files_not_taken")


def _ask_gate(lead: Lead, channel: str, at: datetime, *, by_template: bool) -> None:
    verdict = gate.may_contact(lead, channel, Purpose.HUMAN, at, template_approved=by_template)
    if verdict.reason == "no_identity":
        raise NoChannel
    if not verdict.allowed:
        raise Refused(reasons.told(verdict.reason), reason=verdict.reason)


def deliver(message_id: int, *, at: datetime) -> bool:
    """Send one due message; False when it is not ours to send now."""
    if not delivery.claim(message_id, at=at):
        return False
    message = _with_context(message_id)
    template = whatsapp_templates.approved_for(message)
    verdict = gate.may_contact(
        message.lead,
        message.provider,
        message.purpose,
        at,
        version=message.conversation_version,
        template_approved=template is not None,
        ignore_message=message.pk,
    )
    if verdict.allowed:
        _send(message, verdict.to, template, at)
    elif verdict.next_allowed_at and message.purpose == Purpose.MARKETING:
        delivery.postpone(message, until=verdict.next_allowed_at, reason=verdict.reason, at=at)
    else:
        delivery.block(message, reason=verdict.reason, at=at)
    _start_next(message, at)
    return True


def _start_next(message: ChatMessage, at: datetime) -> None:
    """What waited for its turn goes now, not with the next sweep."""
    waiting = delivery.next_due(message, at=at)
    if waiting is not None:
        _start(waiting, waiting.due_at)


def _with_context(message_id: int) -> ChatMessage:
    configs = ("lead__broker__brokerleadconfig", "lead__broker__brokerchatconfig")
    related = (*configs, "lead__conversation")
    message: ChatMessage = ChatMessage.objects.select_related(*related).get(pk=message_id)
    correlation.bind(broker_id=message.broker_id)
    return message


def _send(
    message: ChatMessage,
    to: ChannelIdentity | None,
    template: dict[str, Any] | None,
    at: datetime,
) -> None:
    adapter = adapter_of(message.provider)
    if adapter is None:
        delivery.fail(message, reason="channel_not_available", at=at)
        return
    if gate.is_window_open(message.lead, at):
        template = None
    version = None if message.purpose in gate.WHOEVER_HOLDS else message.lead.conversation.version
    try:
        external_id = adapter.send(Outgoing(message, to, template, version))
    except Overtaken:
        _ask_again(message, at)
    except ChannelError as error:
        refusal = error
        # Only we know that it did not leave: an outage of the database is waited for.
        connections.persist(lambda: _refused(message, to, refusal, at))
    else:
        delivery.mark_sent(message, external_id=external_id, at=at)


def _ask_again(message: ChatMessage, at: datetime) -> None:
    """What the gate allowed is no longer so: nothing has left, and the next try asks it afresh."""
    if delivery.postpone(message, until=at, reason="conversation_moved_on", at=at):
        _start(message, at)


def _refused(
    message: ChatMessage, to: ChannelIdentity | None, error: ChannelError, at: datetime
) -> None:
    log.warning("message %s not taken: %s", message.pk, error.reason)
    if error.reason == BLOCKED and to is not None:
        identity.block(to, at=at)
    waits = error.reason in WAITS
    if error.permanent or (message.attempts >= delivery.MAX_ATTEMPTS and not waits):
        delivery.fail(message, reason=error.reason, at=at)
        return
    step = min(message.attempts, len(BACK_OFF_SECONDS)) - 1
    wait = error.retry_after or BACK_OFF_SECONDS[max(step, 0)]
    until = at + timedelta(seconds=wait)
    attempts = message.attempts
    if waits:
        # Where the wait is known, waiting is no attempt; where it is not, each try waits longer.
        # One stays counted: it keeps its place before the lead's later messages.
        known = error.retry_after is not None
        attempts = max(attempts - 1, 1) if known else min(attempts, delivery.MAX_ATTEMPTS - 1)
    if delivery.put_off(message, until=until, reason=error.reason, at=at, attempts=attempts):
        _start(message, until)


def recover(*, at: datetime) -> int:
    """Settle messages whose sender died in the call: repeat where harmless, else show a person."""
    lost = delivery.abandoned(at=at)
    for message in lost:
        adapter = adapter_of(message.provider)
        again = message.attempts < delivery.MAX_ATTEMPTS
        if message.status == Delivery.PENDING:
            delivery.fail(message, reason="interrupted_too_often", at=at)
        elif again and adapter is not None and adapter.resend_safe:
            delivery.put_off(message, until=at, reason="sender_died", at=at)
        else:
            delivery.fail(message, reason=delivery.OUTCOME_UNKNOWN, at=at)
    return len(lost)
