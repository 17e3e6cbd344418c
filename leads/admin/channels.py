"""A broker's channels in Admin, with the buttons that connect them."""

from dataclasses import asdict
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from brokers.admin.configs import BrokerChatConfigAdmin
from brokers.models import BrokerChatConfig
from crm.admin.doors import door
from leads import approval, connecting
from leads.enums import Channel


def _has_bot(config: BrokerChatConfig) -> bool:
    return bool((config.provider_configs.get("telegram") or {}).get("token"))


def _has_account(config: BrokerChatConfig) -> bool:
    whatsapp = config.provider_configs.get("whatsapp") or {}
    return bool(whatsapp.get("access_token") and whatsapp.get("business_account_id"))


class ConnectedChannelsAdmin(BrokerChatConfigAdmin):
    actions_detail = ("connect_telegram", "check_telegram", "connect_whatsapp", "sync_templates")

    @door(
        _("Conectar Telegram"),
        done=_("Telegram entregará los mensajes del bot aquí."),
        icon="send",
        applies=_has_bot,
        help_text=_("Registra en Telegram la dirección de este sistema para el bot."),
    )
    def connect_telegram(
        self, request: HttpRequest, row: BrokerChatConfig, data: dict[str, Any]
    ) -> None:
        address = connecting.connect_telegram(row.broker)
        self.message_user(request, _("Dirección registrada: %s") % address, messages.INFO)

    @door(
        _("Revisar Telegram"),
        done=_("Telegram respondió."),
        icon="network_check",
        applies=_has_bot,
        help_text=_("Pregunta a Telegram qué dirección tiene el bot y cuál fue su último error."),
    )
    def check_telegram(
        self, request: HttpRequest, row: BrokerChatConfig, data: dict[str, Any]
    ) -> None:
        state = connecting.telegram_state(row.broker)
        address = state.url or _("ninguna")
        self.message_user(request, _("Dirección: %s") % address, messages.INFO)
        waiting = _("Mensajes por entregar: %d") % state.pending_update_count
        self.message_user(request, waiting, messages.INFO)
        if state.last_error_date and state.last_error_message:
            when = date_format(localtime(state.last_error_date), "SHORT_DATETIME_FORMAT")
            last = _("Último error: %(error)s (%(when)s)")
            told = last % {"error": state.last_error_message, "when": when}
            self.message_user(request, told, messages.WARNING)

    @door(
        _("Conectar WhatsApp"),
        done=_("Copia la dirección en la configuración de webhooks de Meta."),
        icon="chat",
        help_text=_("Crea la dirección que se registra en Meta junto al token de verificación."),
    )
    def connect_whatsapp(
        self, request: HttpRequest, row: BrokerChatConfig, data: dict[str, Any]
    ) -> None:
        address = connecting.open_hook(row.broker, Channel.WHATSAPP).address
        self.message_user(request, _("Dirección: %s") % address, messages.INFO)

    @door(
        _("Sincronizar con Meta"),
        done=_("Las plantillas están al día."),
        icon="sync",
        applies=_has_account,
        help_text=_(
            "Trae de Meta las plantillas de WhatsApp con su estado. También ocurre solo, cada hora."
        ),
    )
    def sync_templates(
        self, request: HttpRequest, row: BrokerChatConfig, data: dict[str, Any]
    ) -> None:
        synced = approval.sync(row.broker_id, at=timezone.now())
        told = _(
            "En Meta: %(seen)d. Nuevas: %(created)d. Con cambios: %(changed)d. Listas: %(usable)d."
        )
        self.message_user(request, told % asdict(synced), messages.INFO)


admin.site.unregister(BrokerChatConfig)
admin.site.register(BrokerChatConfig, ConnectedChannelsAdmin)
