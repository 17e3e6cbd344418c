"""Consent, the list of whom not to contact, and the rights of the person, as the API shows them."""

from typing import Any, ClassVar

from rest_framework import serializers

from brokers.models import Broker
from crm.api.serializers import TenantRelatedField, TenantSerializer
from leads import words
from leads.enums import AskedBy, Channel, ConsentPurpose, Purpose, Right
from leads.models import Consent, RightsRequest, Suppression
from leads.serializers import LeadChangesSerializer

LISTED = 5_000_000


class ConsentSerializer(TenantSerializer[Consent]):
    class Meta:
        model = Consent
        fields = [
            "id", "broker", "lead", "channel", "purpose", "state", "at", "evidence", "text_shown",
            "actor", "by", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class GrantSerializer(serializers.Serializer[Any]):
    """Consent that the person gave. Withdrawing is ``opt-out``."""

    channel = serializers.ChoiceField(
        choices=[("", "all"), *Channel.choices], required=False, default="", allow_blank=True
    )
    purpose = serializers.ChoiceField(choices=ConsentPurpose.choices)
    evidence = serializers.CharField(max_length=500)
    text_shown = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, default=""
    )


class AnswerSerializer(serializers.Serializer[Any]):
    """What the gate would say now; calls name no channel."""

    channel = serializers.CharField(allow_blank=True)
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    allowed = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    why = serializers.CharField(allow_blank=True)
    next_allowed_at = serializers.DateTimeField(allow_null=True)


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class SuppressionSerializer(TenantSerializer[Suppression]):
    class Meta:
        model = Suppression
        fields = [
            "id", "broker", "identifier", "channel", "reason", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewSuppressionSerializer(serializers.Serializer[Any]):
    broker = TenantRelatedField(queryset=Broker.objects.all(), required=False)
    identifier = serializers.CharField(max_length=200, help_text="A phone or an e-mail.")
    channel = serializers.ChoiceField(
        choices=[("", "all"), *Channel.choices], required=False, default="", allow_blank=True
    )
    reason = serializers.CharField(max_length=200)


class SuppressionListSerializer(serializers.Serializer[Any]):
    """Phones and e-mails, one a line or as a CSV: in a file, or in ``text``."""

    at_least_one: ClassVar = (("file",), ("text",))

    broker = TenantRelatedField(queryset=Broker.objects.all(), required=False)
    file = serializers.FileField(required=False, allow_null=True, max_length=200)
    text = serializers.CharField(required=False, allow_blank=True, max_length=LISTED)
    channel = serializers.ChoiceField(
        choices=[("", "all"), *Channel.choices], required=False, default="", allow_blank=True
    )
    reason = serializers.CharField(max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("file") and not attrs.get("text"):
            required = serializers.Field.default_error_messages["required"]
            raise serializers.ValidationError({"text": required}, code="required")
        return attrs


class WrittenListSerializer(SuppressionListSerializer):
    """The same as JSON, in which no file goes."""

    at_least_one: ClassVar = ()  # type: ignore[assignment]
    file = None  # type: ignore[assignment]
    text = serializers.CharField(max_length=LISTED)


class RefusedLineSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    text = serializers.CharField()


class ListReportSerializer(serializers.Serializer[Any]):
    """How many were taken, known before or repeated, and not understood (the first 200 of these)."""

    accepted = serializers.IntegerField()
    known = serializers.IntegerField()
    invalid = serializers.IntegerField()
    refused = RefusedLineSerializer(many=True)


class RightsRequestSerializer(TenantSerializer[RightsRequest]):
    receipt_words = serializers.SerializerMethodField()

    class Meta:
        model = RightsRequest
        fields = [
            "id", "broker", "lead", "lead_number", "kind", "state", "asked_by", "asked_at",
            "due_at", "handled_by", "done_at", "notes", "suppress", "receipt", "receipt_words",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_receipt_words(self, request: RightsRequest) -> list[str]:
        return words.receipt_lines(request.receipt)


class AskSerializer(serializers.Serializer[Any]):
    """A right that the person asked for, to be answered within 30 days."""

    kind = serializers.ChoiceField(choices=Right.choices)
    asked_by = serializers.ChoiceField(choices=AskedBy.choices, default=AskedBy.PERSON)
    notes = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class ObjectionSerializer(serializers.Serializer[Any]):
    asked_by = serializers.ChoiceField(choices=AskedBy.choices, default=AskedBy.PERSON)
    notes = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class RectifySerializer(LeadChangesSerializer):
    """What the person corrected; facts go in ``metadata``."""

    at_least_one: ClassVar = (("name",), ("phone",), ("email",), ("metadata",))

    notes = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, help_text="How they asked for it."
    )
    tags = None  # type: ignore[assignment]
    assigned_to = None  # type: ignore[assignment]
    treatment_type = None  # type: ignore[assignment]
    timezone = None  # type: ignore[assignment]
    asked_by = serializers.ChoiceField(choices=AskedBy.choices, default=AskedBy.PERSON)


class EraseSerializer(serializers.Serializer[Any]):
    """``confirm`` is the lead's name as shown; ``suppress`` also bars its identifiers for good."""

    confirm = serializers.CharField(max_length=200)
    suppress = serializers.BooleanField(default=True)
    asked_by = serializers.ChoiceField(choices=AskedBy.choices, default=AskedBy.PERSON)
