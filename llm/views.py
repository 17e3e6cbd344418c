"""Prompt versions, attempts at models and their cost under /api/v1/."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import ReadOnly, TenantViewSet
from llm import cost_shapes, costs, prompts
from llm import serializers as shapes
from llm.desk import differences, replaying
from llm.filters import CallFilter
from llm.models import CostDay, LLMCall, PromptReplay, PromptVersion

BARE: dict[str, Any] = {"filterset_class": None, "search_fields": [], "ordering_fields": []}


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

    @extend_schema(
        responses=shapes.DifferenceSerializer(many=True),
        parameters=[shapes.DifferencesQuerySerializer],
        filters=False,
    )
    @action(detail=True, pagination_class=None, **BARE)
    def differences(self, request: Request, pk: Any = None) -> Response:
        """From another version to this one, section by section and word by word."""
        version = self.get_object()
        other = self.asked(shapes.DifferencesQuerySerializer).get("other")
        if other is not None:
            before = get_object_or_404(self.get_queryset(), pk=other, broker=version.broker_id)
        else:
            before = prompts.active_version(version.broker) or version
        found = differences.between(prompts.sections_of(before), prompts.sections_of(version))
        return Response(shapes.DifferenceSerializer(found, many=True).data)


class Replays(mixins.CreateModelMixin, ReadOnly[PromptReplay]):
    """Real conversations held again with a text of the assistant: nothing is sent or booked."""

    queryset = PromptReplay.objects.defer("content", "sections_json", "leads")
    serializer_class = shapes.ReplaySerializer
    ordering_fields = ["id", "created_at"]
    letters = {"stop": "c"}

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: Any = None) -> Response:
        """What was held until now stays."""
        replay = self.get_object()
        replaying.stop(replay, at=timezone.now())
        replay.refresh_from_db()
        return Response(self.get_serializer(replay).data)

    @extend_schema(
        responses=shapes.ReplayedConversationSerializer(many=True),
        operation_id="llm_replays_conversations_list",
    )
    @action(detail=True, **BARE)
    def conversations(self, request: Request, pk: Any = None) -> Response:
        """Each conversation beside what was answered then; for three months."""
        rows: Any = self.get_object().conversations.order_by("pk")
        page: Any = self.paginate_queryset(rows)
        shown = shapes.ReplayedConversationSerializer(
            page, many=True, context=self.get_serializer_context()
        )
        return self.get_paginated_response(shown.data)


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
        return Response(cost_shapes.shown(report))
