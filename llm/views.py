"""Prompt versions, attempts at models and their cost under /api/v1/."""

from typing import Any

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from rest_framework import mixins

from crm.api.views import ReadOnly
from llm import serializers as shapes
from llm.filters import CallFilter
from llm.models import LLMCall, PromptVersion


class Prompts(mixins.CreateModelMixin, ReadOnly[PromptVersion]):
    """Prompt versions, which never change."""

    queryset = PromptVersion.objects.all()
    serializer_class = shapes.PromptSerializer
    search_fields = ["version_tag", "notes"]
    ordering_fields = ["id", "version_tag", "created_at"]

    def perform_create(self, serializer: Any) -> None:
        with transaction.atomic():
            serializer.save(created_by=self.request.user)


class Calls(ReadOnly[LLMCall]):
    """Every attempt at a model."""

    queryset = LLMCall.objects.all()
    serializer_class = shapes.CallSerializer
    filterset_class = CallFilter
    ordering_fields = ["id", "created_at", "estimated_cost_usd", "latency_ms"]


class Costs(ReadOnly[LLMCall]):
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
                estimated_cost_usd=Coalesce(Sum("estimated_cost_usd"), 0.0),
            )
        )
