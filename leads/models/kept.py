"""What a channel's vendor posted and we could not read, until a person looks at it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, one_of
from leads.enums import Channel, KeptReason, KeptState


class KeptWebhook(BrokerOwned):
    """One verified payload, kept once; ``error`` says where it failed, without a word of it."""

    admin_can: ClassVar[str] = "r"
    agent_can: ClassVar[str] = ""

    channel = models.CharField(_("canal"), max_length=20, choices=Channel.choices)
    payload = models.JSONField(_("contenido original"))
    digest = models.CharField(_("huella"), max_length=64)
    reason = models.CharField(_("motivo"), max_length=30, choices=KeptReason.choices)
    error = models.TextField(_("error"), blank=True)
    state = models.CharField(
        _("estado"), max_length=20, choices=KeptState.choices, default=KeptState.KEPT
    )
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lo atendió"),
    )
    at = models.DateTimeField(_("momento"))

    class Meta:
        db_table = "kept_webhooks"
        verbose_name = _("aviso de un canal sin leer")
        verbose_name_plural = _("avisos de canales sin leer")
        ordering = ["-id"]
        constraints = [
            one_of("channel", Channel, "kept_webhooks"),
            one_of("reason", KeptReason, "kept_webhooks"),
            one_of("state", KeptState, "kept_webhooks"),
            models.UniqueConstraint(
                fields=["broker", "channel", "digest"], name="kept_webhooks_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["broker", "-id"],
                condition=Q(state="kept"),
                name="kept_webhooks_open",
            ),
            models.Index(fields=["at"], name="kept_webhooks_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.digest[:8]}"
