"""Leads, their score and their conversations as the API shows them."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from brokers.models import Broker, User, validate_timezone
from crm.api.rows import Rows
from crm.api.serializers import TenantRelatedField, TenantSerializer
from crm.tenancy import Role
from leads import conflicts, facts, receipts, scoring, waiting, words
from leads.identity import Outcome
from leads.models import (
    ActivityLog,
    Conversation,
    Lead,
)
from leads.models.consent import SCOPES
from leads.stages import Source, Stage, Treatment


class LineSerializer(serializers.Serializer[Any]):
    part = serializers.CharField()
    rule = serializers.CharField()
    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    points = serializers.FloatField()
    message_id = serializers.IntegerField(allow_null=True)
    message = serializers.SerializerMethodField(help_text="What the lead wrote there.")

    def get_label(self, line: scoring.Line) -> str:
        return words.rule(line.rule)

    def get_message(self, line: scoring.Line) -> str | None:
        texts: dict[int, str] = self.context.get("texts", {})
        return texts.get(line.message_id or 0)


class ReceiptSerializer(serializers.Serializer[Any]):
    """Why the score is what it is, at this moment; the lines add up to the total."""

    lines = LineSerializer(many=True)
    total = serializers.FloatField()
    components = serializers.DictField(child=serializers.FloatField())


def told_receipt(receipt: scoring.Receipt) -> dict[str, Any]:
    """The receipt with the words of the messages that its lines came from."""
    texts = receipts.texts_of(receipt.lines)
    return dict(ReceiptSerializer(receipt, context={"texts": texts}).data)


class ScoreSerializer(serializers.Serializer[Any]):
    """A score as it was at a moment, with its whole receipt and the message that changed it."""

    at = serializers.DateTimeField(source="timestamp")
    before = serializers.FloatField(source="details.before")
    total = serializers.FloatField(source="details.total")
    components = serializers.DictField(child=serializers.FloatField(), source="details.components")
    lines = serializers.SerializerMethodField()
    message_id = serializers.IntegerField(source="details.message", allow_null=True)

    @extend_schema_field(LineSerializer(many=True))
    def get_lines(self, entry: ActivityLog) -> Any:
        lines = [scoring.Line(**line) for line in entry.details["lines"]]
        return LineSerializer(lines, many=True).data


class ContradictionSerializer(serializers.Serializer[Any]):
    """A fact said against a person's word (``stands``), which waits for a person's decision."""

    fact = serializers.CharField()
    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    stands = serializers.JSONField()
    value = serializers.JSONField()
    by = serializers.CharField()
    message = serializers.IntegerField(allow_null=True)
    at = serializers.CharField()
    confidence = serializers.FloatField()

    def get_label(self, told: conflicts.Contradiction) -> str:
        return words.fact_label(told.fact)


class SettleSerializer(serializers.Serializer[Any]):
    """``said_at`` is the contradiction's ``at``: a later one of the same fact is not decided."""

    fact = serializers.CharField(max_length=50)
    accept = serializers.BooleanField()
    said_at = serializers.CharField(max_length=50, required=False, allow_null=True)


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


LAST_MESSAGE = {"": "message_text", "_author": "author", "_status": "status", "_at": "at"}


class InboxSerializer(ConversationSerializer):
    """``unread``: nobody who looks after the lead has seen their latest message."""

    waiting_minutes = serializers.SerializerMethodField(
        help_text="Office minutes for which the lead has waited for a person; at most 99 hours."
    )
    lead_score = serializers.FloatField(source="lead.lead_score", read_only=True)
    pipeline_stage = serializers.CharField(source="lead.pipeline_stage", read_only=True)
    last_message = serializers.CharField(read_only=True, allow_null=True)
    last_message_author = serializers.CharField(read_only=True, allow_null=True)
    last_message_status = serializers.CharField(read_only=True, allow_null=True)
    last_message_at = serializers.DateTimeField(read_only=True, allow_null=True)
    unread = serializers.BooleanField(read_only=True)

    class Meta(ConversationSerializer.Meta):
        fields = [
            *ConversationSerializer.Meta.fields,
            "waiting_minutes",
            "lead_score",
            "pipeline_stage",
            *(f"last_message{suffix}" for suffix in LAST_MESSAGE),
            "last_inbound_id",
            "unread",
        ]
        read_only_fields = fields

    def get_waiting_minutes(self, conversation: Conversation) -> int | None:
        return waiting.minutes_waited(conversation, at=timezone.now())


class CountsSerializer(serializers.Serializer[Any]):
    """``needs_person``: somebody should look, whoever holds it; the last three are ``state``."""

    needs_person = serializers.IntegerField()
    unread = serializers.IntegerField()
    mine = serializers.IntegerField()
    waiting = serializers.IntegerField()
    assistant = serializers.IntegerField()
    human = serializers.IntegerField()


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
            "score_frozen_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class LeadRowSerializer(LeadSerializer):
    """The same columns, for long lists."""

    class Meta(LeadSerializer.Meta):
        list_serializer_class = Rows


class LeadDetailSerializer(LeadSerializer):
    """A lead with the receipt of its score and who holds its conversation."""

    score_receipt = serializers.SerializerMethodField()
    conflicts = serializers.SerializerMethodField()
    conversation = serializers.SerializerMethodField()

    class Meta(LeadSerializer.Meta):
        fields = [*LeadSerializer.Meta.fields, "score_receipt", "conflicts", "conversation"]
        read_only_fields = fields

    @extend_schema_field(ReceiptSerializer)
    def get_score_receipt(self, lead: Lead) -> Any:
        return told_receipt(scoring.current_receipt(lead, at=timezone.now()))

    @extend_schema_field(ContradictionSerializer(many=True))
    def get_conflicts(self, lead: Lead) -> Any:
        return ContradictionSerializer(conflicts.of(lead), many=True).data

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


FACTS = {
    "type": "object",
    "properties": {name: {} for name in facts.Facts.model_fields},
    "additionalProperties": False,
}


@extend_schema_field(FACTS)
class FactsField(serializers.DictField):
    """Facts by name."""


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
    metadata = FactsField(required=False)
    version = serializers.IntegerField(required=False, min_value=1)


class NewLeadSerializer(LeadChangesSerializer):
    """``force_new`` makes a lead although one with the same phone or e-mail is known."""

    at_least_one: ClassVar = (("name",), ("phone",), ("email",))

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
    """Of a channel (by default the one last used), of calls alone (``call``), or of everything."""

    channel = serializers.ChoiceField(choices=SCOPES, required=False)
    everything = serializers.BooleanField(default=False)
    evidence = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
