"""Import and export of leads under /api/v1/, for admins."""

from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.parsers import JSONParser
from crm.api.permissions import AdminsOnly
from crm.api.serializers import OF_BROKER, broker_of
from crm.api.views import ReadOnly, TenantViewSet
from leads import exporting, importing
from leads import import_serializers as shapes
from leads.filters import LeadFilter
from leads.models import Lead, LeadImport, LeadImportRow

CSV = {(200, "text/csv"): OpenApiTypes.STR}


class Imports(mixins.DestroyModelMixin, ReadOnly[LeadImport]):
    """Files on their way to leads: uploaded, columns confirmed, rows checked, committed."""

    queryset = LeadImport.objects.all()
    serializer_class = shapes.ImportSerializer
    permission_classes = [AdminsOnly]
    parser_classes = [JSONParser, MultiPartParser]
    ordering_fields = ["id", "created_at"]

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("broker")

    def answer(self, job: LeadImport, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(job).data, status=code)

    @extend_schema(
        request={"multipart/form-data": shapes.ImportUploadSerializer},
        responses={201: shapes.ImportSerializer},
    )
    def create(self, request: Request) -> Response:
        """Nothing is imported yet: confirm the suggested ``mapping``, then commit."""
        given = self.checked(shapes.ImportUploadSerializer)
        file = given.pop("file")
        given.pop("broker", None)
        job = importing.upload(
            broker_of(request),
            chunks=file.chunks(),
            filename=file.name,
            by=self.caller,
            **given,
        )
        return self.answer(job, status.HTTP_201_CREATED)

    @extend_schema(request=shapes.MappingSerializer, responses=shapes.ImportSerializer)
    @action(detail=True, methods=["patch"])
    def mapping(self, request: Request, pk: Any = None) -> Response:
        """Confirm the columns; the rows are then checked in the background."""
        job, given = self.get_object(), self.checked(shapes.MappingSerializer)
        return self.answer(importing.set_columns(job, given["mapping"], at=timezone.now()))

    @extend_schema(request=None, responses=shapes.ImportSerializer)
    @action(detail=True, methods=["post"])
    def commit(self, request: Request, pk: Any = None) -> Response:
        """Make leads of the checked rows, in the background."""
        return self.answer(importing.commit(self.get_object(), at=timezone.now()))

    @extend_schema(request=None, responses=shapes.ImportSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: Any = None) -> Response:
        """Go on where a failed import stopped."""
        return self.answer(importing.retry(self.get_object(), at=timezone.now()))

    @extend_schema(
        responses=shapes.ImportRowSerializer(many=True),
        parameters=[shapes.RowsAskedSerializer],
        operation_id="leads_import_rows_list",
    )
    @action(detail=True, filterset_class=None, search_fields=[], ordering_fields=[])
    def rows(self, request: Request, pk: Any = None) -> Response:
        """Each row of the file with its verdict."""
        job = self.get_object()
        asked = self.asked(shapes.RowsAskedSerializer)
        rows: Any = LeadImportRow.objects.filter(job=job, **asked).order_by("number")
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(shapes.ImportRowSerializer(page, many=True).data)

    @extend_schema(responses=CSV, operation_id="leads_import_refused_file")
    @action(
        detail=True,
        url_path="refused.csv",
        url_name="refused",
        pagination_class=None,
        filterset_class=None,
        ordering_fields=[],
    )
    def refused(self, request: Request, pk: Any = None) -> HttpResponseBase:
        """The rows that made no lead, with why, to be corrected and imported again."""
        job = self.get_object()
        return exporting.csv_response(
            exporting.refused_file(importing.refused_rows(job)), f"rechazadas-{job.pk}.csv"
        )


@extend_schema(parameters=OF_BROKER)
class Exports(TenantViewSet[Lead]):
    """Leads as a file, filtered as the list is."""

    queryset = Lead.objects.all()
    permission_classes = [AdminsOnly]
    filterset_class = LeadFilter
    search_fields = ["name", "phone", "phone_e164", "email"]
    ordering_fields = ["id", "name", "lead_score", "created_at"]

    @extend_schema(
        responses=CSV,
        parameters=[shapes.ExportAskedSerializer],
        operation_id="leads_export",
        filters=True,
    )
    @action(detail=False, pagination_class=None)
    def export(self, request: Request) -> HttpResponseBase:
        """A CSV that spreadsheets in Spanish open as it is: semicolons and a byte order mark."""
        asked = self.asked(shapes.ExportAskedSerializer)
        return exporting.respond(
            self.filter_queryset(self.get_queryset()),
            broker=broker_of(request),
            user=self.caller,
            filters=request.query_params.dict(),
            at=timezone.now(),
            separator=exporting.SEPARATORS[asked["separator"]],
            bom=asked["bom"],
        )
