"""What lists of campaigns are filtered by."""

from campaigns.models import Campaign
from crm.api.filters import FilterSet


class CampaignFilter(FilterSet):
    class Meta:
        model = Campaign
        fields = ["status", "channel", "triggered_by"]
