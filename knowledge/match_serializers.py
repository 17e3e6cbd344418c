"""Matches between leads and stock, and refusals, as the API shows and takes them."""

from typing import Any

from rest_framework import serializers

from crm.api.serializers import TenantRelatedField, TenantSerializer
from knowledge.models import KnowledgeEntry, ListingRefusal, RefusalReason
from knowledge.refusals import NOTE
from leads.stages import Stage


class FindingSerializer(serializers.Serializer[Any]):
    """One thing that fits or is lacking, in a word for programs and a sentence for people."""

    code = serializers.CharField()
    text = serializers.CharField()


class MatchSerializer(serializers.Serializer[Any]):
    entry_id = serializers.IntegerField()
    title = serializers.CharField()
    code = serializers.CharField(source="listing.code")
    kind = serializers.CharField(source="listing.kind")
    operation = serializers.ChoiceField(choices=["buy", "rent"], source="listing.operation")
    place = serializers.CharField(source="listing.place")
    price_uf = serializers.FloatField(source="listing.uf", allow_null=True)
    price_clp = serializers.FloatField(source="listing.clp", allow_null=True)
    bedrooms = serializers.IntegerField(source="listing.bedrooms", allow_null=True)
    score = serializers.FloatField()
    fits = FindingSerializer(many=True)
    lacks = FindingSerializer(many=True)


class MatchListSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = MatchSerializer(many=True)


class LeadMatchSerializer(serializers.Serializer[Any]):
    lead = serializers.IntegerField(source="lead.pk")
    name = serializers.CharField(source="lead.name", allow_null=True)
    lead_score = serializers.FloatField(source="lead.lead_score")
    pipeline_stage = serializers.ChoiceField(choices=Stage.choices, source="lead.pipeline_stage")
    assigned_to = serializers.IntegerField(source="lead.assigned_to_id", allow_null=True)
    score = serializers.FloatField(source="match.score")
    fits = FindingSerializer(many=True, source="match.fits")
    lacks = FindingSerializer(many=True, source="match.lacks")


class LeadMatchListSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = LeadMatchSerializer(many=True)


class RefusalSerializer(TenantSerializer[ListingRefusal]):
    class Meta:
        model = ListingRefusal
        fields = ["id", "broker", "lead", "entry", "title", "reason", "note", "by", "at"]
        read_only_fields = fields


class NewRefusalSerializer(serializers.Serializer[Any]):
    entry = TenantRelatedField(queryset=KnowledgeEntry.objects.defer("embedding", "search"))
    reason = serializers.ChoiceField(choices=RefusalReason.choices)
    note = serializers.CharField(max_length=NOTE, required=False, default="", allow_blank=True)
