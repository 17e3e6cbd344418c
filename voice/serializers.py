"""Calls and what was said in them, as the API shows them."""

from typing import Any

from rest_framework import serializers

from crm.api.serializers import TenantRelatedField, TenantSerializer
from leads.models import Lead
from voice import reasons
from voice.models import CallPurpose, CallTranscript, VoiceCall


class VoiceCallSerializer(TenantSerializer[VoiceCall]):
    reason_text = serializers.SerializerMethodField()

    class Meta:
        model = VoiceCall
        fields = [
            "id",
            "broker",
            "lead",
            "provider",
            "external_call_id",
            "intent_key",
            "status",
            "disposition",
            "reason",
            "reason_text",
            "call_purpose",
            "caller_id_class",
            "phone",
            "is_incoming",
            "placed_by",
            "attempt",
            "retry_of",
            "retry_at",
            "started_at",
            "completed_at",
            "duration",
            "recording_url",
            "summary",
            "score_delta",
            "stage_after_call",
            "cost_usd",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def get_reason_text(self, call: VoiceCall) -> str:
        return reasons.told(call.reason)


class PlaceSerializer(serializers.Serializer[Any]):
    """The same ``intent_key`` of the same person again answers with the first call."""

    lead = TenantRelatedField(queryset=Lead.objects.living())
    call_purpose = serializers.ChoiceField(
        choices=CallPurpose.choices, default=CallPurpose.FOLLOW_UP
    )
    intent_key = serializers.CharField(max_length=100, required=False)


class CallLineSerializer(serializers.ModelSerializer[CallTranscript]):
    class Meta:
        model = CallTranscript
        fields = ["id", "position", "speaker", "text", "timestamp", "confidence"]
