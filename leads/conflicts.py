"""What was said against a person's word: kept beside it until a person accepts or rejects it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.errors import Conflict
from leads import facts
from leads.models import ChatMessage, Lead


class NoSuchConflict(Conflict):
    """Somebody decided it meanwhile, or the lead said something else since."""

    code = "conflict_settled"


@dataclass(frozen=True)
class Contradiction:
    """One fact: what stands by a person's word, and what was said against it, by whom and when."""

    fact: str
    stands: Any
    value: Any
    by: str
    message: int | None
    at: str
    confidence: float


def of(lead: Lead) -> Iterator[Contradiction]:
    for fact, told in lead.metadata.get("conflicts", {}).items():
        yield Contradiction(
            fact=fact,
            stands=facts.value_of(lead, fact),
            value=told["value"],
            by=told["by"],
            message=told["message"],
            at=told["at"],
            confidence=told["confidence"],
        )


@transaction.atomic
def settle(
    lead: Lead, *, fact: str, accept: bool, said_at: str | None = None, by: Any, at: datetime
) -> None:
    """Take the contradiction over as a person's word, or let what stands stand.

    With ``said_at``, only the contradiction that the person saw: a later one of the same fact
    raises NoSuchConflict.
    """
    locked = facts.lock(lead)
    told = locked.metadata.get("conflicts", {}).get(fact)
    if told is None or (said_at and told["at"] != said_at):
        raise NoSuchConflict(_("Esta diferencia ya no está pendiente. Recarga y revisa."))
    if not accept:
        facts.reject(locked, fact, by=by, at=at)
        return
    message = ChatMessage.objects.filter(pk=told["message"], lead=lead).first()
    given = facts.Facts.model_validate({fact: told["value"]})
    result = facts.record(
        locked, given, source=facts.Source.PERSON, message=message, user=by, at=at
    )
    if fact in result.refused:
        raise NoSuchConflict(_("Ya no calza con los otros datos. Corrígelo a mano."))
