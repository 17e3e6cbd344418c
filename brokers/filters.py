"""What the team's list is filtered by."""

from brokers.models import User
from crm.api.filters import FilterSet


class UserFilter(FilterSet):
    class Meta:
        model = User
        fields = ["role", "is_active"]
