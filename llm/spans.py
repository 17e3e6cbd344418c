"""Days, and thirds of months: a long period is read from the fewest totals that have all of it."""

from calendar import monthrange
from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Span(models.TextChoices):
    DAY = "day", _("un día")
    THIRD = "third", _("un tercio del mes")


def third(day: date) -> tuple[date, date]:
    """The first and the last day of the third of a month: the 1st to the 10th, the 20th, the end."""
    first = min(1 + (day.day - 1) // 10 * 10, 21)
    last = first + 9 if first < 21 else monthrange(day.year, day.month)[1]
    return day.replace(day=first), day.replace(day=last)


def covering(since: date, until: date) -> Q:
    """The rows that have each day of the period once; a row's ``day`` is the first of its span."""
    (first, end_of_first), (start_of_last, last) = third(since), third(until)
    upper = Q(day__lte=until) if until == last else Q(day__lt=start_of_last)
    rows = Q(span=Span.THIRD, day__gte=since) & upper
    if since != first:
        rows |= Q(span=Span.DAY, day__range=(since, min(end_of_first, until)))
    if until != last:
        rows |= Q(span=Span.DAY, day__range=(max(start_of_last, since), until))
    return rows
