"""The guards in a turn: one rewriting that names what is wrong, then a safe answer and a person told."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from leads import handoff
from leads.activity import log as log_activity
from leads.enums import Actor, HandoffReason
from leads.models import Lead
from llm import pricing, reasons
from llm.guards.checking import asks_again, rules, violations
from llm.guards.gathering import known_of
from llm.guards.known import Known, Rule, Violation
from llm.guards.legible import legible
from llm.guards.settling import REPORTED, UNFOUNDED, Names, settle
from llm.tools import Turn


@dataclass(frozen=True)
class Checked:
    """A reply with what the turn knew when it was written, and what is wrong with it."""

    text: str
    known: Known
    found: tuple[Violation, ...] = ()


def check(turn: Turn, text: str) -> Checked:
    """As its reader will see it: what is hidden in the signs of a reply is not sent either."""
    text, known = legible(text), known_of(turn)
    checked = Checked(text, known, tuple(violations(text, known)))
    turn.checked = checked
    return checked


def correction(turn: Turn, text: str) -> str:
    """What the model is to put right, once a turn; empty where the reply goes on as it is.

    The rules are not asked again: they would write the same.
    """
    checked = check(turn, text)
    if turn.model == pricing.OFFLINE or turn.rewritten:
        return ""
    message = asks_again(checked.found)
    turn.rewritten = [rule.value for rule in rules(checked.found)] if message else []
    return message


def text_of(turn: Turn, reply: str) -> str:
    """The text that is sent; what a guard changed is in the lead's activity."""
    checked, reply = turn.checked, legible(reply)
    if not isinstance(checked, Checked) or checked.text != reply:
        checked = check(turn, reply)
    text, broken = reply, rules(checked.found)
    if broken:
        text = settle(reply, checked.found, checked.known, _names(turn))
        _log(turn.lead, broken, turn, outcome="replaced" if UNFOUNDED & set(broken) else "changed")
    elif turn.rewritten:
        _log(turn.lead, turn.rewritten, turn, outcome="rewritten")
    if REPORTED & set(broken):
        _tell_people(turn, broken)
    return text


def _names(turn: Turn) -> Names:
    config = turn.broker.brokerpromptconfig
    return Names(
        config.agent_name,
        turn.broker.name,
        hours=tuple(each["label"] for each in turn.choices),
        visit=_visit(turn),
    )


def _visit(turn: Turn) -> str:
    """In words, as this turn leaves it."""
    label = str((turn.context.get("appointment") or {}).get("label", ""))
    for _name, answer in turn.results:
        if answer.get("cancelled"):
            label = ""
        elif answer.get("booked") or answer.get("rescheduled"):
            label = str(answer["label"])
    return label


def _log(lead: Lead, broken: Sequence[str], turn: Turn, *, outcome: str) -> None:
    names = list(map(str, broken))
    log_activity(
        lead, "reply_corrected", actor=Actor.SYSTEM, at=turn.at, rules=names, outcome=outcome
    )


def _tell_people(turn: Turn, broken: list[Rule]) -> None:
    """The assistant goes on; who looks reads what it could not say."""
    if turn.conversation.waiting_reason:
        return
    listed = ", ".join(reasons.words_of(rule) for rule in broken if rule in REPORTED)
    brief = (
        _("Tiene una deuda y se le dijo que un ejecutivo revisará su financiamiento")
        if broken == [Rule.CREDIT]
        else _("El asistente no pudo responder con seguridad: %(rules)s") % {"rules": listed}
    )
    handoff.flag(turn.lead, reason=HandoffReason.OTHER, brief=brief, at=turn.at)
