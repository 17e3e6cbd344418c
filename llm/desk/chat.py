"""The test chat: a conversation with a draft, held again from its beginning at every message.

Nothing of it is stored. What was written, answered and done so far comes back from the browser,
signed; earlier turns run anew with the model's part played from it, so that what the lead told, the
hours offered and a booked visit are there again, and no vendor is asked twice.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core import signing
from django.utils.translation import gettext_lazy as _
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from crm.errors import DomainError
from llm.desk import sandbox, situations
from llm.desk.sandbox import Answer, Deed, Sandbox
from llm.models import PromptVersion
from llm.pricing import OFFLINE

MOST_TURNS = 15
LONGEST = 2_000  # characters of a message
KEPT_SECONDS = 24 * 3600
_SALT = "llm.desk.chat"


class TooLong(DomainError):
    code = "too_long"
    message = _("La prueba llegó a su límite de mensajes: empieza otra.")


class Outdated(DomainError):
    code = "outdated"
    message = _("La prueba es de otra sesión o muy antigua: empieza otra.")


@dataclass(frozen=True)
class Exchange:
    """What was written and answered, and when; the tools, and whether each named hours.

    An hour that a tool was given stands as its start: offers get other ids when they are made anew.
    """

    text: str
    reply: str
    at: str
    deeds: list[tuple[str, dict[str, Any], bool]] = field(default_factory=list)


@dataclass(frozen=True)
class Chat:
    """``situation`` is a key of ``situations``."""

    situation: str = "new"
    exchanges: tuple[Exchange, ...] = ()

    def sign(self, broker_id: int) -> str:
        rows = [[each.text, each.reply, each.at, each.deeds] for each in self.exchanges]
        return signing.dumps([broker_id, self.situation, rows], salt=_SALT, compress=True)


def read(signed: str, broker_id: int, situation: str) -> Chat:
    """The chat as it stands; raises Outdated for what is not of this broker, or too old."""
    if not signed:
        known = situation if situation in situations.situations() else "new"
        return Chat(known)
    try:
        owner, key, rows = signing.loads(signed, salt=_SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature as error:
        raise Outdated from error
    if owner != broker_id or key not in situations.situations():
        raise Outdated
    return Chat(key, tuple(Exchange(*row) for row in rows))


def say(version: PromptVersion, chat: Chat, text: str, *, at: datetime) -> tuple[Answer, Chat]:
    """One more message of the lead, answered by the broker's models on this text."""
    if len(chat.exchanges) >= MOST_TURNS:
        raise TooLong
    situation = situations.situations()[chat.situation]
    start = datetime.fromisoformat(chat.exchanges[0].at) if chat.exchanges else at
    with sandbox.opened(version, situation=situation, at=start) as held:
        _hold_again(held, chat)
        answer = held.write([text], at=at)
        deeds = [_noted(deed, _hours(held)) for deed in answer.deeds]
        exchange = Exchange(text, "\n".join(answer.replies), at.isoformat(), deeds)
    return answer, Chat(chat.situation, (*chat.exchanges, exchange))


def _hold_again(held: Sandbox, chat: Chat) -> None:
    """At the moments at which it was held: at another one other hours would be free."""
    for each in chat.exchanges:
        moment = datetime.fromisoformat(each.at)
        held.write([each.text], at=moment, stand_in=_played(each, held))


def _played(exchange: Exchange, held: Sandbox) -> FunctionModel:
    """Does what the model did then, and says what was sent."""
    rest = list(exchange.deeds)

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        calls: list[ToolCallPart] = []
        names_hours = False
        while rest and not names_hours:  # at once, but for what may name hours that are found now
            name, given, names_hours = rest.pop(0)
            if "offer_id" in given:
                given = {**given, "offer_id": _hours(held).get(given["offer_id"], 0)}
            calls.append(ToolCallPart(name, given))
        return ModelResponse(parts=[*calls] if calls else [TextPart(exchange.reply)])

    return FunctionModel(answer, model_name=OFFLINE)


def _noted(deed: Deed, hours: dict[str, int]) -> tuple[str, dict[str, Any], bool]:
    given = dict(deed.given)
    if "offer_id" in given:
        starts = {pk: start for start, pk in hours.items()}
        given["offer_id"] = starts.get(given["offer_id"], "")
    return deed.name, given, bool(deed.answer.get("slots"))


def _hours(held: Sandbox) -> dict[str, int]:
    """The offers made in this sandbox, by when they start."""
    found = [
        slot
        for turn in held.trial.turns
        for shown in (
            turn.context.get("offers"),
            *(answer.get("slots") for _n, answer in turn.results),
        )
        for slot in shown or ()
    ]
    return {slot["start"]: slot["offer_id"] for slot in found}
