"""What lists of model calls are filtered by."""

from django_filters.filters import IsoDateTimeFilter
from django_filters.rest_framework.filterset import FilterSet

from crm.api.filters import IdFilter
from llm.models import LLMCall


class CallFilter(FilterSet):
    """``since`` and ``until`` are moments; ``trace_id`` gathers the attempts at one answer."""

    lead = IdFilter()
    since = IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    until = IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = LLMCall
        fields = ["provider", "model", "call_type", "used_fallback", "trace_id"]
