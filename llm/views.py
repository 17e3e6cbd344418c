"""Prompt versions, attempts at models and their cost under /api/v1/."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import ReadOnly, TenantViewSet
from llm import cost_shapes, costs, prompts
from llm import serializers as shapes
from llm.filters import CallFilter
from llm.models import CostDay, LLMCall, PromptVersion


class Prompts(mixins.CreateModelMixin, ReadOnly[PromptVersion]):
    """Prompt versions, which never change."""

    queryset = PromptVersion.objects.all()
    serializer_class = shapes.PromptSerializer
    search_fields = ["version_tag", "notes"]
    ordering_fields = ["id", "version_tag", "created_at"]

    letters = {"activate": "c"}

    def perform_create(self, serializer: Any) -> None:
        with transaction.atomic():
            serializer.save(created_by=self.request.user)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: Any = None) -> Response:
        return Response(self.get_serializer(prompts.activate(self.get_object())).data)


class Calls(ReadOnly[LLMCall]):
    """Every attempt at a model."""

    queryset = LLMCall.objects.all()
    serializer_class = shapes.CallSerializer
    filterset_class = CallFilter
    ordering_fields = ["id", "created_at", "estimated_cost_usd", "latency_ms"]


class Costs(TenantViewSet[CostDay]):
    """What the calls came to, from the daily totals."""

    queryset = CostDay.objects.all()
    serializer_class = cost_shapes.CostReportSerializer

    @extend_schema(
        responses=cost_shapes.CostReportSerializer, parameters=[cost_shapes.CostChoiceSerializer]
    )
    @action(detail=False, filterset_class=None, search_fields=[], ordering_fields=[])
    def costs(self, request: Request) -> Response:
        choice = costs.Choice(**self.asked(cost_shapes.CostChoiceSerializer))
        zone = ZoneInfo(timezone.get_current_timezone_name())
        report = costs.report(choice, user=self.caller, zone=zone)
        return Response(self.get_serializer(cost_shapes.shown(report)).data)
