"""What happened that one person should know, read or not."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, one_of
from crm.tenancy import Actor, of_their_leads, own
from leads.enums import AlertKind
from leads.models.lead import Lead


def own_of_leads_they_see(user: Actor) -> Q:
    return own("user")(user) & (Q(lead__isnull=True) | of_their_leads()(user))


class Notification(BrokerOwned):
    """One notice for one person who signs in; the same kind and key of a lead comes once."""

    admin_can: ClassVar[str] = "r"
    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(own_of_leads_they_see)

    lead = models.ForeignKey(
        Lead,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notifications",
        verbose_name=_("lead"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notifications",
        verbose_name=_("para"),
    )
    kind = models.CharField(_("aviso"), max_length=30, choices=AlertKind.choices)
    key = models.CharField(_("clave"), max_length=100, blank=True)
    details = models.JSONField(_("detalle"), default=dict, blank=True)
    at = models.DateTimeField(_("momento"))
    read_at = models.DateTimeField(_("leído"), null=True, blank=True)

    class Meta:
        db_table = "notifications"
        verbose_name = _("notificación")
        verbose_name_plural = _("notificaciones")
        ordering = ["-id"]
        constraints = [
            one_of("kind", AlertKind, "notifications"),
            models.UniqueConstraint(
                fields=["user", "lead", "kind", "key"],
                nulls_distinct=False,
                name="notifications_once",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notifications_user"),
            models.Index(fields=["user", "kind", "-id"], name="notifications_kind"),
            models.Index(
                fields=["user", "-id"],
                condition=Q(read_at__isnull=True),
                name="notifications_unread",
            ),
            models.Index(fields=["at"], name="notifications_age"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
