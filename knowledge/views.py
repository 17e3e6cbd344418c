"""What the assistant may answer with, and searching it, under /api/v1/."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.serializers import OF_BROKER, broker_of
from crm.api.views import Removable
from knowledge import search as finding
from knowledge import serializers as shapes
from knowledge.filters import EntryFilter
from knowledge.models import KnowledgeEntry

ASKED = [
    *OF_BROKER,
    OpenApiParameter("q", str, required=True, description="The question, in Spanish."),
    OpenApiParameter("limit", int, description="1 to 20; default 5."),
]


class Entries(Removable[KnowledgeEntry]):
    """Entries; a changed text is embedded anew in the background."""

    queryset = KnowledgeEntry.objects.defer("embedding", "search")
    serializer_class = shapes.EntrySerializer
    filterset_class = EntryFilter
    search_fields = ["title", "content"]
    ordering_fields = ["id", "title", "created_at", "updated_at"]
    letters = {"search": "r", "ask": "r"}

    @extend_schema(
        parameters=ASKED,
        responses=shapes.HitListSerializer,
        operation_id="knowledge_search",
    )
    @action(
        detail=False,
        pagination_class=None,
        filterset_class=None,
        search_fields=[],
        ordering_fields=[],
    )
    def search(self, request: Request) -> Response:
        return self._found(request.query_params.dict())

    @extend_schema(
        request=shapes.QuestionSerializer,
        responses=shapes.HitListSerializer,
        operation_id="knowledge_ask",
    )
    @search.mapping.post
    def ask(self, request: Request) -> Response:
        return self._found(request.data)

    def _found(self, data: Any) -> Response:
        asked = shapes.QuestionSerializer(data=data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        hits = finding.search(
            broker_of(self.request), given["q"], limit=given["limit"], at=timezone.now()
        )
        page = {"count": len(hits), "next": None, "previous": None, "results": hits}
        return Response(shapes.HitListSerializer(page).data)
