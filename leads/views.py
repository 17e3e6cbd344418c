"""Leads, conversations and the pipeline's metrics under /api/v1/."""

from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters.rest_framework.backends import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.filters import OrderingFilter
from crm.api.permissions import AdminsOnly
from crm.api.rows import columns
from crm.api.serializers import OF_BROKER, broker_of, does_not_exist
from crm.api.views import ReadOnly, Removable, TenantViewSet
from crm.errors import Conflict
from crm.tenancy import Role
from leads import (
    assignment,
    conflicts,
    consenting,
    editing,
    handoff,
    metrics,
    metrics_shapes,
    outbox,
    pipeline,
    receipts,
    scoring,
    timeline,
)
from leads import serializers as shapes
from leads.enums import Channel
from leads.filters import ConversationFilter, LeadFilter, LeadSearch, TemplateFilter
from leads.identity import Match, Outcome
from leads.models import ChatMessage, Conversation, Lead, MessageTemplate

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="The same key is sent only once."
)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The lead's ETag, in place of `version`."
)
LONGEST_KEY = 100


class KnownToOthers(Conflict):
    """The entry matches a lead of somebody else, who is named and nothing more."""

    code = "lead_exists"


class Leads(mixins.DestroyModelMixin, ReadOnly[Lead]):
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
        broker, told = broker_of(request), given.pop("metadata", {})
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
        receipt = scoring.rescore(self.get_object(), at=timezone.now())
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

    @extend_schema(request=None, responses=shapes.ConversationSerializer)
    @action(detail=True, methods=["post"])
    def takeover(self, request: Request, pk: Any = None) -> Response:
        conversation = handoff.take(self.get_object(), by=self.caller, at=timezone.now())
        return Response(shapes.ConversationSerializer(conversation).data)

    @extend_schema(request=None, responses=shapes.ConversationSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: Any = None) -> Response:
        conversation = handoff.give_back(self.get_object(), by=self.caller, at=timezone.now())
        return Response(shapes.ConversationSerializer(conversation).data)

    @extend_schema(
        responses=shapes.MessageSerializer(many=True), operation_id="leads_messages_list"
    )
    @action(detail=True, filterset_class=None, search_fields=[], ordering_fields=[])
    def messages(self, request: Request, pk: Any = None) -> Response:
        messages: Any = ChatMessage.objects.filter(lead=self.get_object())
        page: Any = self.paginate_queryset(messages)
        return self.get_paginated_response(shapes.MessageSerializer(page, many=True).data)

    @extend_schema(
        request=shapes.ReplySerializer,
        responses={201: shapes.MessageSerializer},
        parameters=[IDEMPOTENCY_KEY],
        operation_id="leads_messages_create",
    )
    @messages.mapping.post
    def reply(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(shapes.ReplySerializer)
        message = outbox.send_by_person(
            lead,
            by=self.caller,
            text=given["text"],
            at=timezone.now(),
            idempotency_key=_idempotency_key(request),
        )
        return Response(shapes.MessageSerializer(message).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=shapes.MomentSerializer(many=True))
    @action(detail=True, filterset_class=None, search_fields=[], ordering_fields=[])
    def timeline(self, request: Request, pk: Any = None) -> Response:
        page = timeline.told(self.paginate_queryset(timeline.moments(self.get_object())) or [])
        return self.get_paginated_response(shapes.MomentSerializer(page, many=True).data)

    @extend_schema(request=shapes.OptOutSerializer, responses=shapes.LeadDetailSerializer)
    @action(detail=True, methods=["post"], url_path="opt-out", url_name="opt-out")
    def opt_out(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.get_object(), self.checked(shapes.OptOutSerializer)
        conversation = getattr(lead, "conversation", None)
        usual = conversation.channel if conversation else Channel.WEBCHAT.value
        channel = given.pop("channel", usual)
        consenting.opt_out(lead, channel=channel, by=self.caller, at=timezone.now(), **given)
        return self.answer(lead)


def _seen_version(request: Request, given: dict[str, Any]) -> int | None:
    """The version that a change starts from: in the body, or as the entity tag in If-Match."""
    named: int | None = given.pop("version", None)
    tag = request.headers.get("If-Match", "*").strip()
    if named is not None or tag == "*":
        return named
    version = tag.removeprefix("W/").strip('"')
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise ValidationError({"If-Match": _("Debe ser el ETag del lead.")}, code="invalid")
    return int(version)


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isascii()):
        raise ValidationError({"Idempotency-Key": _("Usa entre 1 y 100 caracteres ASCII.")})
    return key


class Conversations(ReadOnly[Conversation]):
    """Who holds the microphone of each conversation, the latest inbound first."""

    queryset = Conversation.objects.select_related("lead")
    serializer_class = shapes.InboxSerializer
    filterset_class = ConversationFilter
    search_fields = ["lead__name", "lead__phone"]
    ordering_fields = ["id", "last_inbound_at", "waiting_since"]

    def get_queryset(self) -> Any:
        latest = ChatMessage.objects.filter(lead=OuterRef("lead")).order_by("-id")
        text = Subquery(latest.values("message_text")[:1])
        return super().get_queryset().annotate(last_message=text)


class Templates(Removable[MessageTemplate]):
    """Texts with variables; agents read them, admins keep them."""

    queryset = MessageTemplate.objects.all()
    serializer_class = shapes.TemplateSerializer
    filterset_class = TemplateFilter
    search_fields = ["name", "content"]
    ordering_fields = ["id", "name", "created_at", "updated_at"]


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
        asked = metrics_shapes.MetricsChoiceSerializer(
            data=request.query_params, context=self.get_serializer_context()
        )
        asked.is_valid(raise_exception=True)
        choice = metrics.Choice(**asked.validated_data)
        leads = choice.of(self.get_queryset().living().filter(broker=broker), broker.zone)
        told = metrics.pipeline(leads, broker=broker, at=timezone.now())
        return Response(self.get_serializer(told).data)
