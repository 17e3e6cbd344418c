"""What an agent was shown of a lead in their own Telegram, and may press there."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, one_of
from crm.tenancy import own
from leads.enums import AlertKind, CardState
from leads.models.lead import Lead


class AgentCard(BrokerOwned):
    """One notice on one person's Telegram. The row is the queue: ``due_at`` says when to write.

    ``wanted`` grows with every change of what the card tells; a writer who saw an older number
    leaves it due again.
    """

    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(own("agent"))

    lead = models.ForeignKey(
        Lead,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="cards",
        verbose_name=_("lead"),
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="cards",
        verbose_name=_("para"),
    )
    kind = models.CharField(_("aviso"), max_length=30, choices=AlertKind.choices)
    key = models.CharField(_("clave"), max_length=100, blank=True)
    details = models.JSONField(_("detalle"), default=dict, blank=True)
    state = models.CharField(
        _("estado"), max_length=20, choices=CardState.choices, default=CardState.PENDING
    )
    chat_id = models.BigIntegerField(_("chat"), null=True, blank=True)
    telegram_message_id = models.BigIntegerField(_("mensaje"), null=True, blank=True)
    wanted = models.PositiveIntegerField(_("versión"), default=1)
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)
    due_at = models.DateTimeField(_("escribir desde"), null=True, blank=True)
    lease_until = models.DateTimeField(_("envío en curso hasta"), null=True, blank=True)
    sent_at = models.DateTimeField(_("enviado"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=50, blank=True)

    class Meta:
        db_table = "agent_cards"
        verbose_name = _("aviso por Telegram")
        verbose_name_plural = _("avisos por Telegram")
        ordering = ["-id"]
        constraints = [
            one_of("kind", AlertKind, "agent_cards"),
            one_of("state", CardState, "agent_cards"),
            models.UniqueConstraint(
                fields=["agent", "lead", "kind", "key"],
                nulls_distinct=False,
                name="agent_cards_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="agent_cards_due"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
