"""What lists of campaigns are filtered by."""

from django_filters.rest_framework.filterset import FilterSet

from campaigns.models import Campaign


class CampaignFilter(FilterSet):
    class Meta:
        model = Campaign
        fields = ["status", "channel", "triggered_by"]
