"""What the list of knowledge entries is filtered by."""

from django_filters.rest_framework.filterset import FilterSet

from crm.api.filters import IdFilter
from knowledge.models import KnowledgeEntry


class EntryFilter(FilterSet):
    document = IdFilter()

    class Meta:
        model = KnowledgeEntry
        fields = ["source_type", "embed_status"]
