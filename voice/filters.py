"""What lists of calls are filtered by."""

from django_filters.filters import IsoDateTimeFilter
from django_filters.rest_framework.filterset import FilterSet

from crm.api.filters import IdFilter
from voice.models import VoiceCall


class CallFilter(FilterSet):
    lead = IdFilter()
    created_from = IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_until = IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = VoiceCall
        fields = ["status", "disposition", "call_purpose", "provider"]
