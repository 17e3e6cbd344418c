"""What suits a lead, and what it refused, under /api/v1/leads/{id}/."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.serializers import does_not_exist
from crm.api.views import TenantViewSet
from knowledge import match_serializers as shapes
from knowledge import matching, refusals
from knowledge.models import ListingRefusal
from leads import identity
from leads.errors import LeadMerged
from leads.models import Lead

ALONE: dict[str, Any] = {"filterset_class": None, "search_fields": [], "ordering_fields": []}


class LeadMatches(TenantViewSet[Lead]):
    """The properties of the stock for one lead."""

    queryset = Lead.objects.select_related("broker")
    serializer_class = shapes.MatchListSerializer
    # Whoever works with a lead keeps what it refused.
    letters = {"refuse": "u"}

    def get_object(self) -> Lead:
        lead: Lead = super().get_object()
        if lead.merged_into_id is not None:
            raise LeadMerged(merged_into=identity.living_of(lead).pk)
        return lead

    @extend_schema(operation_id="leads_matches", responses=shapes.MatchListSerializer)
    @action(detail=True, pagination_class=None, **ALONE)
    def matches(self, request: Request, pk: Any = None) -> Response:
        """At most three, the best first, each with why it fits and what it lacks."""
        found = matching.for_lead(self.get_object(), at=timezone.now())
        return Response(shapes.MatchListSerializer(page_of(found)).data)

    @extend_schema(
        operation_id="leads_refusals_list", responses=shapes.RefusalSerializer(many=True)
    )
    @action(detail=True, **ALONE)
    def refusals(self, request: Request, pk: Any = None) -> Response:
        rows: Any = ListingRefusal.objects.filter(lead=self.get_object())
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(shapes.RefusalSerializer(page, many=True).data)

    @extend_schema(
        operation_id="leads_refusals_create",
        request=shapes.NewRefusalSerializer,
        responses={201: shapes.RefusalSerializer},
    )
    @refusals.mapping.post
    def refuse(self, request: Request, pk: Any = None) -> Response:
        """Keep that the lead did not want a property: what is offered next learns of it."""
        lead, given = self.get_object(), self.checked(shapes.NewRefusalSerializer)
        if given["entry"].broker_id != lead.broker_id:
            raise ValidationError({"entry": does_not_exist(given["entry"].pk)})
        row = refusals.refuse(lead, **given, by=self.caller, at=timezone.now())
        return Response(shapes.RefusalSerializer(row).data, status=status.HTTP_201_CREATED)


def page_of(found: Sequence[Any]) -> dict[str, Any]:
    """A list that is whole: there is nothing before or after it."""
    return {"count": len(found), "next": None, "previous": None, "results": found}
