"""Leads, their messages, conversations and timeline as the API shows them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from brokers.models import Broker, User, validate_timezone
from crm.api.serializers import TenantRelatedField, TenantSerializer
from crm.tenancy import Role
from leads import merging, scoring, templating, words
from leads.enums import Channel
from leads.identity import Outcome
from leads.models import (
    ActivityLog,
    ChatMessage,
    Conversation,
    Lead,
    LeadMerge,
    MergeSuggestion,
    MessageTemplate,
)
from leads.stages import Source, Stage, Treatment


class LineSerializer(serializers.Serializer[Any]):
    part = serializers.CharField()
    rule = serializers.CharField()
    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    points = serializers.FloatField()
    message_id = serializers.IntegerField(allow_null=True)

    def get_label(self, line: scoring.Line) -> str:
        return words.rule(line.rule)


class ReceiptSerializer(serializers.Serializer[Any]):
    """Why the score is what it is, at this moment; the lines add up to the total."""

    lines = LineSerializer(many=True)
    total = serializers.FloatField()
    components = serializers.DictField(child=serializers.FloatField())


class ConversationSerializer(TenantSerializer[Conversation]):
    lead_name = serializers.CharField(source="lead.name", read_only=True, allow_null=True)
    assigned_to = serializers.IntegerField(
        source="lead.assigned_to_id", read_only=True, allow_null=True
    )

    class Meta:
        model = Conversation
        fields = [
            "id",
            "broker",
            "lead",
            "lead_name",
            "assigned_to",
            "holder",
            "held_by",
            "channel",
            "waiting_since",
            "waiting_reason",
            "brief",
            "last_inbound_at",
            "last_outbound_at",
            "summary",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class InboxSerializer(ConversationSerializer):
    last_message = serializers.CharField(read_only=True, allow_null=True)

    class Meta(ConversationSerializer.Meta):
        fields = [*ConversationSerializer.Meta.fields, "last_message"]
        read_only_fields = fields


class LeadSerializer(TenantSerializer[Lead]):
    class Meta:
        model = Lead
        fields = [
            "id",
            "broker",
            "phone",
            "phone_e164",
            "name",
            "email",
            "status",
            "lead_score",
            "lead_score_components",
            "last_contacted",
            "pipeline_stage",
            "stage_entered_at",
            "campaign_history",
            "assigned_to",
            "treatment_type",
            "next_action_at",
            "notes",
            "tags",
            "metadata",
            "source",
            "timezone",
            "merged_into",
            "close_reason",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class LeadDetailSerializer(LeadSerializer):
    """A lead with the receipt of its score and who holds its conversation."""

    score_receipt = serializers.SerializerMethodField()
    conversation = serializers.SerializerMethodField()

    class Meta(LeadSerializer.Meta):
        fields = [*LeadSerializer.Meta.fields, "score_receipt", "conversation"]
        read_only_fields = fields

    @extend_schema_field(ReceiptSerializer)
    def get_score_receipt(self, lead: Lead) -> Any:
        return ReceiptSerializer(scoring.current_receipt(lead, at=timezone.now())).data

    @extend_schema_field(ConversationSerializer(allow_null=True))
    def get_conversation(self, lead: Lead) -> Any:
        conversation = getattr(lead, "conversation", None)
        return ConversationSerializer(conversation).data if conversation else None


class EnteredLeadSerializer(LeadDetailSerializer):
    """What became of an entry: a new lead, a known one, or a new one that must not be contacted."""

    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    warning = serializers.CharField(help_text="duplicate, or empty")

    class Meta(LeadDetailSerializer.Meta):
        fields = [*LeadDetailSerializer.Meta.fields, "outcome", "warning"]
        read_only_fields = fields


class LeadChangesSerializer(serializers.Serializer[Any]):
    """What people change on a lead. ``metadata`` holds facts, stored as told by the caller.

    Stage, score and who holds the conversation have actions of their own. With ``version``, a
    change that crosses somebody else's is refused with the differences.
    """

    name = serializers.CharField(max_length=100, required=False, allow_null=True, allow_blank=True)
    phone = serializers.CharField(max_length=20, required=False, allow_blank=True)
    email = serializers.EmailField(
        max_length=100, required=False, allow_null=True, allow_blank=True
    )
    notes = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=50, required=False
    )
    assigned_to = TenantRelatedField(
        queryset=User.objects.exclude(role=Role.SUPERADMIN), required=False, allow_null=True
    )
    treatment_type = serializers.ChoiceField(choices=Treatment.choices, required=False)
    timezone = serializers.CharField(
        max_length=50, required=False, allow_blank=True, validators=[validate_timezone]
    )
    metadata = serializers.DictField(required=False)
    version = serializers.IntegerField(required=False, min_value=1)


class NewLeadSerializer(LeadChangesSerializer):
    """``force_new`` makes a lead although one with the same phone or e-mail is known."""

    broker = TenantRelatedField(queryset=Broker.objects.all(), required=False)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=Source.choices, default=Source.API
    )
    force_new = serializers.BooleanField(default=False)
    version = None  # type: ignore[assignment]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.get(name) for name in ("name", "phone", "email")):
            raise serializers.ValidationError(
                {"name": serializers.Field.default_error_messages["required"]}, code="required"
            )
        return attrs


class MergeSerializer(serializers.Serializer[Any]):
    """``loser`` goes into the lead of the address; with ``preview`` nothing is changed."""

    loser = TenantRelatedField(queryset=Lead.objects.living())
    preview = serializers.BooleanField(default=False)


class MergeCountSerializer(serializers.Serializer[Any]):
    part = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()


class MergeConflictSerializer(serializers.Serializer[Any]):
    fact = serializers.CharField()
    kept = serializers.JSONField()
    given_up = serializers.JSONField()


class MergePreviewSerializer(serializers.Serializer[Any]):
    """What would move, which values would be given up, and in words what else would happen."""

    loser = serializers.IntegerField(source="loser.pk")
    survivor = serializers.IntegerField(source="survivor.pk")
    moves = MergeCountSerializer(many=True)
    conflicts = MergeConflictSerializer(many=True)
    notices = serializers.ListField(child=serializers.CharField())


class MergeRowSerializer(TenantSerializer[LeadMerge]):
    may_undo = serializers.SerializerMethodField()
    moved = serializers.SerializerMethodField()

    class Meta:
        model = LeadMerge
        fields = [
            "id", "broker", "loser", "survivor", "by", "at", "moved", "may_undo", "undone_at",
            "undone_by", "not_restored", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_may_undo(self, done: LeadMerge) -> bool:
        return merging.may_undo(done, at=timezone.now())

    @extend_schema_field(MergeCountSerializer(many=True))
    def get_moved(self, done: LeadMerge) -> Any:
        return MergeCountSerializer(merging.moved(done), many=True).data


class LeadInPairSerializer(serializers.ModelSerializer[Lead]):
    class Meta:
        model = Lead
        fields = [
            "id", "name", "phone", "email", "status", "pipeline_stage", "lead_score",
            "assigned_to", "source", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class SuggestionSerializer(TenantSerializer[MergeSuggestion]):
    """Two leads that may be one, side by side."""

    lead = LeadInPairSerializer(read_only=True)
    other = LeadInPairSerializer(read_only=True)

    class Meta:
        model = MergeSuggestion
        fields = ["id", "broker", "lead", "other", "reason", "state", "created_at", "updated_at"]
        read_only_fields = fields


class SurvivorSerializer(serializers.Serializer[Any]):
    """Which of the two stays; without it the one further along, else the older."""

    survivor = TenantRelatedField(queryset=Lead.objects.living(), required=False)


class MoveSerializer(serializers.Serializer[Any]):
    pipeline_stage = serializers.ChoiceField(choices=Stage.choices)
    reason = serializers.CharField(
        max_length=300,
        required=False,
        allow_blank=True,
        default="",
        help_text="Needed to close a lead as lost, and to reopen one that was won.",
    )


class AssignSerializer(serializers.Serializer[Any]):
    """``null`` gives the lead back to the pool."""

    assigned_to = TenantRelatedField(
        queryset=User.objects.exclude(role=Role.SUPERADMIN), allow_null=True
    )


class OptOutSerializer(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    everything = serializers.BooleanField(default=False)
    evidence = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class MessageSerializer(TenantSerializer[ChatMessage]):
    class Meta:
        model = ChatMessage
        fields = [
            "id",
            "broker",
            "lead",
            "provider",
            "message_text",
            "direction",
            "author",
            "sent_by",
            "purpose",
            "status",
            "reason",
            "due_at",
            "attachments",
            "ai_response_used",
            "at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class TemplateSerializer(TenantSerializer[MessageTemplate]):
    """``variables`` follow from the content; ``approval`` is what the channel answered."""

    content = serializers.CharField(max_length=20_000, validators=[templating.validate])

    class Meta:
        model = MessageTemplate
        fields = [
            "id",
            "broker",
            "name",
            "channel",
            "content",
            "variables",
            "agent_type",
            "whatsapp_name",
            "whatsapp_language",
            "approval",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["variables", "approval"]


class ReplySerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=20_000)


class ActivitySerializer(TenantSerializer[ActivityLog]):
    class Meta:
        model = ActivityLog
        fields = ["id", "action_type", "actor", "user", "details", "timestamp"]
        read_only_fields = fields


class MomentSerializer(serializers.Serializer[Any]):
    """One moment of a lead's story: a message, or an event."""

    kind = serializers.ChoiceField(choices=["message", "activity"])
    at = serializers.DateTimeField()
    message = MessageSerializer(allow_null=True)
    activity = ActivitySerializer(allow_null=True)


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


class PipelineMetricsSerializer(serializers.Serializer[Any]):
    stages = StageMetricsSerializer(many=True)
    stuck = StuckLeadSerializer(many=True)
