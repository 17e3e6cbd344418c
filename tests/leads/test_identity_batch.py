"""Many people at once through the door that one goes through."""

from datetime import timedelta

import pytest

from leads import assignment
from leads.identity import Outcome
from leads.identity_batch import Entry, Met, meet
from tests.factories import LeadFactory, SuppressionFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_batch_says_of_each_what_one_by_one_would(broker, rival, django_assert_num_queries):
    known = LeadFactory(broker=broker, phone_e164="+56987654321", email="otra@example.com")
    gone = LeadFactory(broker=broker, phone_e164="+56933333333", merged_into=known)
    by_mail = LeadFactory(broker=broker, email="camila@example.com")
    LeadFactory(broker=rival, phone_e164="+56911112222")
    SuppressionFactory(broker=broker, identifier="fuera@example.com")
    entries = [
        Entry("+56987654321", "camila@example.com"),
        Entry(gone.phone_e164),
        Entry(None, "camila@example.com"),
        Entry("+56911112222"),
        Entry(None, "fuera@example.com"),
        Entry(),
    ]
    with django_assert_num_queries(3):
        met = meet(broker, entries)
    assert met == [
        Met(Outcome.MATCHED, known),
        Met(Outcome.MATCHED, known),
        Met(Outcome.MATCHED, by_mail),
        None,
        Met(Outcome.SUPPRESSED),
        None,
    ]


def test_a_batch_is_shared_out_as_one_by_one(broker, at) -> None:
    broker.brokerleadconfig.assignment_mode = "round_robin"
    broker.brokerleadconfig.save()
    first, second = (UserFactory(broker=broker, assignment_priority=n) for n in (1, 2))
    LeadFactory(broker=broker, assigned_to=first, created_at=at - timedelta(days=1))
    assert assignment.choose_many(broker, 3, at=at) == [second, first, second]
