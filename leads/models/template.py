"""Message templates, used by campaigns, reminders and the outbox."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, one_of
from crm.tenancy import everything
from leads import templating
from leads.enums import AgentType, Channel, Parameters, TemplateApproval, TemplateCategory


class MessageTemplate(BrokerOwned):
    """A text with ``{{variables}}`` for one channel; ``variables`` follows from the content.

    ``approval`` and what surrounds it are WhatsApp's word on ``whatsapp_body``, the text as it
    stands there; ``leads/approval.py`` alone writes them. The content may name the variables
    otherwise, and loses the approval as soon as it says something else.
    """

    admin_can: ClassVar[str] = "crud"
    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(everything)

    name = models.CharField(_("nombre"), max_length=200)
    channel = models.CharField(_("canal"), max_length=20, choices=Channel.choices)
    content = models.TextField(_("contenido"), validators=[templating.validate])
    variables = models.JSONField(_("variables"), default=list, blank=True, editable=False)
    agent_type = models.CharField(
        _("asistente"), max_length=30, choices=AgentType.choices, default=AgentType.FOLLOW_UP
    )
    whatsapp_name = models.CharField(_("nombre en WhatsApp"), max_length=200, blank=True)
    whatsapp_language = models.CharField(_("idioma en WhatsApp"), max_length=10, blank=True)
    category = models.CharField(
        _("categoría en WhatsApp"),
        max_length=20,
        choices=TemplateCategory.choices,
        default=TemplateCategory.MARKETING,
        help_text=_("Utilidad: avisos de algo que la persona pidió. Marketing: todo lo demás."),
    )
    approval = models.CharField(
        _("aprobación"),
        max_length=20,
        choices=TemplateApproval.choices,
        default=TemplateApproval.NONE,
    )
    approval_reason = models.CharField(_("motivo"), max_length=500, blank=True)
    quality = models.CharField(_("calidad"), max_length=20, blank=True)
    whatsapp_id = models.CharField(
        _("identificador en WhatsApp"), max_length=50, blank=True, editable=False
    )
    whatsapp_body = models.TextField(_("texto en WhatsApp"), blank=True, editable=False)
    parameters = models.CharField(
        _("variables en WhatsApp"),
        max_length=20,
        choices=Parameters.choices,
        default=Parameters.NAMED,
        editable=False,
    )
    checked_at = models.DateTimeField(_("al día con Meta"), null=True, blank=True, editable=False)

    class Meta:
        db_table = "message_templates"
        verbose_name = _("plantilla")
        verbose_name_plural = _("plantillas")
        ordering = ["name", "id"]
        constraints = [
            one_of("channel", Channel, "message_templates"),
            one_of("agent_type", AgentType, "message_templates"),
            one_of("approval", TemplateApproval, "message_templates"),
            one_of("category", TemplateCategory, "message_templates"),
            one_of("parameters", Parameters, "message_templates"),
            models.UniqueConstraint(
                fields=["broker", "channel", "name"], name="message_templates_name_unique"
            ),
            models.UniqueConstraint(
                fields=["broker", "whatsapp_id"],
                condition=~Q(whatsapp_id=""),
                name="message_templates_whatsapp_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.variables = templating.variables(self.content)
        super().save(*args, **kwargs)

    @property
    def pairs(self) -> dict[str, str] | None:
        """WhatsApp's placeholders and our variable for each; None where the text is not the approved one."""
        return templating.pairs(self.content, self.whatsapp_body or self.content)

    @property
    def opens_window(self) -> bool:
        """Whether WhatsApp takes it where its 24 hours are over."""
        is_whatsapp = self.channel == Channel.WHATSAPP and bool(self.whatsapp_name)
        approved = self.approval == TemplateApproval.APPROVED
        return is_whatsapp and approved and self.pairs is not None
