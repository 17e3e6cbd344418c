"""Background work on the diary: offers that nobody took are forgotten."""

from celery import shared_task
from django.utils import timezone

from scheduling import offers


@shared_task(name="scheduling.tasks.sweep_offers")
def sweep_offers() -> int:
    """Delete offers a day after their hold ended; a hold itself ends by the clock."""
    return offers.forget(at=timezone.now())
