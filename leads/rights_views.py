"""A lead's story, consent and rights, and the broker's list of whom not to contact, in the API."""

from typing import TYPE_CHECKING, Any

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from crm.api.parsers import JSONParser
from crm.api.permissions import AdminsOnly
from crm.api.serializers import OF_BROKER, broker_of
from crm.api.views import ReadOnly, TenantViewSet
from crm.errors import Conflict, DomainError
from leads import consenting, contactability, erasing, rights, suppressing, timeline
from leads import message_serializers as message_shapes
from leads import rights_serializers as forms
from leads import serializers as shapes
from leads.enums import AskedBy, RightState
from leads.models import Consent, Lead, RightsRequest, Suppression

ZIP = (200, "application/zip")
UNFILTERED: dict[str, Any] = {"filterset_class": None, "search_fields": [], "ordering_fields": []}

if TYPE_CHECKING:
    OfLead = TenantViewSet[Lead]
else:
    OfLead = object


class StoryActions(OfLead):
    """Everything that happened to a lead, page by page."""

    @extend_schema(
        parameters=[message_shapes.StoryQuerySerializer], responses=message_shapes.StorySerializer
    )
    @action(detail=True, pagination_class=None, **UNFILTERED)
    def timeline(self, request: Request, pk: Any = None) -> Response:
        lead = self.get_object()
        asked = self.asked(message_shapes.StoryQuerySerializer)
        kinds, cursor = asked.get("kind", ()), asked.get("cursor", "")
        page = timeline.page(lead, kinds=kinds, cursor=cursor, size=asked["page_size"])
        here = request.build_absolute_uri()
        following = replace_query_param(here, "cursor", page.next) if page.next else None
        told = {
            "count": timeline.count(lead, kinds),
            "next": following,
            "previous": None,
            "results": page.moments,
        }
        return Response(message_shapes.StorySerializer(told).data)


class ConsentActions(OfLead):
    """What the person allowed, and what the gate makes of it."""

    @extend_schema(responses=forms.ConsentSerializer(many=True), operation_id="leads_consents_list")
    @action(detail=True, **UNFILTERED)
    def consents(self, request: Request, pk: Any = None) -> Response:
        consents: Any = Consent.objects.filter(lead=self.get_object())
        page: Any = self.paginate_queryset(consents)
        return self.get_paginated_response(forms.ConsentSerializer(page, many=True).data)

    @extend_schema(
        request=forms.GrantSerializer,
        responses={201: forms.ConsentSerializer},
        operation_id="leads_consents_create",
    )
    @consents.mapping.post
    def grant(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(forms.GrantSerializer)
        consent = consenting.grant(lead, by=self.caller, at=timezone.now(), **given)
        return Response(forms.ConsentSerializer(consent).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=forms.AnswerSerializer(many=True))
    @action(detail=True, pagination_class=None, **UNFILTERED)
    def contactability(self, request: Request, pk: Any = None) -> Response:
        return self._answers(self.get_object())

    def _answers(self, lead: Lead) -> Response:
        answers: Any = contactability.answers(lead, at=timezone.now())
        return Response(forms.AnswerSerializer(answers, many=True).data)

    @extend_schema(request=forms.ReasonSerializer, responses=forms.AnswerSerializer(many=True))
    @action(
        detail=True,
        methods=["post"],
        url_path="lift-suppression",
        permission_classes=[AdminsOnly],
        pagination_class=None,
        **UNFILTERED,
    )
    def lift_suppression(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(forms.ReasonSerializer)
        consenting.lift(lead, by=self.caller, at=timezone.now(), **given)
        return self._answers(self.get_object())


class RightsActions(OfLead):
    """The rights of the person under Ley 21.719; deleting a lead is an erasure too."""

    @extend_schema(responses={ZIP: OpenApiTypes.BINARY})
    @action(
        detail=True,
        methods=["post"],
        url_path="personal-data",
        permission_classes=[AdminsOnly],
    )
    def personal_data(self, request: Request, pk: Any = None) -> FileResponse:
        lead, at = self.get_object(), timezone.now()
        file = rights.export(lead, by=self.caller, asked_by=AskedBy.PERSON, at=at)
        return as_download(lead, file)

    @extend_schema(request=forms.RectifySerializer, responses=shapes.LeadDetailSerializer)
    @action(detail=True, methods=["post"], permission_classes=[AdminsOnly])
    def rectify(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(forms.RectifySerializer)
        told = {name: given.pop(name) for name in ("version", "notes", "asked_by") if name in given}
        changes = {
            **{k: v for k, v in given.items() if k != "metadata"},
            **given.get("metadata", {}),
        }
        if not changes:
            raise DomainError(_("Indica qué se corrige."), code="required", field="metadata")
        rights.rectify(lead, changes=changes, by=self.caller, at=timezone.now(), **told)
        return self.retrieve(request, pk)  # type: ignore[attr-defined, no-any-return]

    @extend_schema(request=forms.ObjectionSerializer, responses=shapes.LeadDetailSerializer)
    @action(
        detail=True,
        methods=["post"],
        url_path="object-to-scoring",
        permission_classes=[AdminsOnly],
    )
    def object_to_scoring(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(forms.ObjectionSerializer)
        rights.object_to_scoring(lead, by=self.caller, at=timezone.now(), **given)
        return self.retrieve(request, pk)  # type: ignore[attr-defined, no-any-return]

    @extend_schema(request=forms.ReasonSerializer, responses=shapes.LeadDetailSerializer)
    @action(
        detail=True,
        methods=["post"],
        url_path="lift-objection",
        permission_classes=[AdminsOnly],
    )
    def lift_objection(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(forms.ReasonSerializer)
        rights.lift_objection(lead, by=self.caller, at=timezone.now(), **given)
        return self.retrieve(request, pk)  # type: ignore[attr-defined, no-any-return]

    @extend_schema(request=forms.AskSerializer, responses={201: forms.RightsRequestSerializer})
    @action(
        detail=True,
        methods=["post"],
        url_path="rights",
        url_name="ask-right",
        permission_classes=[AdminsOnly],
    )
    def ask_right(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(forms.AskSerializer)
        asked = rights.ask(lead, by=self.caller, at=timezone.now(), **given)
        return Response(forms.RightsRequestSerializer(asked).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=forms.EraseSerializer,
        responses={200: forms.RightsRequestSerializer, 202: forms.RightsRequestSerializer},
    )
    @action(detail=True, methods=["post"], permission_classes=[AdminsOnly])
    def erase(self, request: Request, pk: Any = None) -> Response:
        """200 with the receipt; 202 where somebody is at work on the lead and it follows shortly."""
        lead, given = self.get_object(), self.checked(forms.EraseSerializer)
        erasing.require_confirmed(lead, given.pop("confirm"))
        done = erasing.erase(lead, by=self.caller, at=timezone.now(), **given)
        shown = forms.RightsRequestSerializer(done).data
        return Response(shown, status=_when(done, status.HTTP_200_OK))

    @extend_schema(request=None, responses={202: None, 204: None})
    def destroy(self, request: Request, pk: Any = None) -> Response:
        """Erases the lead and what hangs on it; the receipt is found under ``rights/``."""
        done = erasing.erase(self.get_object(), by=self.caller, at=timezone.now())
        return Response(status=_when(done, status.HTTP_204_NO_CONTENT))


def _when(request: RightsRequest, done: int) -> int:
    return done if request.state == RightState.DONE else status.HTTP_202_ACCEPTED


def as_download(lead: Lead, file: Any) -> FileResponse:
    name = f"lead-{lead.pk}-datos-personales.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


class Suppressions(ReadOnly[Suppression]):
    """Identifiers that must not be contacted; they outlive their leads."""

    queryset = Suppression.objects.all()
    serializer_class = forms.SuppressionSerializer
    parser_classes = [JSONParser, MultiPartParser]
    search_fields = ["identifier", "reason"]
    ordering_fields = ["id", "identifier", "created_at"]
    letters = {"take_in": "c", "lift": "c"}

    @extend_schema(
        request=forms.NewSuppressionSerializer,
        responses={200: forms.SuppressionSerializer, 201: forms.SuppressionSerializer},
    )
    def create(self, request: Request) -> Response:
        given = self.checked(forms.NewSuppressionSerializer)
        given.pop("broker", None)
        broker, text = broker_of(request), given.pop("identifier")
        row, is_new = suppressing.add(broker, text, by=self.caller, at=timezone.now(), **given)
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(self.get_serializer(row).data, status=code)

    @extend_schema(
        request={
            "application/json": forms.WrittenListSerializer,
            "multipart/form-data": forms.SuppressionListSerializer,
        },
        responses=forms.ListReportSerializer,
        parameters=OF_BROKER,
    )
    @action(detail=False, methods=["post"], url_path="import", **UNFILTERED)
    def take_in(self, request: Request) -> Response:
        given = self.checked(forms.SuppressionListSerializer)
        file, broker = given.pop("file", None), broker_of(request)
        content = file.read(suppressing.MAX_BYTES + 1) if file else given["text"]
        report = suppressing.take_in(
            broker,
            content,
            channel=given["channel"],
            reason=given["reason"],
            by=self.caller,
            at=timezone.now(),
        )
        refused = [{"line": line, "text": text} for line, text in report.refused]
        return Response(forms.ListReportSerializer({**vars(report), "refused": refused}).data)

    @extend_schema(request=forms.ReasonSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def lift(self, request: Request, pk: Any = None) -> Response:
        mark, given = self.get_object(), self.checked(forms.ReasonSerializer)
        consenting.lift_mark(mark, by=self.caller, at=timezone.now(), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RightsRequests(ReadOnly[RightsRequest]):
    """What people asked about their data, the latest first, with the receipts."""

    queryset = RightsRequest.objects.all()
    serializer_class = forms.RightsRequestSerializer
    search_fields = ["lead_number"]
    ordering_fields = ["id", "asked_at", "due_at", "done_at"]
    letters = {"refuse": "r"}

    @extend_schema(request=forms.ReasonSerializer, responses=forms.RightsRequestSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: Any = None) -> Response:
        asked, given = self.get_object(), self.checked(forms.ReasonSerializer)
        if not rights.refuse(asked, by=self.caller, at=timezone.now(), **given):
            raise Conflict
        asked.refresh_from_db()
        return Response(self.get_serializer(asked).data)
