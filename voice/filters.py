"""What lists of calls are filtered by."""

from crm.api.filters import FilterSet, IdFilter, MomentFilter
from voice.models import VoiceCall


class CallFilter(FilterSet):
    lead = IdFilter()
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_until = MomentFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = VoiceCall
        fields = ["status", "disposition", "call_purpose", "provider"]
