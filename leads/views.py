"""Leads and the pipeline's metrics under /api/v1/."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters.rest_framework.backends import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.filters import OrderingFilter
from crm.api.permissions import AdminsOnly
from crm.api.rows import columns
from crm.api.serializers import OF_BROKER, broker_of, does_not_exist
from crm.api.views import ReadOnly, TenantViewSet
from crm.errors import Conflict
from crm.tenancy import Role
from leads import (
    assignment,
    conflicts,
    consenting,
    editing,
    identity,
    merging,
    metrics,
    metrics_shapes,
    pipeline,
    receipts,
    rights,
)
from leads import merge_serializers as merge_shapes
from leads import serializers as shapes
from leads.enums import CALLS, Channel
from leads.errors import LeadMerged, NotUndoable
from leads.filters import (
    LeadFilter,
    LeadSearch,
)
from leads.identity import Match, Outcome
from leads.models import (
    Lead,
)
from leads.rights_views import ConsentActions, RightsActions, StoryActions
from leads.speaking_views import SpeakingActions
from leads.task_views import TaskActions

IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": r'^(\*|(W/)?"?[0-9]{1,9}"?)$'},
    OpenApiParameter.HEADER,
    description="The lead's ETag, in place of `version`.",
)
READ_WHEN_MERGED = ("retrieve", "messages", "tasks", "timeline", "destroy", "unmerge")


class KnownToOthers(Conflict):
    """The entry matches a lead of somebody else, who is named and nothing more."""

    code = "lead_exists"


class Leads(
    SpeakingActions, TaskActions, StoryActions, ConsentActions, RightsActions, ReadOnly[Lead]
):
    """Leads. Each change of state is an action of its own."""

    queryset = Lead.objects.all()
    serializer_class = shapes.LeadSerializer
    filterset_class = LeadFilter
    filter_backends = [DjangoFilterBackend, LeadSearch, OrderingFilter]
    search_fields = ["searchable"]
    ordering_fields = [
        "id",
        "name",
        "lead_score",
        "created_at",
        "updated_at",
        "stage_entered_at",
        "last_contacted",
        "next_action_at",
    ]

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        if self.action == "list":
            return queryset.living().values(*columns(shapes.LeadRowSerializer))
        return queryset.select_related("broker__brokerleadconfig", "conversation", "assigned_to")

    def get_object(self) -> Any:
        """The lead; one that went into another is only read, and points there."""
        lead = super().get_object()
        if lead.merged_into_id is not None and self.action not in READ_WHEN_MERGED:
            raise LeadMerged(merged_into=identity.living_of(lead).pk)
        return lead

    def spoken_to(self) -> Lead:
        lead: Lead = self.get_object()
        return lead

    def about_lead(self, answer: Any) -> int | None:
        named: int | None = self.kwargs.get("pk") or answer.get("id")
        return named

    def get_serializer_class(self) -> Any:
        return shapes.LeadRowSerializer if self.action == "list" else shapes.LeadDetailSerializer

    def answer(self, lead: Lead) -> Response:
        """The lead as it stands after an action."""
        fresh = Lead.objects.select_related("broker__brokerleadconfig", "conversation")
        return self._tagged(fresh.get(pk=lead.pk))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._tagged(self.get_object())

    def _tagged(self, lead: Lead) -> Response:
        """The version is the entity tag, so that a client may send it back in If-Match."""
        data = self.get_serializer(lead).data
        return Response(data, headers={"ETag": f'"{lead.version}"'})

    @extend_schema(
        request=shapes.NewLeadSerializer,
        responses={200: shapes.EnteredLeadSerializer, 201: shapes.EnteredLeadSerializer},
    )
    def create(self, request: Request) -> Response:
        given = self.checked(shapes.NewLeadSerializer)
        given.pop("broker", None)
        broker = broker_of(request)
        told = given.pop("metadata", {})
        self._check_person(given, broker.pk)
        if self.caller.role == Role.AGENT:
            given.setdefault("assigned_to", self.caller)
        match = editing.enter(broker, told=told, by=self.caller, at=timezone.now(), **given)
        return self._entered(match)

    def _entered(self, match: Match) -> Response:
        matched = match.outcome == Outcome.MATCHED
        if matched and not self.get_queryset().filter(pk=match.lead.pk).exists():
            owner = match.lead.assigned_to
            raise KnownToOthers(
                _("Este contacto ya es un lead de otra persona."),
                owner=owner.name if owner else None,
            )
        body = self.answer(match.lead).data
        return Response(
            {**body, "outcome": match.outcome.value, "warning": match.warning},
            status=status.HTTP_200_OK if matched else status.HTTP_201_CREATED,
        )

    @extend_schema(
        request=shapes.LeadChangesSerializer,
        responses=shapes.LeadDetailSerializer,
        parameters=[IF_MATCH],
    )
    def partial_update(self, request: Request, pk: Any = None) -> Response:
        lead = self.get_object()
        given = self.checked(shapes.LeadChangesSerializer)
        version, told = _seen_version(request, given), given.pop("metadata", {})
        self._check_person(given, lead.broker_id)
        changes = {**given, **told}
        editing.edit(lead, changes=changes, version=version, by=self.caller, at=timezone.now())
        return self.answer(lead)

    def _check_person(self, given: dict[str, Any], broker_id: int) -> None:
        """Agents claim and keep leads; handing them to others is an admin's."""
        if "assigned_to" not in given:
            return
        person, caller = given["assigned_to"], self.caller
        if caller.role == Role.AGENT and person != caller:
            self.permission_denied(self.request)
        if person is not None and person.broker_id != broker_id:
            raise ValidationError({"assigned_to": does_not_exist(person.pk)})

    @extend_schema(
        request=merge_shapes.MergeSerializer,
        responses={
            200: PolymorphicProxySerializer(
                component_name="MergeAnswer",
                serializers=[merge_shapes.MergeRowSerializer, merge_shapes.MergePreviewSerializer],
                resource_type_field_name=None,
            )
        },
    )
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: Any = None) -> Response:
        survivor, given = self.get_object(), self.checked(merge_shapes.MergeSerializer)
        loser, at = given["loser"], timezone.now()
        if given["preview"]:
            foreseen = merging.preview(loser, survivor, by=self.caller, at=at)
            return Response(merge_shapes.MergePreviewSerializer(foreseen).data)
        done = merging.merge(loser, survivor, by=self.caller, at=at)
        return Response(merge_shapes.MergeRowSerializer(done).data)

    @extend_schema(request=None, responses=merge_shapes.MergeRowSerializer)
    @action(detail=True, methods=["post"])
    def unmerge(self, request: Request, pk: Any = None) -> Response:
        """Undo the merge by which this lead went into another."""
        done = merging.standing(self.get_object())
        if done is None:
            raise NotUndoable
        done = merging.undo(done, by=self.caller, at=timezone.now())
        return Response(merge_shapes.MergeRowSerializer(done).data)

    @extend_schema(request=shapes.MoveSerializer, responses=shapes.LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(shapes.MoveSerializer)
        to, reason = given["pipeline_stage"], given["reason"]
        pipeline.move(lead, to=to, by=self.caller, reason=reason, at=timezone.now())
        return self.answer(lead)

    @extend_schema(request=shapes.AssignSerializer, responses=shapes.LeadDetailSerializer)
    @action(detail=True, methods=["post"], permission_classes=[AdminsOnly])
    def assign(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(shapes.AssignSerializer)
        self._check_person(given, lead.broker_id)
        assignment.assign(lead, to=given["assigned_to"], by=self.caller, at=timezone.now())
        return self.answer(lead)

    @extend_schema(request=None, responses=shapes.LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: Any = None) -> Response:
        """Take a lead from the pool; who comes second is told who was first."""
        lead = self.get_object()
        assignment.claim(lead, by=self.caller, at=timezone.now())
        return self.answer(lead)

    @extend_schema(request=None, responses=shapes.ReceiptSerializer)
    @action(detail=True, methods=["post"])
    def rescore(self, request: Request, pk: Any = None) -> Response:
        receipt = rights.rescore(self.get_object(), at=timezone.now())
        return Response(shapes.told_receipt(receipt))

    @extend_schema(responses=shapes.ScoreSerializer(many=True), operation_id="leads_scores_list")
    @action(detail=True, filterset_class=None, search_fields=[], ordering_fields=[])
    def scores(self, request: Request, pk: Any = None) -> Response:
        entries: Any = receipts.history(self.get_object())
        page: Any = self.paginate_queryset(entries)
        return self.get_paginated_response(shapes.ScoreSerializer(page, many=True).data)

    @extend_schema(request=shapes.SettleSerializer, responses=shapes.LeadDetailSerializer)
    @action(detail=True, methods=["post"])
    def conflicts(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(shapes.SettleSerializer)
        conflicts.settle(lead, by=self.caller, at=timezone.now(), **given)
        return self.answer(lead)

    @extend_schema(request=shapes.OptOutSerializer, responses=shapes.LeadDetailSerializer)
    @action(detail=True, methods=["post"], url_path="opt-out", url_name="opt-out")
    def opt_out(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(shapes.OptOutSerializer)
        conversation = getattr(lead, "conversation", None)
        usual = conversation.channel if conversation else Channel.WEBCHAT.value
        channel, moment = given.pop("channel", usual), timezone.now()
        if channel == CALLS and not given["everything"]:
            consenting.stop_calls(lead, evidence=given["evidence"], by=self.caller, at=moment)
            return self.answer(lead)
        told = usual if channel == CALLS else channel
        consenting.opt_out(lead, channel=told, by=self.caller, at=moment, **given)
        return self.answer(lead)


def _seen_version(request: Request, given: dict[str, Any]) -> int | None:
    """The version that a change starts from: in the body, or as the entity tag in If-Match."""
    named: int | None = given.pop("version", None)
    tag = request.headers.get("If-Match", "*").strip()
    if tag == "*":
        return named
    version = tag.removeprefix("W/").strip('"')
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise ValidationError({"If-Match": _("Debe ser el ETag del lead.")}, code="invalid")
    return int(version) if named is None else named


@extend_schema(parameters=OF_BROKER)
class Pipeline(TenantViewSet[Lead]):
    """How the caller's pipeline does."""

    queryset = Lead.objects.all()
    serializer_class = metrics_shapes.PipelineMetricsSerializer

    @extend_schema(
        responses=metrics_shapes.PipelineMetricsSerializer,
        parameters=[metrics_shapes.MetricsChoiceSerializer],
    )
    @action(detail=False, filterset_class=None, search_fields=[], ordering_fields=[])
    def metrics(self, request: Request) -> Response:
        broker = broker_of(request)
        choice = metrics.Choice(**self.asked(metrics_shapes.MetricsChoiceSerializer))
        leads = choice.of(self.get_queryset().living().filter(broker=broker), broker.zone)
        told = metrics.pipeline(leads, broker=broker, at=timezone.now())
        return Response(self.get_serializer(told).data)
