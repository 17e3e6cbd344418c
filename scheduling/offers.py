"""Slots that were offered to a lead: each held for five minutes, so that an answer finds it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from leads.models import Lead
from scheduling import availability
from scheduling.assignment import rank
from scheduling.availability import Diary, Slot
from scheduling.doors import door, lock_agents, lock_lead
from scheduling.models import AppointmentType, SlotOffer
from scheduling.properties import NO_SUBJECT, VisitSubject

HOLD = timedelta(minutes=5)
REMEMBERED = timedelta(days=1)
MAX_HELD = 4


@door
def offer(
    lead: Lead, *, slots: Sequence[Slot], at: datetime,
    appointment_type: str = AppointmentType.PROPERTY_VISIT, subject: VisitSubject = NO_SUBJECT,
) -> list[SlotOffer]:  # fmt: skip
    """Store and hold the first four slots that are still free, one agent each.

    A slot offered before is held anew; older holds beyond four are let go.
    """
    if not slots:
        return []
    lead = lock_lead(lead.pk)
    asked = sorted(slots)[:MAX_HELD]
    ranked = rank(lead, {agent for slot in asked for agent in slot.agents}, at=at)
    lock_agents(ranked)
    span = {"start": asked[0].start, "end": asked[-1].end}
    diary = Diary(availability.held(lead.broker, ranked, **span, at=at, lead=lead))
    stored = [
        _hold(lead, slot, agent, at, appointment_type, subject)
        for slot in asked
        if (agent := _first(ranked, diary.free(slot.agents, slot.start, slot.end)))
    ]
    stored = _store(stored)
    _let_go_of_older(lead, stored, at)
    return stored


def _first(ranked: Sequence[int], free: Sequence[int]) -> int | None:
    return next((agent for agent in ranked if agent in free), None)


def _hold(
    lead: Lead, slot: Slot, agent: int, at: datetime, appointment_type: str, subject: VisitSubject
) -> SlotOffer:
    return SlotOffer(
        lead=lead,
        broker_id=lead.broker_id,
        agent_id=agent,
        appointment_type=appointment_type,
        start_time=slot.start,
        end_time=slot.end,
        hold_until=at + HOLD,
        listing=subject.listing,
        requested=subject.requested,
    )


def _store(offers: list[SlotOffer]) -> list[SlotOffer]:
    return SlotOffer.objects.bulk_create(
        offers,
        update_conflicts=True,
        unique_fields=["lead", "agent", "start_time", "appointment_type"],
        update_fields=["end_time", "hold_until", "taken", "listing", "requested", "updated_at"],
    )


def _let_go_of_older(lead: Lead, newest: Sequence[SlotOffer], at: datetime) -> None:
    """One agent a time, four times in all."""
    starts = {each.start_time for each in newest}
    older = held(lead, at=at).exclude(pk__in=[each.pk for each in newest])
    ordered = sorted(older, key=lambda each: each.hold_until, reverse=True)
    others = [each.pk for each in ordered if each.start_time not in starts]
    kept = others[: MAX_HELD - len(newest)]
    surplus = [each.pk for each in ordered if each.pk not in kept]
    if surplus:
        SlotOffer.objects.filter(pk__in=surplus).update(hold_until=at, updated_at=at)


def held(lead: Lead, *, at: datetime) -> QuerySet[SlotOffer]:
    return SlotOffer.objects.filter(lead=lead, taken=False, hold_until__gt=at)


def recent(lead: Lead, *, at: datetime) -> list[SlotOffer]:
    """What the lead may be answering to: the last offers made, in order of time.

    Their hold may be over; they can still be booked while the time is free.
    """
    rows = SlotOffer.objects.filter(
        lead=lead, taken=False, start_time__gt=at, hold_until__gt=at - REMEMBERED
    ).order_by("-hold_until")[:MAX_HELD]
    newest = [each for each in rows if each.hold_until == rows[0].hold_until]
    return sorted(newest, key=lambda each: each.start_time)


def settle(lead: Lead, *, start: datetime, appointment_type: str, at: datetime) -> None:
    """After a booking: the offer that was taken is marked, the others of its type are gone."""
    offers = SlotOffer.objects.filter(lead=lead, appointment_type=appointment_type)
    offers.filter(start_time=start).update(taken=True, updated_at=at)
    offers.filter(taken=False).delete()


def forget(*, at: datetime) -> int:
    """Delete offers whose hold ended over a day ago; returns how many."""
    return SlotOffer.objects.filter(hold_until__lt=at - REMEMBERED).delete()[0]
