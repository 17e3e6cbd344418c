"""Prompt versions and attempts at models, as the API shows them."""

from rest_framework import serializers

from crm.api.serializers import TenantSerializer
from llm.models import LLMCall, PromptVersion


class PromptSerializer(TenantSerializer[PromptVersion]):
    """A prompt as it stands for good: a change is a new version."""

    content = serializers.CharField(max_length=100_000)
    sections_json = serializers.DictField(required=False)

    class Meta:
        model = PromptVersion
        fields = [
            "id",
            "broker",
            "version_tag",
            "content",
            "sections_json",
            "prompt_hash",
            "notes",
            "created_by",
            "is_active",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["prompt_hash", "created_by", "is_active"]


class CallSerializer(TenantSerializer[LLMCall]):
    class Meta:
        model = LLMCall
        fields = [
            "id",
            "broker",
            "lead",
            "message",
            "prompt_version",
            "trace_id",
            "provider",
            "model",
            "call_type",
            "attempt",
            "input_tokens",
            "cached_tokens",
            "output_tokens",
            "estimated_cost_usd",
            "latency_ms",
            "error",
            "used_fallback",
            "created_at",
        ]
        read_only_fields = fields
