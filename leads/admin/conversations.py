"""Conversations and messages: who waits, who speaks, what was sent."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from crm.admin.base import TenantAdmin
from crm.admin.doors import each
from crm.admin.filters import ScopedRelatedFilter
from leads import handoff, reading, waiting
from leads.admin.inbox_views import InboxScreen
from leads.models import ChatMessage, Conversation, TelegramMessage

HOLDER_TONES = {"waiting": "danger", "user": "success", "assistant": "info"}
DELIVERY_TONES = {
    "pending": "info",
    "sending": "info",
    "sent": "info",
    "delivered": "success",
    "read": "success",
    "failed": "danger",
    "blocked": "warning",
}


@admin.register(Conversation)
class ConversationAdmin(InboxScreen, TenantAdmin):
    """Those that wait for a person come first; a row opens in the inbox."""

    list_display = (
        "lead",
        "shown_holder",
        "shown_wait",
        "shown_brief",
        "last_inbound_at",
        "channel",
    )
    list_filter = ("holder", "channel", "waiting_reason", ("held_by", ScopedRelatedFilter))
    search_fields = ("lead__name", "lead__phone", "lead__phone_e164", "lead__email")
    list_select_related = ("lead__broker__brokerleadconfig", "held_by")
    actions = ("take_chosen", "give_back_chosen")
    empty_hint = _(
        "Las conversaciones aparecen cuando alguien escribe por el chat web u otro canal."
    )

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [*reading.URGENCY]

    def get_custom_urls(self) -> Any:
        return (*super().get_custom_urls(), *self.inbox_urls())

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """A conversation is read and answered in the inbox."""
        conversation = self.get_object(request, object_id) if object_id else None
        if conversation is None:
            return super().changeform_view(request, object_id, *args, **kwargs)
        return HttpResponseRedirect(self.screen_of(conversation))

    @display(description=_("atiende"), ordering="holder", label=HOLDER_TONES)
    def shown_holder(self, conversation: Conversation) -> tuple[str, str]:
        who = conversation.held_by or conversation.get_holder_display()
        return conversation.holder, str(who)

    @display(description=_("espera hace"), ordering="waiting_since")
    def shown_wait(self, conversation: Conversation) -> str:
        return waiting.told(conversation, at=timezone.now())

    @display(description=_("resumen para la persona"))
    def shown_brief(self, conversation: Conversation) -> str:
        """The reason opens its second line."""
        if not conversation.waiting_reason:
            return ""
        return format_html('<span class="crm-lines">{}</span>', conversation.brief)

    @admin.action(description=_("Tomar las elegidas"))
    def take_chosen(self, request: HttpRequest, queryset: Any) -> None:
        self._each(request, queryset, handoff.take, _("Tomadas"))

    @admin.action(description=_("Devolver las elegidas al asistente"))
    def give_back_chosen(self, request: HttpRequest, queryset: Any) -> None:
        self._each(request, queryset, handoff.give_back, _("Devueltas"))

    def _each(self, request: HttpRequest, queryset: Any, call: Any, done: Any) -> None:
        at = timezone.now()
        each(self, request, queryset, lambda row: call(row.lead, by=request.user, at=at), done)


@admin.register(ChatMessage)
class ChatMessageAdmin(TenantAdmin):
    """The one history of messages; read-only."""

    list_display = (
        "lead",
        "author",
        "beginning",
        "provider",
        "shown_status",
        "reason",
        "sent_by",
        "at",
    )
    list_filter = (
        "status",
        "author",
        "provider",
        "direction",
        "purpose",
        ("at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = ("message_text", "lead__name", "lead__phone")
    empty_hint = _("Los mensajes aparecen cuando alguien escribe por un canal conectado.")

    @display(description=_("texto"))
    def beginning(self, message: ChatMessage) -> str:
        return message.message_text[:80]

    @display(description=_("estado"), ordering="status", label=DELIVERY_TONES)
    def shown_status(self, message: ChatMessage) -> tuple[str, str]:
        return message.status, message.get_status_display()


@admin.register(TelegramMessage)
class TelegramMessageAdmin(TenantAdmin):
    """Telegram's own ledger; read-only."""

    list_display = ("id", "lead", "telegram_username", "direction", "update_id", "created_at")
    list_filter = ("direction",)
    search_fields = ("telegram_username", "lead__name", "=chat_id", "=update_id")
    empty_hint = _("Conecta un bot de Telegram en «Canales» para recibir mensajes.")
