"""What every door does about refusals of the database."""

from datetime import datetime
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import IntegrityError, connection

from leads.models import Lead
from scheduling.doors import door, lock_appointment, lock_lead
from scheduling.models import Appointment
from tests.factories import AppointmentFactory, BrokerFactory, LeadFactory


@pytest.mark.django_db(transaction=True)
def test_a_door_that_loses_to_a_deadlock_tries_again(at: datetime) -> None:
    broker = BrokerFactory()
    first, second = LeadFactory(broker=broker), LeadFactory(broker=broker)
    both_hold_one = Barrier(2)
    outcomes: list[object] = []

    @door
    def lock_both(one: Lead, other: Lead) -> str:
        lock_lead(one.pk)
        try:
            both_hold_one.wait(timeout=5)
        except BrokenBarrierError:
            outcomes.append("tried again")
        lock_lead(other.pk)
        both_hold_one.abort()
        return "locked both"

    def run(one: Lead, other: Lead) -> None:
        try:
            outcomes.append(lock_both(one, other))
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["locked both", "locked both", "tried again"]


def test_a_refusal_that_no_rule_names_is_not_hidden(lead: Lead) -> None:
    @door
    def write_nonsense() -> None:
        AppointmentFactory(broker=lead.broker, lead=lead, duration_minutes=1)

    with pytest.raises(IntegrityError):
        write_nonsense()


def test_a_locked_appointment_is_the_row_as_it_is_now(lead: Lead) -> None:
    visit = AppointmentFactory(broker=lead.broker, lead=lead)
    Appointment.objects.update(location="Irarrázaval 100")

    @door
    def read() -> tuple[str, Lead]:
        fresh = lock_appointment(visit)
        return fresh.location, fresh.lead

    assert read() == ("Irarrázaval 100", lead)
