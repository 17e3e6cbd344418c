"""Campaigns, their steps, logs and figures as the API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns import conditions, reasons
from campaigns.enrolment import Outcome
from campaigns.models import (
    Campaign,
    CampaignForecast,
    CampaignForecastLine,
    CampaignLog,
    CampaignStep,
    Foreseen,
    LogStatus,
    StepAction,
)
from crm.api.serializers import TenantSerializer
from leads.stages import Stage, Status

OUTCOMES = [(outcome.value, outcome.value) for outcome in Outcome]
MOST_LEADS = 1_000
LONGEST_TEXT = 4_000


class CampaignSerializer(TenantSerializer[Campaign]):
    trigger_condition = serializers.DictField(required=False)
    max_contacts = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**31 - 1
    )

    class Meta:
        model = Campaign
        fields = [
            "id",
            "broker",
            "name",
            "description",
            "channel",
            "status",
            "triggered_by",
            "trigger_condition",
            "max_contacts",
            "contacts_made",
            "stop_on_reply",
            "activated_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["status", "contacts_made", "activated_at"]


_VALUES: dict[str, Any] = {
    "status": {"type": "array", "items": {"type": "string", "enum": Status.values}},
    "pipeline_stage": {"type": "array", "items": {"type": "string", "enum": Stage.values}},
    "score_min": {"type": "number", "minimum": 0, "maximum": 100},
    "score_max": {"type": "number", "minimum": 0, "maximum": 100},
    "tags": {"type": "array", "items": {"type": "string"}},
    "replied": {"type": "boolean"},
}


@extend_schema_field({"type": "object", "properties": _VALUES, "additionalProperties": False})
class ConditionsField(serializers.DictField):
    """What a step asks of its lead."""


class StepSerializer(TenantSerializer[CampaignStep]):
    conditions = ConditionsField(required=False, validators=[conditions.validate])
    message_text = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    delay_hours = serializers.IntegerField(min_value=0, max_value=24 * 365, required=False)
    step_number = serializers.IntegerField(min_value=1, max_value=1_000)

    class Meta:
        model = CampaignStep
        fields = [
            "id",
            "campaign",
            "step_number",
            "action",
            "message_template",
            "message_text",
            "use_ai_message",
            "delay_hours",
            "conditions",
            "target_stage",
            "step_channel",
            "window_start",
            "window_end",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["campaign"]

    def _broker_id(self, attrs: dict[str, Any]) -> int | None:
        broker_id: int = self.context["campaign"].broker_id
        return broker_id

    def check_row(self, attrs: dict[str, Any]) -> None:
        """A step's campaign comes from its address."""
        if self.instance is None:
            attrs["campaign"] = self.context["campaign"]
        super().check_row(attrs)


class LogSerializer(serializers.ModelSerializer[CampaignLog]):
    step_number = serializers.IntegerField(source="step.step_number")
    action = serializers.ChoiceField(source="step.action", choices=StepAction.choices)
    lead_name = serializers.CharField(source="lead.name", allow_null=True)
    reason_text = serializers.SerializerMethodField()

    class Meta:
        model = CampaignLog
        fields = [
            "id",
            "lead",
            "lead_name",
            "enrollment",
            "step",
            "step_number",
            "action",
            "status",
            "reason",
            "reason_text",
            "due_at",
            "executed_at",
            "attempts",
            "message",
            "created_at",
        ]

    def get_reason_text(self, log: CampaignLog) -> str:
        return reasons.told(log.reason) if log.reason else ""


class EnrolSerializer(serializers.Serializer[Any]):
    """``again`` begins a further rotation for leads who were in the campaign before."""

    leads = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=MOST_LEADS,
    )
    again = serializers.BooleanField(default=False)


class EnrolledSerializer(serializers.Serializer[Any]):
    lead = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=OUTCOMES)


class EnrolResultSerializer(serializers.Serializer[Any]):
    enrolled = serializers.IntegerField()
    results = EnrolledSerializer(many=True)


class StepStatsSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    step_number = serializers.IntegerField()
    action = serializers.ChoiceField(choices=StepAction.choices)
    due = serializers.IntegerField()
    claimed = serializers.IntegerField()
    sent = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()


class ReasonCountSerializer(serializers.Serializer[Any]):
    of = serializers.ChoiceField(
        choices=[("skipped", "skipped"), ("failed", "failed"), ("stopped", "stopped")]
    )
    reason = serializers.CharField()
    count = serializers.IntegerField()


class StatsSerializer(serializers.Serializer[Any]):
    contacts_made = serializers.IntegerField()
    max_contacts = serializers.IntegerField(allow_null=True)
    enrolled = serializers.IntegerField()
    active = serializers.IntegerField()
    finished = serializers.IntegerField()
    stopped = serializers.IntegerField()
    replied = serializers.IntegerField()
    steps = StepStatsSerializer(many=True)
    reasons = ReasonCountSerializer(many=True)


class LogQuerySerializer(serializers.Serializer[Any]):
    """What the list of logs is narrowed by."""

    status = serializers.ChoiceField(choices=LogStatus.choices, required=False)
    lead = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class ForecastCountSerializer(serializers.Serializer[Any]):
    of = serializers.CharField()
    reason = serializers.CharField()
    reason_text = serializers.SerializerMethodField()
    count = serializers.IntegerField()

    def get_reason_text(self, row: dict[str, Any]) -> str:
        return reasons.told(row["reason"])


class ForecastDaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    count = serializers.IntegerField()


class ForecastStepSerializer(serializers.Serializer[Any]):
    step = serializers.IntegerField()
    step_number = serializers.IntegerField()
    count = serializers.IntegerField()


class ForecastResultSerializer(serializers.Serializer[Any]):
    """Totals; each is the count of the lines that a filter of ``lines/`` lists.

    ``unpriced`` names what is not in the costs, as its price is not known.
    """

    entering = serializers.IntegerField()
    inside = serializers.IntegerField(help_text="Leads who are in the campaign already.")
    left_out = serializers.IntegerField()
    will_run = serializers.IntegerField()
    will_not = serializers.IntegerField()
    conflicts = serializers.IntegerField()
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)
    messages = serializers.IntegerField()
    calls = serializers.IntegerField()
    call_minutes = serializers.FloatField()
    whatsapp_templates = serializers.IntegerField()
    drafts = serializers.IntegerField(help_text="Messages that a model writes.")
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.FloatField()
    cost_clp = serializers.IntegerField()
    clp_per_usd = serializers.FloatField()
    unpriced = serializers.ListField(child=serializers.CharField())
    by_reason = ForecastCountSerializer(many=True)
    by_delay = ForecastCountSerializer(many=True)
    by_day = ForecastDaySerializer(many=True)
    by_step = ForecastStepSerializer(many=True)


class ForecastSerializer(serializers.ModelSerializer[CampaignForecast]):
    """A forecast with its progress; ``result`` is null until it is done."""

    result = serializers.SerializerMethodField()

    class Meta:
        model = CampaignForecast
        fields = [
            "id",
            "campaign",
            "state",
            "starts_at",
            "done",
            "total",
            "error",
            "asked_by",
            "result",
            "created_at",
            "finished_at",
        ]

    @extend_schema_field(ForecastResultSerializer(allow_null=True))
    def get_result(self, forecast: CampaignForecast) -> Any:
        return ForecastResultSerializer(forecast.result).data if forecast.result else None


class ForecastLineSerializer(serializers.ModelSerializer[CampaignForecastLine]):
    lead_name = serializers.CharField(source="lead.name", allow_null=True)
    step_number = serializers.IntegerField(source="step.step_number", allow_null=True, default=None)
    reason_text = serializers.SerializerMethodField()
    delayed_text = serializers.SerializerMethodField()

    class Meta:
        model = CampaignForecastLine
        fields = [
            "id",
            "lead",
            "lead_name",
            "step",
            "step_number",
            "outcome",
            "at",
            "local_time",
            "day",
            "reason",
            "reason_text",
            "delayed",
            "delayed_text",
            "conflict",
        ]

    def get_reason_text(self, line: CampaignForecastLine) -> str:
        return reasons.told(line.reason) if line.reason else ""

    def get_delayed_text(self, line: CampaignForecastLine) -> str:
        return reasons.told(line.delayed) if line.delayed else ""


class ForecastQuerySerializer(serializers.Serializer[Any]):
    """What the lines of a forecast are narrowed by."""

    outcome = serializers.ChoiceField(choices=Foreseen.choices, required=False)
    reason = serializers.CharField(max_length=100, required=False)
    delayed = serializers.CharField(max_length=100, required=False)
    day = serializers.DateField(required=False)
    step = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    lead = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    conflicts = serializers.BooleanField(required=False)
