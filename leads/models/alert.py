"""What a broker's people are told by e-mail: written with its cause, delivered afterwards."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, one_of
from crm.tenancy import Actor, of_their_leads
from leads.enums import AlertKind, AlertState
from leads.models.lead import Lead


def of_a_lead_they_see(user: Actor) -> Q:
    """What concerns no lead is for admins."""
    return Q(lead__isnull=False) & of_their_leads()(user)


class LeadAlert(BrokerOwned):
    """One notice to people; the same kind and key of a lead, or of the broker, is told once."""

    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(of_a_lead_they_see)

    lead = models.ForeignKey(
        Lead,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="alerts",
        verbose_name=_("lead"),
    )
    kind = models.CharField(_("aviso"), max_length=30, choices=AlertKind.choices)
    key = models.CharField(_("clave"), max_length=100, blank=True)
    details = models.JSONField(_("detalle"), default=dict, blank=True)
    state = models.CharField(
        _("estado"), max_length=20, choices=AlertState.choices, default=AlertState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)
    due_at = models.DateTimeField(_("enviar desde"), default=timezone.now)
    sent_at = models.DateTimeField(_("enviado"), null=True, blank=True)
    sent_to = models.JSONField(_("enviado a"), default=list, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    seen_at = models.DateTimeField(_("visto"), null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("visto por"),
    )

    class Meta:
        db_table = "lead_alerts"
        verbose_name = _("aviso")
        verbose_name_plural = _("avisos")
        ordering = ["-id"]
        constraints = [
            one_of("kind", AlertKind, "lead_alerts"),
            one_of("state", AlertState, "lead_alerts"),
            models.UniqueConstraint(
                fields=["broker", "lead", "kind", "key"],
                nulls_distinct=False,
                name="lead_alerts_once",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="lead_alerts_due"),
            models.Index(fields=["broker", "state", "-id"], name="lead_alerts_state"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
