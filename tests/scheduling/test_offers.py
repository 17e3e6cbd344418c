"""Offers: stored, held for five minutes, one agent a time, and never for two leads at once."""

from datetime import datetime, time, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from brokers.models import Broker, User
from leads.models import Lead
from scheduling import availability, offers
from scheduling.availability import Slot
from scheduling.models import SlotOffer
from tests.factories import AvailabilitySlotFactory, BrokerFactory, LeadFactory, UserFactory

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def slots(at: datetime, count: int, *agents: User, days: int = 1) -> list[Slot]:
    first = at + timedelta(days=days)
    pks = tuple(sorted(agent.pk for agent in agents))
    return [Slot(first + n * HOUR, first + (n + 1) * HOUR, pks) for n in range(count)]


def test_an_offer_holds_its_slot_for_five_minutes(
    lead: Lead, agent: User, agent2: User, at: datetime
) -> None:
    [made] = offers.offer(lead, slots=slots(at, 1, agent, agent2), at=at)
    stored = SlotOffer.objects.get()
    assert made.pk == stored.pk
    assert (stored.agent, stored.hold_until, stored.taken) == (agent, at + 5 * MINUTE, False)


def test_offering_the_same_slot_again_holds_it_anew(lead: Lead, agent: User, at: datetime) -> None:
    [first] = offers.offer(lead, slots=slots(at, 1, agent), at=at)
    [again] = offers.offer(lead, slots=slots(at, 1, agent), at=at + MINUTE)
    assert first.pk == again.pk
    assert SlotOffer.objects.get().hold_until == at + 6 * MINUTE


def test_a_lead_holds_four_slots_at_most_the_newest(lead: Lead, agent: User, at: datetime) -> None:
    first = offers.offer(lead, slots=slots(at, 6, agent), at=at)
    second = offers.offer(lead, slots=slots(at, 3, agent, days=2), at=at + MINUTE)
    held = set(offers.held(lead, at=at + MINUTE).values_list("pk", flat=True))
    assert (len(first), len(second), len(held)) == (4, 3, 4)
    assert {each.pk for each in second} < held


def test_two_leads_are_offered_one_time_with_two_agents(
    lead: Lead, agent: User, agent2: User, at: datetime
) -> None:
    other = LeadFactory(broker=lead.broker)
    third = LeadFactory(broker=lead.broker)
    same = slots(at, 1, agent, agent2)
    made = [offers.offer(each, slots=same, at=at) for each in (lead, other, third)]
    assert [[each.agent_id for each in offered] for offered in made] == [
        [agent.pk],
        [agent2.pk],
        [],
    ]


def test_recent_is_the_last_batch_also_after_its_hold(
    lead: Lead, agent: User, at: datetime
) -> None:
    offers.offer(lead, slots=slots(at, 2, agent), at=at)
    last = offers.offer(lead, slots=slots(at, 2, agent, days=2), at=at + MINUTE)
    assert offers.recent(lead, at=at + 30 * MINUTE) == last
    assert offers.recent(lead, at=at + timedelta(days=3)) == []


def test_forget_deletes_what_nobody_took_for_a_day(lead: Lead, agent: User, at: datetime) -> None:
    offers.offer(lead, slots=slots(at, 2, agent, days=5), at=at)
    counts = [offers.forget(at=at + timedelta(days=1, minutes=n)) for n in (5, 6, 7)]
    assert counts == [0, 2, 0]


@pytest.mark.django_db(transaction=True)
def test_leads_asking_at_once_are_never_held_the_same_time_of_the_same_agent(at: datetime) -> None:
    broker: Broker = BrokerFactory()
    UserFactory.create_batch(3, broker=broker)
    AvailabilitySlotFactory(broker=broker, start_time=time(14), end_time=time(18))
    leads = LeadFactory.create_batch(8, broker=broker)
    barrier, made = Barrier(len(leads)), []

    def ask(lead: Lead) -> None:
        free = availability.free_slots(broker, start=at, end=at + 10 * HOUR, at=at, lead=lead)
        barrier.wait()
        try:
            made.extend(offers.offer(lead, slots=free, at=at))
        finally:
            connection.close()

    threads: list[Any] = [Thread(target=ask, args=[lead]) for lead in leads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = [(each.agent_id, each.start_time) for each in made]
    assert len(held) == len(set(held)) == 12
