"""What lists of model calls are filtered by."""

from django_filters import rest_framework as filters

from crm.api.filters import IdFilter
from llm.models import LLMCall


class CallFilter(filters.FilterSet):
    """``since`` and ``until`` are moments; ``trace_id`` gathers the attempts at one answer."""

    lead = IdFilter()
    since = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = LLMCall
        fields = ["provider", "model", "call_type", "used_fallback", "trace_id"]
