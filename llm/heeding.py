"""What a model let pass in a message whose meaning is sure: a complaint, a threat, news of a visit."""

from collections.abc import Callable, Collection

from leads import handoff
from leads.enums import HandoffReason, Holder
from llm import asking
from llm.guards import texts
from llm.guards.gathering import language_of
from llm.lead_tools import answer_from
from llm.tools import Turn

Net = Callable[[Turn, Collection[str]], None]
_CALLS_FOR_A_PERSON = {
    "legal_threat": HandoffReason.LEGAL_THREAT,
    "complaint": HandoffReason.COMPLAINT,
}
_nets: list[Net] = []


def register_net(net: Net) -> None:
    """Something to be done where a message surely says so and the model did not do it."""
    _nets.append(net)


def heed(turn: Turn, reply: str) -> str:
    """The reply, once what the message calls for is done; ours, where only a person may answer."""
    intents = asking.intents_in(turn.question)
    for net in _nets:
        net(turn, intents)
    reasons = (reason for intent, reason in _CALLS_FOR_A_PERSON.items() if intent in intents)
    reason = next(reasons, None)
    if reason is None:
        return reply
    if "request_human" in turn.used or turn.conversation.holder != Holder.ASSISTANT:
        return asking.without_facts(reply)
    _call_person(turn, reason)
    language = language_of(turn)
    person = texts.TO_A_PERSON[language].format(when=answer_from(turn, language=language))
    return f"{texts.SORRY[language]} {person}"


def _call_person(turn: Turn, reason: HandoffReason) -> None:
    conversation = handoff.ask_for_person(turn.lead, reason=reason, at=turn.at)
    turn.version = conversation.version
    turn.conversation.stalled_turns = 0
