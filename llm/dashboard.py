"""What the home page tells of the models: the month's spend, for who may see costs."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from brokers.models import BrokerPromptConfig
from crm.admin.dashboard import Card
from crm.tenancy import allows
from llm.models import LLMCall


def cards(user: Any, at: datetime) -> list[Card]:
    if not allows(user, LLMCall, "r"):
        return []
    month = timezone.localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    spent = LLMCall.objects.visible_to(user).filter(created_at__gte=month)
    total = spent.aggregate(
        usd=Sum("estimated_cost_usd"), calls=Count("pk"), failed=Count("pk", filter=~Q(error=""))
    )
    note = _("%(calls)s consultas, %(failed)s con error") % total
    return [
        Card(
            _("Gasto en modelos este mes"),
            _usd(total["usd"] or Decimal(0)),
            note=f"{note}{_limit(user)}",
            link=reverse("admin:llm_llmcall_changelist"),
            icon="payments",
            order=4,
        )
    ]


def _usd(amount: Decimal) -> str:
    return f"US$ {amount:.2f}".replace(".", ",")


def _limit(user: Any) -> str:
    if user.broker_id is None:
        return ""
    limit = BrokerPromptConfig.objects.get(broker=user.broker_id).monthly_llm_budget_usd
    return "" if limit is None else f" · {_('tope')} {_usd(limit)}"
