"""What templates may name of a lead, and the values for this one."""

from collections.abc import Mapping
from dataclasses import dataclass

from leads import templating
from leads.enums import Channel, TemplateApproval
from leads.models import Lead, MessageTemplate
from leads.stages import Stage


def values_of(lead: Lead) -> dict[str, str]:
    """What is not known is empty."""
    config, facts = lead.broker.brokerpromptconfig, lead.metadata
    name, person = (lead.name or "").strip(), lead.assigned_to
    places = facts.get("location") or []
    return {
        "name": name,
        "first_name": name.partition(" ")[0],
        "broker": lead.broker.name,
        "assistant": config.agent_name,
        "agent": person.get_short_name() if person is not None else config.agent_name,
        "location": str(places[0]) if places else "",
        "property_type": str(facts.get("property_type") or ""),
        "stage": str(Stage(lead.pipeline_stage).label),
    }


def filled(
    template: MessageTemplate, lead: Lead, given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The template's variables: as given, else as the lead is known; each on one line."""
    values = {**values_of(lead), **(given or {})}
    return {name: " ".join(values.get(name, "").split()) for name in template.variables}


@dataclass(frozen=True)
class Offer:
    """A template that may be sent to a lead now: its text for them, and what is still missing."""

    template: MessageTemplate
    text: str
    missing: list[str]
    pieces: list[tuple[str, str]]


def offers(lead: Lead) -> list[Offer]:
    """The templates that open WhatsApp's window, as they would read for this lead."""
    approved = MessageTemplate.objects.filter(
        broker=lead.broker_id, channel=Channel.WHATSAPP, approval=TemplateApproval.APPROVED
    )
    return [offer(each, lead) for each in approved if each.opens_window]


def offer(template: MessageTemplate, lead: Lead) -> Offer:
    """A missing value shows as its name in brackets."""
    values = filled(template, lead)
    missing = [name for name, value in values.items() if not value]
    shown = {name: value or f"[{name}]" for name, value in values.items()}
    text = templating.render(template.content, shown)
    return Offer(template, text, missing, templating.pieces(template.content, values))
