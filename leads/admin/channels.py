"""A broker's channels in Admin, with the buttons that connect them."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from brokers.admin.configs import BrokerChatConfigAdmin, ChannelHookAdmin
from brokers.models import BrokerChatConfig, ChannelHook
from crm.admin.doors import DoorForm, door
from leads import approval, connecting, widget
from leads.enums import Channel

TROUBLES = {
    "elsewhere": _("Esa no es la dirección de este sistema: pulsa «Reparar Telegram»."),
    "incomplete": _("Faltan avisos de botones, ediciones o bloqueos: pulsa «Reparar Telegram»."),
    "refused": _("El bot usa otro secreto, y sus mensajes se rechazan: pulsa «Reparar Telegram»."),
    "failing": _(
        "Telegram no logra entregar: revisa que esa dirección responda desde internet, con un "
        "certificado válido. Lo pendiente llega solo cuando vuelva."
    ),
}


def _has_bot(config: BrokerChatConfig) -> bool:
    return bool((config.provider_configs.get("telegram") or {}).get("token"))


def _has_account(config: BrokerChatConfig) -> bool:
    whatsapp = config.provider_configs.get("whatsapp") or {}
    return bool(whatsapp.get("access_token") and whatsapp.get("business_account_id"))


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


class LinkForm(DoorForm):
    source = forms.CharField(
        label=_("Origen"),
        max_length=40,
        help_text=_("Por ejemplo «instagram», o «propiedad» para el aviso de una propiedad."),
        widget=UnfoldAdminTextInputWidget,
    )
    campaign = forms.CharField(
        label=_("Campaña o código de la propiedad"),
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )


class ConnectedChannelsAdmin(BrokerChatConfigAdmin):
    actions_detail = (
        {
            "title": "Telegram",
            "icon": "send",
            "items": ["connect_telegram", "check_telegram", "repair_telegram", "telegram_link"],
        },
        {"title": "WhatsApp", "icon": "chat", "items": ["connect_whatsapp", "sync_templates"]},
        "embed_chat",
    )

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
        done="",
        icon="network_check",
        applies=_has_bot,
        help_text=_("Pregunta a Telegram qué dirección tiene el bot y cuál fue su último error."),
    )
    def check_telegram(
        self, request: HttpRequest, row: BrokerChatConfig, data: dict[str, Any]
    ) -> None:
        name = connecting.bot_name(row.broker)
        self.message_user(request, _("Bot: %s") % name, messages.INFO)
        health = connecting.telegram_health(row.broker)
        self._tell(request, health)
        trouble = health.trouble(at=timezone.now())
        if trouble:
            self.message_user(request, TROUBLES[trouble], messages.ERROR)
        else:
            self.message_user(request, _("Telegram entrega aquí los mensajes del bot."))

    @door(
        _("Reparar Telegram"),
        done=_("Telegram volverá a entregar los mensajes del bot aquí."),
        icon="build",
        applies=_has_bot,
        help_text=_(
            "Vuelve a registrar en Telegram la dirección y el secreto de este sistema. Lo que el "
            "bot tenga por entregar llega después, en orden."
        ),
    )
    def repair_telegram(
        self, request: HttpRequest, row: BrokerChatConfig, data: dict[str, Any]
    ) -> None:
        connecting.connect_telegram(row.broker)
        self._tell(request, connecting.telegram_health(row.broker))

    @door(
        _("Enlace de Telegram"),
        done=_("Copia el enlace en tu aviso o campaña."),
        icon="link",
        applies=_has_bot,
        form=LinkForm,
        help_text=_("Quien lo abre escribe al bot, y su lead queda con este origen."),
    )
    def telegram_link(
        self, request: HttpRequest, row: BrokerChatConfig, data: dict[str, Any]
    ) -> None:
        link = connecting.telegram_link(row.broker, **data)
        self.message_user(request, link, messages.INFO)

    def _tell(self, request: HttpRequest, health: connecting.Health) -> None:
        address = health.address or _("ninguna")
        self.message_user(request, _("Dirección: %s") % address, messages.INFO)
        waiting = _("Mensajes por entregar: %d") % health.pending
        self.message_user(request, waiting, messages.INFO)
        if health.error_at and health.error:
            when = date_format(localtime(health.error_at), "SHORT_DATETIME_FORMAT")
            last = _("Último error: %(error)s (%(when)s)")
            told = last % {"error": health.error, "when": when}
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

    @door(
        _("Chat en tu sitio"),
        form=EmbedForm,
        done=_("Sitios guardados."),
        icon="web",
        help_text=_("Muestra el chat de la corredora como un botón en tu propia página web."),
    )
    def embed_chat(self, request: HttpRequest, row: BrokerChatConfig, data: dict[str, Any]) -> None:
        widget.allow(row.broker, given=data["origins"].splitlines())


class RenewableHookAdmin(ChannelHookAdmin):
    actions_detail = ("renew",)

    @door(
        _("Renovar dirección"),
        done=_("La dirección anterior ya no responde."),
        icon="autorenew",
        letter="r",
        help_text=_(
            "La dirección actual deja de valer de inmediato. Telegram queda avisado; en la consola "
            "de Meta hay que registrar la nueva."
        ),
    )
    def renew(self, request: HttpRequest, row: ChannelHook, data: dict[str, Any]) -> None:
        address = connecting.renew(row)
        self.message_user(request, _("Dirección: %s") % address, messages.INFO)


admin.site.unregister(ChannelHook)
admin.site.register(ChannelHook, RenewableHookAdmin)
admin.site.unregister(BrokerChatConfig)
admin.site.register(BrokerChatConfig, ConnectedChannelsAdmin)
