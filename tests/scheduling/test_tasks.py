"""The sweep of offers, as beat runs it."""

from datetime import timedelta

from django.utils import timezone

from leads.models import Lead
from scheduling.models import SlotOffer
from scheduling.tasks import sweep_offers
from tests.factories import SlotOfferFactory


def test_the_sweep_keeps_what_a_lead_may_still_answer(lead: Lead) -> None:
    now = timezone.now()
    for hours in (1, 25):
        start = now + timedelta(days=hours)
        SlotOfferFactory(
            broker=lead.broker,
            lead=lead,
            start_time=start,
            end_time=start + timedelta(hours=1),
            hold_until=now - timedelta(hours=hours),
        )
    assert [sweep_offers(), sweep_offers()] == [1, 0]
    assert SlotOffer.objects.get().hold_until == now - timedelta(hours=1)
