"""Who a person is: matched by phone, then e-mail, within the broker; suspected, never guessed."""

from datetime import timedelta

import pytest

from leads import identity
from leads.enums import Channel
from leads.identity import Outcome, find_or_create
from leads.models import Conversation, Lead, MergeSuggestion
from leads.stages import Source, Stage
from tests.factories import ConversationFactory, LeadFactory, SuppressionFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
PHONE, MAIL = "+56987654321", "camila@example.com"


def entered(broker, at, **fields) -> identity.Match:
    return find_or_create(broker, source=Source.API, at=at, **fields)


def test_a_new_lead_is_made_whole(broker, at) -> None:
    match = entered(
        broker, at, phone="9 8765 4321", email=" Camila@Example.COM", name="camila rojas"
    )
    lead = Lead.objects.get()
    assert (match.lead, match.outcome, match.warning) == (lead, Outcome.CREATED, "")
    assert (lead.phone, lead.phone_e164, lead.email, lead.name) == (
        "9 8765 4321", PHONE, MAIL, "Camila Rojas",
    )  # fmt: skip
    assert (lead.source, lead.stage_entered_at, lead.pipeline_stage) == ("api", at, Stage.ENTRY)
    assert Conversation.objects.get().lead == lead
    assert list(lead.activity.values_list("action_type", "actor")) == [("lead_created", "system")]


@pytest.mark.parametrize(
    "typed", ["987654321", "+56 9 8765 4321", "(56) 9-8765-4321", "09 87654321"]
)
def test_a_phone_matches_however_it_is_typed(broker, at, typed) -> None:
    known = LeadFactory(broker=broker, phone_e164=PHONE)
    match = entered(broker, at, phone=typed)
    assert (match.lead, match.outcome) == (known, Outcome.MATCHED)


def test_phone_comes_before_email(broker, at) -> None:
    by_phone = LeadFactory(broker=broker, phone_e164=PHONE)
    by_mail = LeadFactory(broker=broker, phone_e164="+56911111111", email=MAIL)
    assert entered(broker, at, phone=PHONE, email=MAIL).lead == by_phone
    assert entered(broker, at, phone="+56922222222", email=MAIL.upper()).lead == by_mail


def test_another_brokers_lead_is_nobody_here(broker, rival, at) -> None:
    LeadFactory(broker=rival, phone_e164=PHONE, email=MAIL)
    assert entered(broker, at, phone=PHONE, email=MAIL).outcome == Outcome.CREATED
    assert MergeSuggestion.objects.count() == 0


def test_a_phone_that_is_none_matches_nobody(broker, at) -> None:
    LeadFactory(broker=broker, phone="no tiene", phone_e164=None)
    assert entered(broker, at, phone="no tiene").outcome == Outcome.CREATED


def test_of_several_the_open_one_with_the_latest_inbound(broker, at) -> None:
    def known(days: int | None, stage: Stage = Stage.ENTRY, status: str = "cold") -> Lead:
        lead = LeadFactory(broker=broker, phone_e164=PHONE, pipeline_stage=stage, status=status)
        moment = None if days is None else at - timedelta(days=days)
        ConversationFactory(broker=broker, lead=lead, last_inbound_at=moment)
        return lead

    latest, older, silent = known(1), known(2), known(None)
    closed = known(0, Stage.LOST, "lost")
    found = identity.matching(broker, phone_e164=PHONE, email=None)
    assert found == [latest, older, silent, closed]


def test_what_only_a_merged_lead_had_leads_to_where_it_went(broker, at) -> None:
    survivor = LeadFactory(broker=broker, phone_e164="+56911111111")
    middle = LeadFactory(broker=broker, phone_e164="+56922222222", merged_into=survivor)
    LeadFactory(broker=broker, phone_e164=PHONE, merged_into=middle)
    match = entered(broker, at, phone=PHONE)
    assert (match.lead, match.outcome) == (survivor, Outcome.MATCHED)
    living = LeadFactory(broker=broker, phone_e164=PHONE)
    assert entered(broker, at, phone=PHONE).lead == living


def test_force_new_creates_all_the_same_and_warns(broker, at) -> None:
    known = LeadFactory(broker=broker, phone_e164=PHONE)
    match = entered(broker, at, phone=PHONE, force_new=True)
    assert (match.outcome, match.warning) == (Outcome.CREATED, "duplicate")
    assert MergeSuggestion.objects.values_list("lead", "other").get() == (match.lead.pk, known.pk)


def test_who_asked_to_be_left_alone_is_entered_and_marked(broker, at) -> None:
    SuppressionFactory(broker=broker, identifier=MAIL)
    assert entered(broker, at, phone=PHONE, email=MAIL).outcome == Outcome.SUPPRESSED
    SuppressionFactory(broker=broker, identifier="+56911111111", channel=Channel.WHATSAPP)
    assert entered(broker, at, phone="+56911111111").outcome == Outcome.CREATED


@pytest.mark.django_db(transaction=True)
def test_the_same_entry_ten_times_at_once_is_one_lead(broker, at) -> None:
    outcomes = [each.outcome for each in race(10, lambda _: entered(broker, at, phone=PHONE))]
    assert (outcomes.count(Outcome.CREATED), outcomes.count(Outcome.MATCHED)) == (1, 9)
    assert Lead.objects.count() == 1


# --- Many at once --------------------------------------------------------------------------------
