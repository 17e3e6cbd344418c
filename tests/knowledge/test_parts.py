from datetime import datetime

import pytest

from knowledge.gaps import note_gap
from knowledge.models import KnowledgeGap
from leads.models import Lead
from leads.parts import parts
from tests.factories import ChatMessageFactory

pytestmark = pytest.mark.django_db


def test_a_leads_unanswered_questions_are_exported_and_erased_with_them(
    lead: Lead, at: datetime
) -> None:
    mine = ChatMessageFactory(lead=lead, broker=lead.broker)
    others = ChatMessageFactory(broker=lead.broker)
    note_gap(lead.broker, "¿aceptan permuta?", mine, at=at)
    note_gap(lead.broker, "¿venden parcelas?", others, at=at)
    part = next(part for part in parts() if part.name == "knowledge_gaps")
    assert [row["question"] for row in part.export(lead)] == ["¿aceptan permuta?"]
    assert part.erase(lead) == 1
    assert [gap.question for gap in KnowledgeGap.objects.all()] == ["¿venden parcelas?"]
