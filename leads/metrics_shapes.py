"""The pipeline's metrics as the API shows them, and what may be asked of them."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from brokers.models import User
from crm.api.serializers import YEARS, TenantRelatedField
from crm.tenancy import Role
from leads.models import Lead
from leads.stages import Source, Stage


class StageMetricsSerializer(serializers.Serializer[Any]):
    stage = serializers.ChoiceField(choices=Stage.choices)
    count = serializers.IntegerField()
    reached = serializers.IntegerField()
    conversion = serializers.FloatField(allow_null=True)
    median_days = serializers.FloatField(allow_null=True)
    p90_days = serializers.FloatField(allow_null=True)
    stuck = serializers.IntegerField()


class StuckLeadSerializer(serializers.ModelSerializer[Lead]):
    class Meta:
        model = Lead
        fields = ["id", "name", "pipeline_stage", "stage_entered_at", "assigned_to"]
        read_only_fields = fields


class CohortSerializer(serializers.Serializer[Any]):
    """The leads of one month, and how many of them reached each stage by now."""

    month = serializers.DateField()
    leads = serializers.IntegerField()
    reached = serializers.DictField(child=serializers.IntegerField())
    lost = serializers.IntegerField()
    conversion = serializers.FloatField(allow_null=True)


class LossReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()
    count = serializers.IntegerField()


class SpeedSerializer(serializers.Serializer[Any]):
    """Minutes from a lead's first message to the first answer."""

    answered = serializers.IntegerField()
    unanswered = serializers.IntegerField()
    median_minutes = serializers.FloatField(allow_null=True)
    p90_minutes = serializers.FloatField(allow_null=True)


class PipelineMetricsSerializer(serializers.Serializer[Any]):
    stages = StageMetricsSerializer(many=True)
    cohorts = CohortSerializer(many=True)
    lost_reasons = LossReasonSerializer(many=True)
    first_answer = SpeedSerializer()
    first_human_answer = SpeedSerializer()
    stuck = StuckLeadSerializer(many=True)


class MetricsChoiceSerializer(serializers.Serializer[Any]):
    """Which leads are measured: those that came in from ``since`` until ``until``, both included."""

    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    agent = TenantRelatedField(queryset=User.objects.exclude(role=Role.SUPERADMIN), required=False)
    source = serializers.ChoiceField(choices=Source.choices, required=False)  # type: ignore[assignment]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("since", "until"):
            if name in attrs and attrs[name].year not in YEARS:
                detail = _("Usa una fecha entre 2000 y 2100.")
                raise serializers.ValidationError({name: detail}, code="out_of_range")
        return attrs
