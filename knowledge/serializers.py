"""Knowledge entries, documents, gaps and search hits as the API shows them."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from brokers.models import Broker
from crm.api.serializers import TenantRelatedField, TenantSerializer
from knowledge import documents
from knowledge.models import (
    DocumentFormat,
    KnowledgeDocument,
    KnowledgeEntry,
    KnowledgeGap,
    SourceType,
)


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
            "embed_error",
            "embedding_model",
            "document",
            "part",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["document", "part", "embed_status", "embed_error", "embedding_model"]


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


class DocumentSerializer(TenantSerializer[KnowledgeDocument]):
    """A document and how far it is: ``entries`` made of it, ``embedded`` of them searchable by
    meaning. ``error`` says in a word why it failed."""

    entries = serializers.IntegerField(source="entries_made", read_only=True)
    embedded = serializers.IntegerField(read_only=True)

    class Meta:
        model = KnowledgeDocument
        fields = [
            "id",
            "broker",
            "title",
            "format",
            "source_type",
            "status",
            "error",
            "entries",
            "embedded",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class UploadSerializer(serializers.Serializer[Any]):
    """A ``file`` (CSV, Markdown or text, up to 2 MB), or pasted ``text`` with its ``format``."""

    just_one: ClassVar = (("file",), ("text", "title"))

    broker = TenantRelatedField(queryset=Broker.objects.all(), required=False)
    file = serializers.FileField(required=False)
    text = serializers.CharField(
        required=False, trim_whitespace=False, max_length=documents.MAX_BYTES
    )
    format = serializers.ChoiceField(choices=DocumentFormat.choices, required=False)
    title = serializers.CharField(max_length=255, required=False, default="")
    source_type = serializers.ChoiceField(choices=SourceType.choices, default=SourceType.CUSTOM)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("file" in attrs) == ("text" in attrs):
            raise serializers.ValidationError(
                {"file": _("Envía un archivo o un texto, uno de los dos.")}, code="required"
            )
        if "text" in attrs and not attrs["title"]:
            raise serializers.ValidationError(
                {"title": serializers.Field.default_error_messages["required"]}, code="required"
            )
        return attrs


class PastedSerializer(UploadSerializer):
    """The same as JSON, in which no file goes."""

    just_one: ClassVar = ()  # type: ignore[assignment]
    file = None  # type: ignore[assignment]
    text = serializers.CharField(trim_whitespace=False, max_length=documents.MAX_BYTES)
    title = serializers.CharField(max_length=255)


class GapSerializer(TenantSerializer[KnowledgeGap]):
    class Meta:
        model = KnowledgeGap
        fields = [
            "id",
            "broker",
            "question",
            "times",
            "state",
            "last_message",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields
