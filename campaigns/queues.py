"""Campaign steps that are due, for who watches the operation."""

from datetime import timedelta

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from campaigns import forecasting, steps
from crm.queues import Queue, register

register(
    Queue(
        "steps",
        _("pasos de campañas"),
        "campaigns.tasks.sweep_steps",
        steps.owed,
        F("due_at"),
        "campaigns_campaignlog",
        timedelta(minutes=15),
    ),
    Queue(
        "forecasts",
        _("proyecciones de campañas"),
        "campaigns.tasks.sweep_forecasts",
        forecasting.owed,
        F("created_at"),
        "campaigns_campaignforecast",
    ),
)
