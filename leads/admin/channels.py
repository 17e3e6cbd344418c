"""A broker's channels in Admin, with the buttons that connect them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from brokers.admin.configs import BrokerChatConfigAdmin
from brokers.models import BrokerChatConfig
from crm.admin.doors import DoorForm, door
from leads import connecting, widget
from leads.enums import Channel


def _has_bot(config: BrokerChatConfig) -> bool:
    return bool((config.provider_configs.get("telegram") or {}).get("token"))


class EmbedForm(DoorForm):
    """Which sites may show the chat, beside the line that they paste."""

    tag = forms.CharField(
        label=_("Pega esta línea en tu sitio, antes de </body>"),
        required=False,
        disabled=True,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    origins = forms.CharField(
        label=_("Sitios que pueden mostrar el chat"),
        required=False,
        help_text=_("Uno por línea, como https://www.ejemplo.cl. Sin sitios, solo se abre aquí."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, row: BrokerChatConfig, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        self.initial["tag"] = widget.tag(row.broker)
        self.initial["origins"] = "\n".join(widget.origins(row))


class ConnectedChannelsAdmin(BrokerChatConfigAdmin):
    actions_detail = ("connect_telegram", "check_telegram", "connect_whatsapp", "embed_chat")

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
        _("Chat en tu sitio"),
        form=EmbedForm,
        done=_("Sitios guardados."),
        icon="web",
        help_text=_("Muestra el chat de la corredora como un botón en tu propia página web."),
    )
    def embed_chat(self, request: HttpRequest, row: BrokerChatConfig, data: dict[str, Any]) -> None:
        widget.allow(row.broker, given=data["origins"].splitlines())


admin.site.unregister(BrokerChatConfig)
admin.site.register(BrokerChatConfig, ConnectedChannelsAdmin)
