"""The one history of messages, the conversation that holds them, and Telegram's own ledger."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from crm.models import one_of
from leads.enums import Author, Channel, Delivery, Direction, HandoffReason, Holder, Purpose
from leads.models.lead import Lead, LeadOwned

UNREAD = Q(last_inbound_id__gt=F("read_up_to"))
ASKS_FOR_PERSON = Q(waiting_reason__gt="")
NEED = Case(When(ASKS_FOR_PERSON, then=Value(0)), When(UNREAD, then=Value(1)), default=Value(2))
# Who waits for a person first (the longest wait above), then the unread, then the latest.
URGENCY = (
    NEED,
    F("waiting_since").asc(nulls_last=True),
    F("last_inbound_at").desc(nulls_last=True),
    F("id").desc(),
)


class Conversation(LeadOwned):
    """One per lead: who holds the microphone, the lease of a running turn, and the summary.

    ``turn_due_at`` is the queue: a reply is owed from that moment. ``answered_up_to`` is the id
    of the last inbound message that a turn has answered, ``read_up_to`` of the last one that the
    person who looks after the lead has seen.
    """

    lead = models.OneToOneField(
        Lead, on_delete=models.CASCADE, related_name="conversation", verbose_name=_("lead")
    )
    holder = models.CharField(
        _("micrófono"), max_length=20, choices=Holder.choices, default=Holder.ASSISTANT
    )
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lo tiene"),
    )
    version = models.PositiveIntegerField(_("versión"), default=1)
    channel = models.CharField(
        _("canal"), max_length=20, choices=Channel.choices, default=Channel.WEBCHAT
    )
    waiting_since = models.DateTimeField(_("espera desde"), null=True, blank=True)
    waiting_reason = models.CharField(
        _("motivo de la espera"), max_length=20, choices=HandoffReason.choices, blank=True
    )
    brief = models.TextField(_("resumen para la persona"), blank=True)
    alerted_step = models.PositiveSmallIntegerField(_("avisos enviados"), default=0)
    turn_due_at = models.DateTimeField(_("respuesta pendiente desde"), null=True, blank=True)
    turn_attempts = models.PositiveSmallIntegerField(_("intentos del turno"), default=0)
    lease = models.UUIDField(_("turno en curso"), null=True, blank=True)
    lease_until = models.DateTimeField(_("turno en curso hasta"), null=True, blank=True)
    turn_taken_at = models.DateTimeField(_("último turno"), null=True, editable=False)
    answered_up_to = models.BigIntegerField(_("respondido hasta"), default=0)
    stalled_turns = models.PositiveSmallIntegerField(_("turnos sin avance"), default=0)
    last_inbound_id = models.BigIntegerField(_("último entrante"), default=0)
    read_up_to = models.BigIntegerField(_("leído hasta"), default=0)
    last_inbound_at = models.DateTimeField(_("último mensaje del lead"), null=True, blank=True)
    last_outbound_at = models.DateTimeField(_("último mensaje enviado"), null=True, blank=True)
    first_inbound_at = models.DateTimeField(_("primer mensaje del lead"), null=True, blank=True)
    first_answer_at = models.DateTimeField(_("primera respuesta"), null=True, blank=True)
    first_human_answer_at = models.DateTimeField(
        _("primera respuesta de una persona"), null=True, blank=True
    )
    summary = models.TextField(_("resumen"), blank=True)
    summary_up_to = models.BigIntegerField(_("resumido hasta"), default=0)

    class Meta:
        db_table = "conversations"
        verbose_name = _("conversación")
        verbose_name_plural = _("conversaciones")
        ordering = ["-last_inbound_at", "-id"]
        constraints = [
            one_of("holder", Holder, "conversations"),
            one_of("channel", Channel, "conversations"),
            models.CheckConstraint(
                condition=Q(waiting_reason__in=["", *HandoffReason.values]),
                name="conversations_waiting_reason_valid",
            ),
            models.CheckConstraint(
                condition=Q(held_by__isnull=True) | Q(holder=Holder.USER),
                name="conversations_held_by_a_person",
            ),
            models.CheckConstraint(
                condition=(Q(holder=Holder.WAITING) & Q(waiting_since__isnull=False))
                | (~Q(holder=Holder.WAITING) & Q(waiting_since__isnull=True)),
                name="conversations_waiting_since",
            ),
            models.CheckConstraint(
                condition=Q(lease__isnull=True) | Q(lease_until__isnull=False),
                name="conversations_lease_ends",
            ),
        ]
        indexes = [
            models.Index(
                fields=["broker", "holder", "-last_inbound_at"], name="conversations_holder"
            ),
            models.Index(
                fields=["broker", "channel", "-last_inbound_at"], name="conversations_channel"
            ),
            models.Index(F("broker"), *URGENCY, name="conversations_urgency"),
            # For the choice of the next turn (llm.turn_queue): what is due, under way, and served.
            models.Index(
                fields=["broker", "turn_due_at"],
                name="conversations_due_in_broker",
                condition=Q(turn_due_at__isnull=False),
            ),
            models.Index(
                fields=["broker", "lease_until"],
                name="conversations_at_work",
                condition=Q(lease__isnull=False),
            ),
            models.Index(fields=["broker", "-turn_taken_at"], name="conversations_taken"),
            models.Index(
                fields=["turn_due_at"],
                condition=Q(turn_due_at__isnull=False),
                name="conversations_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{_('Conversación')} {self.lead_id}"


class ChatMessage(LeadOwned):
    """One message of any channel, in or out, with its delivery state."""

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="messages", verbose_name=_("lead")
    )
    provider = models.CharField(_("canal"), max_length=20, choices=Channel.choices)
    channel_user_id = models.CharField(_("usuario en el canal"), max_length=200, blank=True)
    channel_message_id = models.CharField(
        _("mensaje en el canal"), max_length=300, null=True, blank=True
    )
    message_text = models.TextField(_("texto"))
    direction = models.CharField(_("sentido"), max_length=3, choices=Direction.choices)
    author = models.CharField(_("autor"), max_length=20, choices=Author.choices)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("enviado por"),
    )
    purpose = models.CharField(
        _("propósito"), max_length=20, choices=Purpose.choices, default=Purpose.REPLY
    )
    status = models.CharField(_("estado"), max_length=20, choices=Delivery.choices)
    reason = models.CharField(_("motivo"), max_length=50, blank=True)
    due_at = models.DateTimeField(_("enviar desde"), null=True, blank=True)
    lease_until = models.DateTimeField(_("envío en curso hasta"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)
    conversation_version = models.PositiveIntegerField(
        _("versión de la conversación"), null=True, blank=True
    )
    provider_metadata = models.JSONField(_("datos del canal"), default=dict, blank=True)
    attachments = models.JSONField(_("adjuntos"), default=list, blank=True)
    ai_response_used = models.BooleanField(_("escrito por IA"), default=False)
    idempotency_key = models.CharField(
        _("clave de idempotencia"), max_length=200, null=True, blank=True
    )
    at = models.DateTimeField(_("momento"))

    class Meta:
        db_table = "chat_messages"
        verbose_name = _("mensaje")
        verbose_name_plural = _("mensajes")
        ordering = ["-id"]
        constraints = [
            one_of("provider", Channel, "chat_messages"),
            one_of("direction", Direction, "chat_messages"),
            one_of("author", Author, "chat_messages"),
            one_of("purpose", Purpose, "chat_messages"),
            one_of("status", Delivery, "chat_messages"),
            models.CheckConstraint(
                condition=Q(direction=Direction.IN, author=Author.LEAD)
                | (Q(direction=Direction.OUT) & ~Q(author=Author.LEAD)),
                name="chat_messages_author_fits_direction",
            ),
            models.UniqueConstraint(
                fields=["broker", "provider", "channel_message_id"],
                condition=Q(channel_message_id__isnull=False),
                name="chat_messages_external_unique",
            ),
            models.UniqueConstraint(
                fields=["broker", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="chat_messages_idempotency_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["lead", "id"], name="chat_messages_lead"),
            models.Index(fields=["lead", "-at", "-id"], name="chat_messages_story"),
            models.Index(fields=["broker", "status", "-id"], name="chat_messages_status"),
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=["pending", "sending"]),
                name="chat_messages_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_author_display()}: {self.message_text[:60]}"


class TelegramMessage(LeadOwned):
    """Telegram's own ledger of updates and sends; the history itself is ``chat_messages``."""

    agent_can: ClassVar[str] = ""

    lead = models.ForeignKey(  # type: ignore[assignment]
        Lead,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="telegram_messages",
        verbose_name=_("lead"),
    )
    bot_id = models.BigIntegerField(_("bot"))
    update_id = models.BigIntegerField(_("actualización"), null=True, blank=True)
    telegram_user_id = models.BigIntegerField(_("usuario de Telegram"), null=True, blank=True)
    chat_id = models.BigIntegerField(_("chat"), null=True, blank=True)
    telegram_username = models.CharField(_("nombre en Telegram"), max_length=100, blank=True)
    telegram_message_id = models.BigIntegerField(_("mensaje"), null=True, blank=True)
    direction = models.CharField(_("sentido"), max_length=3, choices=Direction.choices)
    payload = models.JSONField(_("contenido original"), default=dict, blank=True)
    chat_message = models.ForeignKey(
        ChatMessage,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mensaje"),
    )

    class Meta:
        db_table = "telegram_messages"
        verbose_name = _("registro de Telegram")
        verbose_name_plural = _("registros de Telegram")
        ordering = ["-id"]
        constraints = [
            one_of("direction", Direction, "telegram_messages"),
            models.UniqueConstraint(
                fields=["bot_id", "update_id"],
                condition=Q(update_id__isnull=False),
                name="telegram_messages_update_unique",
            ),
        ]
        indexes = [
            models.Index(
                fields=["bot_id", "chat_id", "telegram_message_id"],
                name="telegram_messages_message",
            )
        ]

    def __str__(self) -> str:
        return f"{self.bot_id}:{self.update_id}"
