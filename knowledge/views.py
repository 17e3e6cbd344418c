"""What the assistant may answer with, and searching it, under /api/v1/."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.parsers import JSONParser
from crm.api.serializers import broker_of
from crm.api.views import ReadOnly, Removable
from crm.errors import Conflict
from knowledge import documents, gaps, ingestion, matching
from knowledge import search as finding
from knowledge import serializers as shapes
from knowledge.filters import DocumentFilter, EntryFilter, GapFilter
from knowledge.match_serializers import LeadMatchListSerializer
from knowledge.match_views import page_of
from knowledge.models import KnowledgeDocument, KnowledgeEntry, KnowledgeGap
from leads.models import Lead


class Entries(Removable[KnowledgeEntry]):
    """Entries; a changed text is embedded anew in the background."""

    queryset = KnowledgeEntry.objects.defer("embedding", "search")
    serializer_class = shapes.EntrySerializer
    filterset_class = EntryFilter
    search_fields = ["title", "content"]
    ordering_fields = ["id", "title", "created_at", "updated_at"]
    letters = {"search": "r", "ask": "r", "retry": "u"}
    asks_vendors = frozenset({"ask"})

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: Any = None) -> Response:
        """Give a failed entry another round of attempts, from the next sweep on."""
        entry = self.get_object()
        mine = KnowledgeEntry.objects.filter(pk=entry.pk)
        if not ingestion.retry(mine, at=timezone.now()):
            raise Conflict(_("La entrada no está fallida."))
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        parameters=[shapes.QuestionSerializer],
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
        return self._found(self.asked(shapes.QuestionSerializer))

    @extend_schema(
        request=shapes.QuestionSerializer,
        responses=shapes.HitListSerializer,
        operation_id="knowledge_ask",
    )
    @search.mapping.post
    def ask(self, request: Request) -> Response:
        return self._found(self.checked(shapes.QuestionSerializer))

    @extend_schema(operation_id="knowledge_leads", responses=LeadMatchListSerializer)
    @action(
        detail=True,
        pagination_class=None,
        filterset_class=None,
        search_fields=[],
        ordering_fields=[],
    )
    def leads(self, request: Request, pk: Any = None) -> Response:
        """The open leads that a property suits, at most fifty, the best first, with why and what
        it lacks. Whoever writes to them goes through a conversation or a campaign, and its gate."""
        seen = Lead.objects.visible_to(request.user)
        found = matching.for_entry(self.get_object(), seen, at=timezone.now())
        return Response(LeadMatchListSerializer(page_of(found)).data)

    def _found(self, given: dict[str, Any]) -> Response:
        hits = finding.search(
            broker_of(self.request), given["q"], limit=given["limit"], at=timezone.now()
        )
        page = {"count": len(hits), "next": None, "previous": None, "results": hits}
        return Response(shapes.HitListSerializer(page).data)


class Documents(mixins.DestroyModelMixin, ReadOnly[KnowledgeDocument]):
    """Documents; their entries are made in the background and go with them."""

    queryset = KnowledgeDocument.objects.defer("text")
    serializer_class = shapes.DocumentSerializer
    filterset_class = DocumentFilter
    parser_classes = [JSONParser, MultiPartParser]
    search_fields = ["title"]
    ordering_fields = ["id", "title", "created_at", "updated_at"]
    letters = {"retry": "u"}

    def get_queryset(self) -> Any:
        return documents.with_counts(super().get_queryset())

    @extend_schema(
        request={
            "application/json": shapes.PastedSerializer,
            "multipart/form-data": shapes.UploadSerializer,
        },
        responses={200: shapes.DocumentSerializer, 201: shapes.DocumentSerializer},
    )
    def create(self, request: Request) -> Response:
        """201 for a new document; 200 with the one that is known for the same file again."""
        given = self.checked(shapes.UploadSerializer)
        document, is_new = documents.take_in(broker_of(request), **_upload(given))
        status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(self._shown(document.pk), status=status_code)

    @extend_schema(request=None, responses=shapes.DocumentSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: Any = None) -> Response:
        document = self.get_object()
        if not documents.retry(document, at=timezone.now()):
            raise Conflict
        return Response(self._shown(document.pk))

    def _shown(self, pk: int) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=pk)).data


def _upload(given: dict[str, Any]) -> dict[str, Any]:
    file = given.get("file")
    return {
        "title": given["title"],
        "source_type": given["source_type"],
        "filename": file.name if file else "",
        "content": file.read(documents.MAX_BYTES + 1) if file else given["text"].encode(),
        "kind": given.get("format"),
    }


class Gaps(ReadOnly[KnowledgeGap]):
    """Questions that found no answer, the most asked first."""

    queryset = KnowledgeGap.objects.all()
    serializer_class = shapes.GapSerializer
    filterset_class = GapFilter
    search_fields = ["question"]
    ordering_fields = ["id", "times", "updated_at"]

    @extend_schema(request=None, responses=shapes.GapSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: Any = None) -> Response:
        gap = self.get_object()
        gaps.resolve(KnowledgeGap.objects.filter(pk=gap.pk), at=timezone.now())
        gap.refresh_from_db()
        return Response(self.get_serializer(gap).data)
