"""The append-only log of everything that happened to a lead."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import one_of
from leads.enums import Actor
from leads.models.lead import Lead, LeadOwned


class ActivityLog(LeadOwned):
    """One event of a lead; never changed or deleted but by merge and erasure."""

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="activity", verbose_name=_("lead")
    )
    action_type = models.CharField(_("evento"), max_length=50)
    actor = models.CharField(_("quién"), max_length=20, choices=Actor.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("usuario"),
    )
    details = models.JSONField(_("detalle"), default=dict, blank=True)
    timestamp = models.DateTimeField(_("momento"))

    class Meta:
        db_table = "activity_log"
        verbose_name = _("actividad")
        verbose_name_plural = _("actividad")
        ordering = ["-id"]
        constraints = [one_of("actor", Actor, "activity_log")]
        indexes = [
            models.Index(fields=["lead", "-timestamp", "-id"], name="activity_log_story"),
            models.Index(
                fields=["broker", "action_type", "-timestamp"], name="activity_log_broker"
            ),
        ]

    def __str__(self) -> str:
        return self.action_type

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("activity_log is append-only")
        super().save(*args, **kwargs)
