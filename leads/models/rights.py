"""What people asked about their own data, until when it is owed, and what became of it."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, one_of
from leads.enums import AskedBy, Right, RightState
from leads.models.lead import Lead

TERM = timedelta(days=30)


class RightsRequest(BrokerOwned):
    """One request of a person under Ley 21.719; an erasure is also the row that does it.

    It outlives the lead: then ``lead_number`` alone says which one it was, ``notes`` are gone, and
    ``receipt`` tells what was deleted and what was kept, without a word of the person's.
    ``files_left`` are names in the storage that an erasure has still to delete.
    """

    lead = models.ForeignKey(
        Lead,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="rights_requests",
        verbose_name=_("lead"),
    )
    lead_number = models.BigIntegerField(_("n.º de lead"))
    kind = models.CharField(_("derecho"), max_length=20, choices=Right.choices)
    state = models.CharField(
        _("estado"), max_length=20, choices=RightState.choices, default=RightState.OPEN
    )
    asked_by = models.CharField(
        _("quién lo pidió"), max_length=20, choices=AskedBy.choices, default=AskedBy.PERSON
    )
    asked_at = models.DateTimeField(_("pedido el"))
    due_at = models.DateTimeField(_("plazo"))
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lo atendió"),
    )
    done_at = models.DateTimeField(_("cumplido el"), null=True, blank=True)
    notes = models.TextField(_("cómo lo pidió"), blank=True)
    suppress = models.BooleanField(_("no volver a contactar"), default=False)
    receipt = models.JSONField(_("comprobante"), default=dict, blank=True)
    files_left = models.JSONField(_("archivos por borrar"), default=list, blank=True)

    class Meta:
        db_table = "rights_requests"
        verbose_name = _("solicitud de derechos")
        verbose_name_plural = _("solicitudes de derechos")
        ordering = ["-id"]
        constraints = [
            one_of("kind", Right, "rights_requests"),
            one_of("state", RightState, "rights_requests"),
            one_of("asked_by", AskedBy, "rights_requests"),
            models.CheckConstraint(
                condition=Q(state=RightState.DONE, done_at__isnull=False)
                | (~Q(state=RightState.DONE) & Q(done_at__isnull=True)),
                name="rights_requests_done_at",
            ),
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(kind=Right.ERASURE, state=RightState.RUNNING),
                name="rights_requests_one_erasure",
            ),
        ]
        indexes = [
            models.Index(fields=["broker", "state", "due_at"], name="rights_requests_due"),
            models.Index(
                fields=["id"],
                condition=Q(state=RightState.RUNNING),
                name="rights_requests_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {_('lead')} {self.lead_number}"
