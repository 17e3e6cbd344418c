"""What templates may name of a lead, and the values for this one."""

from collections.abc import Mapping

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
