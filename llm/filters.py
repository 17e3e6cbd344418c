"""What lists of model calls are filtered by."""

from crm.api.filters import FilterSet, IdFilter, MomentFilter
from llm.models import LLMCall


class CallFilter(FilterSet):
    """``since`` and ``until`` are moments; ``trace_id`` gathers the attempts at one answer."""

    lead = IdFilter()
    since = MomentFilter(field_name="created_at", lookup_expr="gte")
    until = MomentFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = LLMCall
        fields = ["provider", "model", "call_type", "used_fallback", "trace_id"]
