"""Message templates, used by campaigns, reminders and the outbox."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, one_of
from crm.tenancy import everything
from leads import templating
from leads.enums import AgentType, Channel, TemplateApproval


class MessageTemplate(BrokerOwned):
    """A text with ``{{variables}}`` for one channel; ``variables`` follows from the content."""

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
    approval = models.CharField(
        _("aprobación"),
        max_length=20,
        choices=TemplateApproval.choices,
        default=TemplateApproval.NONE,
    )

    class Meta:
        db_table = "message_templates"
        verbose_name = _("plantilla")
        verbose_name_plural = _("plantillas")
        ordering = ["name", "id"]
        constraints = [
            one_of("channel", Channel, "message_templates"),
            one_of("agent_type", AgentType, "message_templates"),
            one_of("approval", TemplateApproval, "message_templates"),
            models.UniqueConstraint(
                fields=["broker", "channel", "name"], name="message_templates_name_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.variables = templating.variables(self.content)
        super().save(*args, **kwargs)
