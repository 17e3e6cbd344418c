"""Merges of leads, and the pairs that may be one person, under /api/v1/."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.serializers import does_not_exist
from crm.api.views import ReadOnly
from leads import (
    identity,
    merging,
)
from leads import merge_serializers as merge_shapes
from leads.filters import (
    MergeFilter,
    SuggestionFilter,
)
from leads.models import (
    LeadMerge,
    MergeSuggestion,
)


class MergeSuggestions(ReadOnly[MergeSuggestion]):
    """Pairs of leads that may be one person, for people to decide."""

    queryset = MergeSuggestion.objects.select_related("lead", "other")
    serializer_class = merge_shapes.SuggestionSerializer
    filterset_class = SuggestionFilter
    search_fields = ["lead__name", "other__name", "lead__phone", "other__phone"]
    ordering_fields = ["id", "created_at"]

    def get_queryset(self) -> Any:
        rows = super().get_queryset().between_living()
        undecided = self.action == "list" and "state" not in self.request.query_params
        return rows.filter(state=MergeSuggestion.State.OPEN) if undecided else rows

    @extend_schema(request=None, responses=merge_shapes.SuggestionSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: Any = None) -> Response:
        row = identity.dismiss(self.get_object(), at=timezone.now())
        return Response(self.get_serializer(row).data)

    @extend_schema(
        request=merge_shapes.SurvivorSerializer, responses=merge_shapes.MergeRowSerializer
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: Any = None) -> Response:
        """Merge the two."""
        row, given = self.get_object(), self.checked(merge_shapes.SurvivorSerializer)
        pair = (row.lead, row.other)
        named = given.get("survivor")
        if named is not None and named not in pair:
            raise ValidationError({"survivor": does_not_exist(named.pk)})
        loser, survivor = merging.ranked(*pair)
        if named == loser:
            loser, survivor = survivor, loser
        done = merging.merge(loser, survivor, by=self.caller, at=timezone.now())
        return Response(merge_shapes.MergeRowSerializer(done).data)


class Merges(ReadOnly[LeadMerge]):
    """Which leads went into which, and the way back within thirty days."""

    queryset = LeadMerge.objects.all()
    serializer_class = merge_shapes.MergeRowSerializer
    filterset_class = MergeFilter
    ordering_fields = ["id", "at"]
    letters = {"undo": "r"}

    @extend_schema(request=None, responses=merge_shapes.MergeRowSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: Any = None) -> Response:
        done = merging.undo(self.get_object(), by=self.caller, at=timezone.now())
        return Response(self.get_serializer(done).data)
