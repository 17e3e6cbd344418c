"""What the team's list is filtered by."""

from django_filters.rest_framework.filterset import FilterSet

from brokers.models import User


class UserFilter(FilterSet):
    class Meta:
        model = User
        fields = ["role", "is_active"]
