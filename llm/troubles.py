"""What may be wrong with the models: a vendor that rests after failures, a month that is spent."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from brokers.models import BrokerPromptConfig
from crm.watching import Trouble, register
from leads.enums import AlertKind
from leads.models import LeadAlert
from llm import breaker, vendors
from llm.budget import start_of_month
from llm.models import LLMCall


@register
def resting_vendors(at: datetime) -> Iterator[Trouble]:
    specs = [spec for spec in (settings.LLM_MODEL, settings.LLM_FALLBACK_MODEL) if spec]
    for vendor in sorted({vendors.vendor_of(spec) for spec in specs if vendors.has_key(spec)}):
        if breaker.is_open(vendor):
            yield Trouble(
                "breaker",
                _("El proveedor de modelos %s falla: se le deja descansar.") % vendor,
                _("Responde otro modelo. Revisa su estado, la clave y el saldo de la cuenta."),
                reverse("admin:llm_llmcall_changelist"),
            )


@register
def spent_budgets(at: datetime) -> Iterator[Trouble]:
    """Of brokers that were told this month, those that are still at their limit."""
    limited = BrokerPromptConfig.objects.filter(
        monthly_llm_budget_usd__isnull=False,
        broker__in=LeadAlert.objects.filter(kind=AlertKind.LLM_BUDGET).values("broker"),
    )
    for config in limited.select_related("broker"):
        month = start_of_month(config.broker, at)
        calls = LLMCall.objects.filter(broker=config.broker, created_at__gte=month)
        spent = calls.aggregate(usd=Sum("estimated_cost_usd", default=Decimal(0)))["usd"]
        if spent >= config.monthly_llm_budget_usd:
            yield Trouble(
                "budget",
                _("%s gastó su tope mensual en modelos: responde el asistente básico.")
                % config.broker,
                _("Sube el tope en «Asistente», o espera al mes siguiente."),
                reverse("admin:brokers_brokerpromptconfig_changelist"),
                None,
                config.broker_id,
            )
