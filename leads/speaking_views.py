"""Writing to a lead and holding the microphone under /api/v1/, by lead or by conversation."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.idempotency import key_of
from crm.api.parsers import JSONParser
from crm.api.views import TenantViewSet
from leads import gate, handoff, outbox, placeholders
from leads import message_serializers as message_shapes
from leads import serializers as shapes
from leads.models import ChatMessage, Lead
from leads.outbox import Upload

UNFILTERED: dict[str, Any] = {"filterset_class": None, "search_fields": [], "ordering_fields": []}

if TYPE_CHECKING:
    Shown = TenantViewSet[Any]
else:
    Shown = object


class SpeakingActions(Shown):
    """What a person does in a conversation; the view says by ``spoken_to`` with whom."""

    def spoken_to(self) -> Lead:
        raise NotImplementedError

    @extend_schema(request=None, responses=shapes.ConversationSerializer)
    @action(detail=True, methods=["post"])
    def takeover(self, request: Request, pk: Any = None) -> Response:
        conversation = handoff.take(self.spoken_to(), by=self.caller, at=timezone.now())
        return Response(shapes.ConversationSerializer(conversation).data)

    @extend_schema(request=None, responses=shapes.ConversationSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: Any = None) -> Response:
        conversation = handoff.give_back(self.spoken_to(), by=self.caller, at=timezone.now())
        return Response(shapes.ConversationSerializer(conversation).data)

    @extend_schema(
        responses=message_shapes.MessageSerializer(many=True),
        parameters=[message_shapes.ThreadQuerySerializer],
    )
    @action(detail=True, parser_classes=[JSONParser, MultiPartParser], **UNFILTERED)
    def messages(self, request: Request, pk: Any = None) -> Response:
        """The thread, the newest first; ``before`` an id it goes on where a page ended."""
        asked = self.asked(message_shapes.ThreadQuerySerializer)
        lookups = message_shapes.ThreadQuerySerializer.LOOKUPS
        conditions = {lookups[name]: value for name, value in asked.items()}
        thread = ChatMessage.objects.filter(lead=self.spoken_to(), **conditions)
        page: Any = self.paginate_queryset(thread.prefetch_related("files"))
        return self.get_paginated_response(message_shapes.MessageSerializer(page, many=True).data)

    @extend_schema(
        request={
            "application/json": message_shapes.WrittenSerializer,
            "multipart/form-data": message_shapes.ReplySerializer,
        },
        responses={201: message_shapes.MessageSerializer},
    )
    @messages.mapping.post
    def reply(self, request: Request, pk: Any = None) -> Response:
        lead, given = self.spoken_to(), self.checked(message_shapes.ReplySerializer)
        message = outbox.send_by_person(
            lead,
            by=self.caller,
            text=given["text"],
            template=given.get("template"),
            values=given["variables"],
            upload=_upload(given.get("file")),
            at=timezone.now(),
            idempotency_key=key_of(request) or given["client_id"] or None,
        )
        return Response(
            message_shapes.MessageSerializer(message).data, status=status.HTTP_201_CREATED
        )

    @extend_schema(
        request=None,
        responses={201: message_shapes.MessageSerializer},
        parameters=[OpenApiParameter("message", int, OpenApiParameter.PATH)],
    )
    @action(detail=True, methods=["post"], url_path=r"messages/(?P<message>[0-9]+)/resend")
    def resend(self, request: Request, pk: Any = None, message: str = "") -> Response:
        """Send once more what failed or was blocked; who asks again gets the same message."""
        failed = get_object_or_404(self.spoken_to().messages, pk=int(message))
        sent = outbox.resend(failed, by=self.caller, at=timezone.now())
        return Response(message_shapes.MessageSerializer(sent).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=message_shapes.PickerSerializer)
    @action(detail=True, **UNFILTERED)
    def templates(self, request: Request, pk: Any = None) -> Response:
        """What may be written to the lead where WhatsApp takes approved templates only."""
        lead = self.spoken_to()
        needed = hasattr(lead, "conversation") and gate.needs_template(lead, timezone.now())
        offers = placeholders.offers(lead)
        return Response(
            message_shapes.PickerSerializer({"needed": needed, "templates": offers}).data
        )


def _upload(file: Any) -> Upload | None:
    if file is None:
        return None
    # One byte past the limit is read, and tells that there are more.
    return Upload(file.name, file.read(settings.ATTACHMENT_MAX_BYTES + 1))
