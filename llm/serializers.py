"""Prompt versions and attempts at models, as the API shows them."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from brokers.models import BrokerPromptConfig
from crm.api.serializers import TenantSerializer
from llm import prompts
from llm.desk import replaying, versions
from llm.models import LLMCall, PromptReplay, PromptVersion, ReplayedConversation


class PromptSerializer(TenantSerializer[PromptVersion]):
    """A prompt as it stands for good: a change is a new version.

    Without ``content`` it is made of ``sections_json``, without either of the draft in
    ``broker/config/prompt/``.
    """

    content = serializers.CharField(max_length=100_000, required=False)
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

    def create(self, validated_data: dict[str, Any]) -> PromptVersion:
        if "content" not in validated_data:
            owner = validated_data.get("broker_id") or validated_data["broker"].pk
            configs = BrokerPromptConfig.objects.select_related("broker")
            config = configs.get(broker=owner)
            given = validated_data.get("sections_json") or versions.draft_of(config)
            made = versions.unsaved(config.broker, given)
            if not made.content:
                raise versions.NothingToSay(field="sections_json")
            validated_data |= {"content": made.content, "sections_json": made.sections_json}
        return super().create(validated_data)


class DifferencesQuerySerializer(serializers.Serializer[Any]):
    """``other``: the version to compare with; without one, the active version."""

    other = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class PieceSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["same", "removed", "added"])
    text = serializers.CharField()


class DifferenceSerializer(serializers.Serializer[Any]):
    """A section of two versions: what goes, what is added and what stays, in the order of the text."""

    section = serializers.CharField(source="section.key")
    title = serializers.CharField()
    changed = serializers.BooleanField(source="is_changed")
    pieces = PieceSerializer(many=True)


class ReplaySerializer(TenantSerializer[PromptReplay]):
    """Real conversations held again with a version, or without one with the draft.

    ``asked`` says how many. ``result`` has the totals, then and now, once it ended.
    """

    class Meta:
        model = PromptReplay
        fields = [
            "id",
            "broker",
            "version",
            "asked",
            "state",
            "done",
            "total",
            "estimated_cost_usd",
            "result",
            "error",
            "asked_by",
            "created_at",
            "finished_at",
        ]
        read_only_fields = [
            "state",
            "done",
            "total",
            "estimated_cost_usd",
            "result",
            "error",
            "asked_by",
            "finished_at",
        ]

    def check_row(self, attrs: dict[str, Any]) -> None:
        """Only whose it is: that one is at work already is no fault of the request, and the door says so."""
        self.check_owner(attrs)

    def create(self, validated_data: dict[str, Any]) -> PromptReplay:
        owner = validated_data.get("broker_id") or validated_data["broker"].pk
        config = BrokerPromptConfig.objects.select_related("broker").get(broker=owner)
        version = validated_data.get("version")
        return replaying.ask(
            config,
            prompts.sections_of(version) if version else versions.draft_of(config),
            count=validated_data["asked"],
            by=self.context["request"].user,
            at=timezone.now(),
        )


class ReplayedConversationSerializer(TenantSerializer[ReplayedConversation]):
    """What a lead wrote, what was answered then and what would be answered now."""

    class Meta:
        model = ReplayedConversation
        fields = ["id", "replay", "lead", "exchanges", "figures", "created_at"]
        read_only_fields = fields


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
