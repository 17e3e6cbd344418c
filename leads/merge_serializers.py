"""Merges and the pairs that may be one person, as the API shows them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.api.serializers import TenantRelatedField, TenantSerializer
from leads import merging
from leads.models import (
    Lead,
    LeadMerge,
    MergeSuggestion,
)


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
