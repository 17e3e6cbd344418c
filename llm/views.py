"""Prompt versions, attempts at models and their cost under /api/v1/."""

from typing import Any

from django.db import transaction
from django.db.models import Count, DecimalField, Q, Sum, Value
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import ReadOnly, TenantViewSet
from llm import prompts
from llm import serializers as shapes
from llm.filters import CallFilter
from llm.models import LLMCall, PromptVersion


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


class Costs(mixins.ListModelMixin, TenantViewSet[LLMCall]):
    """What the calls came to, by model and type."""

    queryset = LLMCall.objects.order_by("provider", "model", "call_type")
    serializer_class = shapes.CostSerializer
    filterset_class = CallFilter

    def filter_queryset(self, queryset: Any) -> Any:
        return (
            super()
            .filter_queryset(queryset)
            .values("provider", "model", "call_type")
            .annotate(
                calls=Count("pk"),
                failed=Count("pk", filter=~Q(error="")),
                unpriced=Count("pk", filter=Q(estimated_cost_usd__isnull=True)),
                input_tokens=Sum("input_tokens"),
                output_tokens=Sum("output_tokens"),
                estimated_cost_usd=Coalesce(
                    Sum("estimated_cost_usd"), Value(0), output_field=DecimalField()
                ),
            )
        )
