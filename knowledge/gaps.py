"""Counts the questions that found no answer, for people to fill."""

import hashlib
from datetime import datetime

from django.db.models import F, Q, QuerySet

from brokers.models import Broker
from crm import rehearsal
from knowledge import words
from knowledge.models import KnowledgeGap
from leads.folding import fold
from leads.models import ChatMessage

_LONGEST = 500


def note_gap(
    broker: Broker, question: str, message: ChatMessage | None = None, *, at: datetime
) -> KnowledgeGap | None:
    """Count a question without answer once per message; asked again, a resolved one reopens.

    None for a text without a word that counts: there is nothing to fill; and for what is only
    tried, in whose transaction the row would keep real questions waiting.
    """
    if rehearsal.is_on():
        return None
    shown = " ".join(question.replace("\x00", " ").split())[:_LONGEST]
    key = question_key(shown)
    if not key:
        return None
    row = KnowledgeGap(broker=broker, question=shown, question_key=key, times=0, created_at=at)
    # Inserting first and counting after lets any number ask at once.
    KnowledgeGap.objects.bulk_create([row], ignore_conflicts=True)
    gaps = KnowledgeGap.objects.filter(broker=broker, question_key=key)
    asked = gaps if message is None else gaps.filter(~Q(last_message=message))
    # Whose words are shown is whose message it names: they go when that lead is erased.
    theirs = {} if message is None else {"question": shown, "last_message": message}
    asked.update(times=F("times") + 1, state=KnowledgeGap.State.OPEN, updated_at=at, **theirs)
    found: KnowledgeGap = gaps.get()
    return found


def resolve(chosen: QuerySet[KnowledgeGap], *, at: datetime) -> int:
    """Somebody filled them: they stay away until asked without an answer again."""
    return chosen.filter(state=KnowledgeGap.State.OPEN).update(
        state=KnowledgeGap.State.RESOLVED, updated_at=at
    )


def question_key(question: str) -> str:
    """The same for questions that differ in case, accents, signs and filling words only."""
    meaning = " ".join(fold(word) for word in words.words(question))
    return hashlib.sha256(meaning.encode()).hexdigest() if meaning else ""
