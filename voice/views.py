"""Calls under /api/v1/: listed, read, placed, cancelled, and what was said in them."""

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.views import ReadOnly
from voice import calls
from voice import serializers as shapes
from voice.filters import CallFilter
from voice.models import VoiceCall


class Calls(ReadOnly[VoiceCall]):
    """The assistant's calls. Creating one places it, if the lead may be called now."""

    queryset = VoiceCall.objects.all()
    serializer_class = shapes.VoiceCallSerializer
    filterset_class = CallFilter
    search_fields = ["lead__name", "lead__phone", "phone", "summary"]
    ordering_fields = ["id", "started_at", "duration", "score_delta", "created_at"]
    letters = {"cancel": "c", "hang_up": "c"}
    asks_vendors = frozenset({"hang_up"})

    @extend_schema(request=shapes.PlaceSerializer, responses={201: shapes.VoiceCallSerializer})
    def create(self, request: Request) -> Response:
        given = self.checked(shapes.PlaceSerializer)
        key = given.get("intent_key") or uuid.uuid4().hex
        call = calls.place(
            given["lead"],
            purpose=given["call_purpose"],
            intent_key=f"api:{self.caller.pk}:{key}",
            by=self.caller,
            at=timezone.now(),
        )
        return Response(self.get_serializer(call).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: Any = None) -> Response:
        """Withdraw a call that has not been dialled, or its planned retry."""
        call = calls.cancel(self.get_object(), by=self.caller, at=timezone.now())
        return Response(self.get_serializer(call).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="hang-up")
    def hang_up(self, request: Request, pk: Any = None) -> Response:
        """Have the provider end a call under way; its report then tells how it went."""
        call = self.get_object()
        calls.hang_up(call, by=self.caller, at=timezone.now())
        return Response(self.get_serializer(call).data)

    @extend_schema(responses=shapes.CallLineSerializer(many=True))
    @action(detail=True, filterset_class=None, search_fields=(), ordering_fields=())
    def transcript(self, request: Request, pk: Any = None) -> Response:
        """What was said, line by line."""
        lines: Any = self.get_object().lines.order_by("position")
        page: Any = self.paginate_queryset(lines)
        return self.get_paginated_response(shapes.CallLineSerializer(page, many=True).data)
