"""What a person allowed, per channel and purpose, and whom we must never contact."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, one_of
from leads.enums import CALLS, Actor, Channel, ConsentPurpose, ConsentState, SuppressionChange
from leads.models.lead import Lead, LeadOwned

SCOPES = [*Channel.choices, (CALLS, _("llamadas"))]


class Consent(LeadOwned):
    """One change of consent; the latest of a channel and purpose holds. Blank channel: all.

    ``evidence`` is what the person said or did, ``text_shown`` what they had in front of them.
    """

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="consents", verbose_name=_("lead")
    )
    channel = models.CharField(_("canal"), max_length=20, choices=Channel.choices, blank=True)
    purpose = models.CharField(_("propósito"), max_length=20, choices=ConsentPurpose.choices)
    state = models.CharField(_("estado"), max_length=20, choices=ConsentState.choices)
    at = models.DateTimeField(_("momento"))
    evidence = models.TextField(_("evidencia"), blank=True)
    text_shown = models.TextField(_("texto mostrado"), blank=True)
    actor = models.CharField(_("quién"), max_length=20, choices=Actor.choices, default=Actor.LEAD)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lo registró"),
    )

    class Meta:
        db_table = "consents"
        verbose_name = _("consentimiento")
        verbose_name_plural = _("consentimientos")
        ordering = ["-id"]
        constraints = [
            one_of("purpose", ConsentPurpose, "consents"),
            one_of("state", ConsentState, "consents"),
            one_of("actor", Actor, "consents"),
            models.CheckConstraint(
                condition=models.Q(channel__in=["", *Channel.values]), name="consents_channel_valid"
            ),
        ]
        indexes = [models.Index(fields=["lead", "purpose", "-at"], name="consents_lead")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.get_state_display()}"


class Marked(BrokerOwned):
    """What names an identifier: ``channel`` blank means every channel, "call" the phone alone.

    ``identifier`` is normalised: E.164 for phones, lower case for e-mails, the channel's own id
    elsewhere.
    """

    channel = models.CharField(_("canal"), max_length=20, choices=SCOPES, blank=True)
    identifier = models.CharField(_("identificador"), max_length=200)
    reason = models.CharField(_("motivo"), max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.identifier


class Suppression(Marked):
    """An identifier that a broker must not contact; it outlives the lead."""

    admin_can: ClassVar[str] = "cr"

    class Meta:
        db_table = "suppressions"
        verbose_name = _("no contactar")
        verbose_name_plural = _("no contactar")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(channel__in=["", *Channel.values, CALLS]),
                name="suppressions_channel_valid",
            ),
            models.UniqueConstraint(
                fields=["broker", "identifier", "channel"], name="suppressions_unique"
            ),
        ]


class SuppressionEvent(Marked):
    """One mark that was put or lifted: by whom, when and why. Goes with the last mark it tells of."""

    change = models.CharField(_("cambio"), max_length=10, choices=SuppressionChange.choices)
    at = models.DateTimeField(_("momento"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("quién"),
    )

    class Meta:
        db_table = "suppression_events"
        verbose_name = _("cambio en no contactar")
        verbose_name_plural = _("historial de no contactar")
        ordering = ["-id"]
        constraints = [
            one_of("change", SuppressionChange, "suppression_events"),
            models.CheckConstraint(
                condition=models.Q(channel__in=["", *Channel.values, CALLS]),
                name="suppression_events_channel_valid",
            ),
        ]
        indexes = [models.Index(fields=["broker", "identifier"], name="suppression_events_who")]
