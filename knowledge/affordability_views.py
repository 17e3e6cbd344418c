"""Orientation on what a household could look for, under /api/v1/affordability/."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from brokers.models import Broker
from crm.api.serializers import TenantRelatedField, broker_of
from crm.api.views import TenantViewSet
from knowledge import affordability, figures
from knowledge.affordability import Means, Orientation
from knowledge.models import Figure

MOST = affordability.MOST_A_MONTH["CLP"]
MOST_SAVED = affordability.MOST_SAVED


class AmountSerializer(serializers.Serializer[Any]):
    amount = serializers.FloatField(min_value=0, max_value=MOST_SAVED["CLP"])
    currency = serializers.ChoiceField(choices=["CLP", "UF"], default="CLP")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        most = MOST_SAVED[attrs["currency"]]
        if attrs["amount"] > most:
            detail = serializers.FloatField.default_error_messages["max_value"]
            raise serializers.ValidationError(
                {"amount": detail.format(max_value=most)}, code="max_value"
            )
        return attrs


class MeansSerializer(serializers.Serializer[Any]):
    """A household's means: pesos a month, and the down payment in pesos or UF."""

    income = serializers.FloatField(min_value=0, max_value=MOST)
    second_income = serializers.FloatField(min_value=0, max_value=MOST, default=0)
    monthly_debts = serializers.FloatField(min_value=0, max_value=MOST, default=0)
    down_payment = AmountSerializer(required=False)
    dicom = serializers.ChoiceField(choices=["clean", "has_debt", "unknown"], default="unknown")
    broker = TenantRelatedField(queryset=Broker.objects.all(), required=False)


class AssumptionSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    source_url = serializers.CharField(allow_blank=True)
    as_of = serializers.DateField()
    is_stale = serializers.BooleanField()


class OrientationSerializer(serializers.Serializer[Any]):
    """A range in UF and pesos with its monthly dividend, and what it rests on.

    Zero where there is no range: ``outcome`` says why, and ``notice`` what to tell the person.
    ``is_stale`` warns that one of the figures is older than it should be.
    """

    outcome = serializers.ChoiceField(choices=[each.value for each in affordability.Outcome])
    notice = serializers.CharField()
    low_uf = serializers.IntegerField(source="low")
    high_uf = serializers.IntegerField(source="high")
    low_clp = serializers.SerializerMethodField()
    high_clp = serializers.SerializerMethodField()
    dividend_low_clp = serializers.IntegerField(source="dividend_low")
    dividend_high_clp = serializers.IntegerField(source="dividend_high")
    down_payment_low_uf = serializers.IntegerField(source="needed_low")
    down_payment_high_uf = serializers.IntegerField(source="needed_high")
    is_limited_by_down_payment = serializers.BooleanField()
    is_stale = serializers.BooleanField()
    subsidies = AssumptionSerializer(many=True)
    assumptions = AssumptionSerializer(many=True)

    def get_low_clp(self, found: Orientation) -> int:
        return found.in_clp(found.low)

    def get_high_clp(self, found: Orientation) -> int:
        return found.in_clp(found.high)


class Affordability(TenantViewSet[Figure]):
    """Orientation, never a credit decision: nothing is stored."""

    queryset = Figure.objects.all()
    serializer_class = OrientationSerializer
    letters = {"create": "r"}
    takes_key = False

    @extend_schema(
        operation_id="affordability",
        request=MeansSerializer,
        responses={200: OrientationSerializer},
    )
    def create(self, request: Request) -> Response:
        given = self.checked(MeansSerializer)
        broker = broker_of(request)
        table = figures.of(broker)
        means = Means(
            income=given["income"],
            second_income=given["second_income"],
            debts=given["monthly_debts"],
            down_payment=_in_uf(given.get("down_payment"), table.uf),
            dicom=given["dicom"],
        )
        today = timezone.now().astimezone(broker.zone).date()
        return Response(OrientationSerializer(affordability.orient(means, table, on=today)).data)


def _in_uf(down_payment: dict[str, Any] | None, uf: float | None) -> float | None:
    if down_payment is None:
        return None
    amount = float(down_payment["amount"])
    if down_payment["currency"] == "UF":
        return amount
    return amount / uf if uf else None
