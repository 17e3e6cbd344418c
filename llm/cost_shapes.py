"""What models cost as the API shows it, and what may be asked of it."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from brokers.models import Broker, User
from crm.api.rows import moment
from crm.api.serializers import YEARS, TenantRelatedField
from crm.tenancy import Role
from leads.stages import Source
from llm import costs
from llm.models import CallType, PromptVersion


class SpentSerializer(serializers.Serializer[Any]):
    """Calls and their cost, which is null where none of them had a known price."""

    calls = serializers.IntegerField()
    failed = serializers.IntegerField()
    fallbacks = serializers.IntegerField()
    unpriced = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    estimated_cost_usd = serializers.DecimalField(max_digits=20, decimal_places=8, allow_null=True)


class KindCostSerializer(SpentSerializer):
    provider = serializers.CharField()
    model = serializers.CharField()
    call_type = serializers.ChoiceField(choices=CallType.choices)


class DayCostSerializer(SpentSerializer):
    day = serializers.DateField()


class VersionCostSerializer(SpentSerializer):
    """Null: calls with the configuration's own sections, or with no prompt of the broker's."""

    prompt_version = serializers.IntegerField(allow_null=True)


class AgentCostSerializer(SpentSerializer):
    """Null: leads of nobody, and calls for no lead."""

    agent = serializers.IntegerField(allow_null=True)


class SourceCostSerializer(SpentSerializer):
    """Null: calls for no lead."""

    source = serializers.ChoiceField(choices=Source.choices, allow_null=True)  # type: ignore[assignment]


class ModelHourSerializer(serializers.Serializer[Any]):
    """One hour of the day, over all days of the period."""

    provider = serializers.CharField()
    model = serializers.CharField()
    hour = serializers.IntegerField(min_value=0, max_value=23)
    calls = serializers.IntegerField()
    failed = serializers.IntegerField()
    fallbacks = serializers.IntegerField()


class ResultCostSerializer(serializers.Serializer[Any]):
    """How many came so far in the period, and all that was spent in it for each of them."""

    kind = serializers.ChoiceField(choices=["qualified", "visit", "sale"])
    count = serializers.IntegerField()
    estimated_cost_usd = serializers.DecimalField(max_digits=20, decimal_places=8, allow_null=True)


class CostReportSerializer(serializers.Serializer[Any]):
    since = serializers.DateField()
    until = serializers.DateField()
    totalled_at = serializers.DateTimeField(allow_null=True)
    total = SpentSerializer()
    per_result = ResultCostSerializer(many=True)
    results = KindCostSerializer(many=True)
    days = DayCostSerializer(many=True)
    prompt_versions = VersionCostSerializer(many=True)
    agents = AgentCostSerializer(many=True)
    sources = SourceCostSerializer(many=True)
    hours = ModelHourSerializer(many=True)


class CostChoiceSerializer(serializers.Serializer[Any]):
    """Which calls: of the days from ``since`` (else the month's first) until ``until`` (else today)."""

    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    broker = TenantRelatedField(queryset=Broker.objects.all(), required=False)
    provider = serializers.CharField(max_length=50, required=False)
    model = serializers.CharField(max_length=100, required=False)
    call_type = serializers.ChoiceField(choices=CallType.choices, required=False)
    prompt_version = TenantRelatedField(queryset=PromptVersion.objects.all(), required=False)
    agent = TenantRelatedField(queryset=User.objects.exclude(role=Role.SUPERADMIN), required=False)
    source = serializers.ChoiceField(choices=Source.choices, required=False)  # type: ignore[assignment]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("since", "until"):
            if name in attrs and attrs[name].year not in YEARS:
                detail = _("Usa una fecha entre 2000 y 2100.")
                raise serializers.ValidationError({name: detail}, code="out_of_range")
        since, until = costs.period(attrs.get("since"), attrs.get("until"), timezone.localdate())
        return {**attrs, "since": since, "until": until}


def shown(report: costs.Report) -> dict[str, Any]:
    """A report as its serializer describes it; of some 300 rows, writing takes longer than reading them."""
    kinds = ("provider", "model", "call_type")
    return {
        "since": report.since,
        "until": report.until,
        "totalled_at": moment(report.totalled_at),
        "total": _figures(report.total),
        "per_result": [
            {"kind": each.kind, "count": each.count, "estimated_cost_usd": _usd(each.usd)}
            for each in report.results
        ],
        "results": [
            _figures(spent) | dict(zip(kinds, key, strict=True))
            for key, spent in report.kinds.items()
        ],
        "days": _rows("day", sorted(report.days.items())),
        "prompt_versions": _rows("prompt_version", report.versions.items()),
        "agents": _rows("agent", report.agents.items()),
        "sources": _rows("source", ((key or None, each) for key, each in report.sources.items())),
        "hours": [vars(hour) for hour in report.hours],
    }


def _rows(name: str, pairs: Iterable[tuple[Any, costs.Spent]]) -> list[dict[str, Any]]:
    return [_figures(spent) | {name: key} for key, spent in pairs]


def _figures(spent: costs.Spent) -> dict[str, Any]:
    figures = spent._asdict()
    figures["estimated_cost_usd"] = _usd(figures.pop("usd"))
    return figures


def _usd(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.8f}"
