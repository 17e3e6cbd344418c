"""Knowledge entries and search hits as the API shows them."""

from typing import Any

from rest_framework import serializers

from brokers.models import Broker
from crm.api.serializers import TenantRelatedField, TenantSerializer
from knowledge.models import KnowledgeEntry, SourceType


class EntrySerializer(TenantSerializer[KnowledgeEntry]):
    content = serializers.CharField(max_length=100_000)
    metadata = serializers.DictField(required=False)

    class Meta:
        model = KnowledgeEntry
        fields = [
            "id",
            "broker",
            "title",
            "content",
            "source_type",
            "metadata",
            "valid_from",
            "valid_until",
            "embed_status",
            "embedding_model",
            "document",
            "part",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["document", "part", "embed_status", "embedding_model"]


class QuestionSerializer(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=1000)
    limit = serializers.IntegerField(min_value=1, max_value=20, default=5)
    broker = TenantRelatedField(queryset=Broker.objects.all(), required=False)


class HitSerializer(serializers.Serializer[Any]):
    entry_id = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField()
    source_type = serializers.ChoiceField(choices=SourceType.choices)
    score = serializers.FloatField()
    date = serializers.DateField()


class HitListSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = HitSerializer(many=True)
