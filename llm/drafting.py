"""A message that a campaign sends, written by a model for one lead from the broker's own text."""

import logging
from datetime import datetime
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError, FallbackExceptionGroup

from leads import facts
from leads.enums import Direction
from leads.models import Lead
from llm import gateway, pricing, prompts
from llm.models import CallType

log = logging.getLogger(__name__)

LATEST = 8
LONGEST = 1_000
TASK = (
    "Escribe un solo mensaje breve para esta persona, en el tono y el idioma de la conversación. Di lo mismo que "
    "el mensaje base, adaptado a lo que sabes de ella. No inventes propiedades, precios, plazos ni "
    "condiciones. Responde solo con el texto del mensaje."
)


def draft(lead: Lead, *, brief: str, at: datetime) -> str:
    """The message, or nothing when no vendor's model wrote one: the brief itself serves then."""
    if not gateway.specs_of(lead.broker, CallType.CAMPAIGN):
        return ""
    version = prompts.active_version(lead.broker)
    bill = gateway.Bill(
        broker_id=lead.broker_id,
        lead_id=lead.pk,
        prompt_version=version,
        call_type=CallType.CAMPAIGN,
    )
    stable = prompts.stable(f"{prompts.base_prompt(lead.broker, version)}\n\n{TASK}")
    varying = prompts.varying(_context(lead, at))
    private = f"{prompts.private_part(lead.broker, version)}\n{TASK}"
    agent = Agent(
        gateway.chain(lead.broker, bill, at=at, private=private),
        instructions=[stable, lambda: varying],
        model_settings=gateway.VENDOR_SETTINGS,
    )
    try:
        result = async_to_sync(agent.run)(
            f"Mensaje base: {brief}", timeout=settings.LLM_TURN_SECONDS
        )
    except (AgentRunError, FallbackExceptionGroup) as error:
        log.warning("a campaign's message keeps its own text: %s", gateway.describe(error))
        return ""
    if result.response.model_name == pricing.OFFLINE:
        return ""
    text = str(result.output).strip()
    return text if len(text) <= LONGEST else ""


def _context(lead: Lead, at: datetime) -> dict[str, Any]:
    config, conversation = lead.broker.brokerpromptconfig, lead.conversation
    latest = lead.messages.order_by("-id")[:LATEST]
    return {
        "agent_name": config.agent_name,
        "broker_name": lead.broker.name,
        "now": at.astimezone(lead.broker.zone).isoformat(timespec="minutes"),
        "known": facts.known(lead),
        "stage": lead.pipeline_stage,
        "summary": conversation.summary,
        "latest_messages": [
            {"from": "lead" if each.direction == Direction.IN else "us", "text": each.message_text}
            for each in reversed(latest)
        ],
    }
