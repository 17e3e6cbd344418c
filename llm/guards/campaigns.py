"""The guards on what a campaign sends: the broker's words, or a model's version of them."""

from dataclasses import replace
from datetime import datetime

from leads import facts
from leads.languages import spoken_by
from leads.models import Lead
from llm import prompts
from llm.guards.checking import rules, violations
from llm.guards.credit import promised_credit
from llm.guards.gathering import words_of
from llm.guards.known import Known, Rule
from llm.guards.manners import hides_the_assistant
from llm.guards.settling import Names, settle

# Of the broker's own words to many the prices and hours are theirs to answer for.
ON_ANY_TEXT = (promised_credit, hides_the_assistant)


def faults_of_draft(lead: Lead, draft: str, base: str, *, at: datetime) -> list[Rule]:
    """The rules that a model's version breaks: all it knows is the text that it was given.

    How long it may be is the draft's own matter.
    """
    private = prompts.private_part(lead.broker, prompts.active_version(lead.broker))
    known = replace(_known(lead, base, at), private=private)
    return [rule for rule in rules(violations(draft, known)) if rule is not Rule.LENGTH]


def of_campaign(lead: Lead, text: str, *, first_contact: bool, at: datetime) -> str:
    known = replace(_known(lead, text, at), first_contact=first_contact)
    found = violations(text, known, ON_ANY_TEXT)
    names = Names(lead.broker.brokerpromptconfig.agent_name, lead.broker.name)
    return settle(text, found, known, names) if found else text


def _known(lead: Lead, base: str, at: datetime) -> Known:
    broker = lead.broker
    return Known(
        now=at.astimezone(broker.zone).replace(tzinfo=None),
        ours=(base, broker.name, broker.address, broker.phone, broker.email, broker.website),
        people=(base,),
        listings=(base,),
        theirs=tuple(words_of(facts.known(lead))),
        owes=lead.metadata.get("dicom") == "has_debt",
        language=spoken_by([base]),
    )
