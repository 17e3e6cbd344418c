"""What may be wrong with the models: a vendor that rests after failures, a month that is spent."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from brokers.models import BrokerPromptConfig
from crm.watching import Trouble, register
from leads.enums import AlertKind
from leads.models import LeadAlert
from llm import breaker, budget, vendors


@register
def resting_vendors(at: datetime) -> Iterator[Trouble]:
    for vendor in vendors.VENDORS:
        if vendors.has_key(f"{vendor}:") and breaker.is_open(vendor):
            yield Trouble(
                "breaker",
                _("El proveedor de modelos %s falla: se le deja descansar.") % vendor,
                _("Responde otro modelo. Revisa su estado, la clave y el saldo de la cuenta."),
                reverse("admin:llm_llmcall_changelist"),
            )


@register
def spent_budgets(at: datetime) -> Iterator[Trouble]:
    """Of brokers that were told this month, those that are still at their limit."""
    warned = LeadAlert.objects.filter(kind=AlertKind.LLM_BUDGET).values("broker")
    configs = BrokerPromptConfig.objects.filter(broker__in=warned)
    for config in configs.select_related("broker"):
        limits = (budget.money(config, at), budget.tokens(config, at))
        if any(each is not None and each.warning == 100 for each in limits):
            yield Trouble(
                "budget",
                _("%s gastó su tope mensual en modelos: responde el asistente básico.")
                % config.broker,
                _("Sube el tope en «Asistente», o espera al mes siguiente."),
                reverse("admin:brokers_brokerpromptconfig_changelist"),
                None,
                config.broker_id,
            )
