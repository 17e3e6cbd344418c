"""What a step says: its template or text with the lead's variables, or a model's draft of it."""

import re
from datetime import datetime
from typing import Any

from campaigns.models import CampaignLog, CampaignStep
from campaigns.readiness import has_approval
from leads import placeholders, templating
from leads.channels import whatsapp_templates
from leads.enums import Direction
from leads.models import Lead
from llm import drafting
from llm.guards import campaigns as guards

BEFORE_SIGN = re.compile(r"[ \t]+([,.;:!?])")
SPACES = re.compile(r"[ \t]{2,}")
OPENING_COMMA = re.compile(r"^([^\n,]{1,20}),\s*,")


def compose(log: CampaignLog, *, at: datetime) -> str:
    """The text of a step for its lead; a model may take seconds, so outside a transaction."""
    lead, step = log.lead, log.step
    text = tidy(templating.render(source(step), placeholders.values_of(lead)))
    if step.use_ai_message and text:
        text = _drafted(lead, text, at) or text
    return _guarded(lead, text, at) if text else ""


def source(step: CampaignStep) -> str:
    template = step.message_template
    return template.content if template is not None else step.message_text


def approved_template(step: CampaignStep, lead: Lead) -> dict[str, Any] | None:
    """What stands for the text where WhatsApp takes approved templates only."""
    template = step.message_template
    if template is None or not has_approval(step):
        return None
    return whatsapp_templates.carried(template, placeholders.filled(template, lead))


def tidy(text: str) -> str:
    """Without the gaps that an unknown variable leaves: «Hola , ¿sigues…» is «Hola, ¿sigues…»."""
    closed = BEFORE_SIGN.sub(r"\1", SPACES.sub(" ", text))
    return OPENING_COMMA.sub(r"\1,", closed).strip()


def _drafted(lead: Lead, text: str, at: datetime) -> str:
    """A model's version of the step's text, unless it says what the text does not."""
    draft = drafting.draft(lead, brief=text, at=at)
    return draft if draft and not guards.faults_of_draft(lead, draft, text, at=at) else ""


def _guarded(lead: Lead, text: str, at: datetime) -> str:
    """No credit is promised to a debtor, and a first message says that an assistant writes."""
    first = not lead.messages.filter(direction=Direction.OUT).exists()
    return guards.of_campaign(lead, text, first_contact=first, at=at)
