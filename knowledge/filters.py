"""What lists of entries, documents and gaps are filtered by."""

from crm.api.filters import FilterSet, IdFilter
from knowledge.models import KnowledgeDocument, KnowledgeEntry, KnowledgeGap


class EntryFilter(FilterSet):
    document = IdFilter()

    class Meta:
        model = KnowledgeEntry
        fields = ["source_type", "embed_status"]


class DocumentFilter(FilterSet):
    class Meta:
        model = KnowledgeDocument
        fields = ["status", "format", "source_type"]


class GapFilter(FilterSet):
    class Meta:
        model = KnowledgeGap
        fields = ["state"]
