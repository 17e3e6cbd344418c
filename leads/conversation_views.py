"""Conversations, what hangs on messages, and alerts under /api/v1/."""

from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import FileResponse
from django.utils import timezone
from django_filters.rest_framework.backends import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.filters import OrderingFilter
from crm.api.serializers import OF_BROKER, broker_of
from crm.api.views import ReadOnly, Removable
from leads import (
    alerts,
    approval,
    attachments,
    reading,
    serving,
)
from leads import message_serializers as message_shapes
from leads import serializers as shapes
from leads.filters import (
    AlertFilter,
    AttachmentFilter,
    ConversationFilter,
    ConversationSearch,
    TemplateFilter,
)
from leads.models import (
    Attachment,
    ChatMessage,
    Conversation,
    Lead,
    LeadAlert,
    MessageTemplate,
)
from leads.speaking_views import SpeakingActions


class Alerts(ReadOnly[LeadAlert]):
    """What people were told of leads and of the broker, the newest first."""

    queryset = LeadAlert.objects.all()
    serializer_class = message_shapes.AlertSerializer
    filterset_class = AlertFilter
    search_fields = ["lead__name", "lead__phone"]
    ordering_fields = ["id", "created_at", "seen_at"]
    letters = {"seen": "r"}

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def seen(self, request: Request, pk: Any = None) -> Response:
        """Mark it as seen; the first who does stands."""
        alert = alerts.see(self.get_object(), by=self.caller, at=timezone.now())
        return Response(self.get_serializer(alert).data)


class Conversations(SpeakingActions, ReadOnly[Conversation]):
    """Who holds the microphone of each conversation: who waits first, the unread, the latest."""

    queryset = Conversation.objects.select_related("lead__broker__brokerleadconfig")
    serializer_class = shapes.InboxSerializer
    filterset_class = ConversationFilter
    filter_backends = [DjangoFilterBackend, ConversationSearch, OrderingFilter]
    search_fields = ["lead__searchable"]
    ordering_fields = ["id", "last_inbound_at", "waiting_since"]
    letters = dict.fromkeys(("read", "takeover", "release", "reply", "resend"), "r")

    def get_queryset(self) -> Any:
        latest = ChatMessage.objects.filter(lead=OuterRef("lead")).order_by("-id")
        last = {
            f"last_message{suffix}": Subquery(latest.values(column)[:1])
            for suffix, column in shapes.LAST_MESSAGE.items()
        }
        found = super().get_queryset().filter(lead__merged_into=None).annotate(**last)
        return reading.with_unread(found).order_by(*reading.URGENCY)

    def spoken_to(self) -> Lead:
        lead: Lead = self.get_object().lead
        return lead

    @extend_schema(responses=shapes.CountsSerializer)
    @action(detail=False, filterset_class=None, search_fields=[], ordering_fields=[])
    def counts(self, request: Request) -> Response:
        """How many there are of each kind that the list filters by: for badges."""
        found = reading.counts(self.get_queryset().order_by(), by=self.caller)
        return Response(shapes.CountsSerializer(found).data)

    @extend_schema(request=message_shapes.ReadSerializer, responses=shapes.InboxSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: Any = None) -> Response:
        """Only who looks after the lead reads for the team; another's look changes nothing."""
        conversation, given = self.get_object(), self.checked(message_shapes.ReadSerializer)
        reading.mark(conversation, up_to=given["up_to"], by=self.caller)
        return Response(self.get_serializer(self.get_object()).data)


class Templates(Removable[MessageTemplate]):
    """Texts with variables; agents read them, admins keep them."""

    queryset = MessageTemplate.objects.all()
    serializer_class = message_shapes.TemplateSerializer
    filterset_class = TemplateFilter
    search_fields = ["name", "content"]
    ordering_fields = ["id", "name", "created_at", "updated_at"]
    letters = {"sync": "u", "submit": "u"}
    asks_vendors = frozenset({"sync", "submit"})

    @extend_schema(request=None, responses=message_shapes.SyncedSerializer, parameters=OF_BROKER)
    @action(detail=False, methods=["post"])
    def sync(self, request: Request) -> Response:
        """Bring the templates in step with Meta's list."""
        synced = approval.sync(broker_of(request).pk, at=timezone.now())
        return Response(message_shapes.SyncedSerializer(synced).data)

    @extend_schema(request=None, responses=message_shapes.TemplateSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: Any = None) -> Response:
        """Hand the template in to Meta for approval."""
        template = self.get_object()
        approval.submit(template, at=timezone.now())
        template.refresh_from_db()
        return Response(self.get_serializer(template).data)


class Attachments(ReadOnly[Attachment]):
    """Files of messages."""

    queryset = Attachment.objects.all()
    serializer_class = message_shapes.AttachmentSerializer
    filterset_class = AttachmentFilter
    ordering_fields = ["id", "created_at"]
    letters = {"retry": "r"}

    def about_lead(self, answer: Any) -> int | None:
        return Attachment.objects.values_list("message__lead", flat=True).get(pk=answer["id"])

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, filterset_class=None, ordering_fields=[])
    def content(self, request: Request, pk: Any = None) -> FileResponse:
        """The bytes, with the type that they were found to be."""
        return serving.response(self.get_object())

    @extend_schema(request=None, responses=message_shapes.AttachmentSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: Any = None) -> Response:
        """Fetch a file again that could not be had."""
        attachment = self.get_object()
        attachments.retry(attachment, at=timezone.now())
        attachment.refresh_from_db()
        return Response(self.get_serializer(attachment).data)
