"""What a merge moved and changed, so that it can be undone."""

from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned
from leads.models.lead import Lead, both_of_their_leads


class LeadMerge(BrokerOwned):
    """One lead that went into another.

    ``record`` holds the ids moved by part, and each value that changed as [before, after];
    ``not_restored`` what an undo could not bring back, in words.
    """

    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(both_of_their_leads("loser__", "survivor__"))

    loser = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="merges", verbose_name=_("lead unido")
    )
    survivor = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="absorbed", verbose_name=_("lead que quedó")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("unido por"),
    )
    at = models.DateTimeField(_("unido el"))
    record = models.JSONField(
        _("detalle"), default=dict, blank=True, encoder=DjangoJSONEncoder, editable=False
    )
    undone_at = models.DateTimeField(_("deshecho el"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("deshecho por"),
    )
    not_restored = models.JSONField(_("no se pudo reponer"), default=list, blank=True)

    class Meta:
        db_table = "lead_merges"
        verbose_name = _("unión de leads")
        verbose_name_plural = _("uniones de leads")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(loser=F("survivor")), name="lead_merges_two_leads"),
            models.UniqueConstraint(
                fields=["loser"],
                condition=Q(undone_at__isnull=True),
                name="lead_merges_one_standing",
            ),
        ]
        indexes = [models.Index(fields=["broker", "-at"], name="lead_merges_broker")]

    def __str__(self) -> str:
        return f"{self.loser_id} → {self.survivor_id}"
