"""Campaigns, their steps, enrolments, logs and figures under /api/v1/."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import enrolment, forecasting, running, stats
from campaigns import serializers as shapes
from campaigns.enrolment import Outcome
from campaigns.errors import NotActive
from campaigns.filters import CampaignFilter
from campaigns.models import (
    Campaign,
    CampaignForecast,
    CampaignForecastLine,
    CampaignLog,
    CampaignStatus,
    CampaignStep,
)
from crm.api.serializers import does_not_exist
from crm.api.views import Removable
from leads.models import Lead

STEP = OpenApiParameter("step", OpenApiTypes.INT64, OpenApiParameter.PATH)
BARE: dict[str, Any] = {"filterset_class": None, "search_fields": [], "ordering_fields": []}


class Campaigns(Removable[Campaign]):
    """Campaigns, for admins. Their state changes by actions; one that ran is finished, not deleted."""

    queryset = Campaign.objects.all()
    serializer_class = shapes.CampaignSerializer
    filterset_class = CampaignFilter
    search_fields = ["name", "description"]
    ordering_fields = ["id", "name", "created_at", "updated_at"]
    letters = {"change_step": "u", "remove_step": "u"}

    def perform_update(self, serializer: Any) -> None:
        with transaction.atomic():
            super().perform_update(serializer)
            running.require_fit(serializer.instance.pk)

    def perform_destroy(self, instance: Campaign) -> None:
        running.delete(instance)

    def _through(self, verb: Callable[..., Campaign]) -> Response:
        campaign = verb(self.get_object(), at=timezone.now())
        return Response(self.get_serializer(campaign).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: Any = None) -> Response:
        return self._through(running.activate)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: Any = None) -> Response:
        return self._through(running.pause)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: Any = None) -> Response:
        return self._through(running.finish)

    @extend_schema(request=shapes.EnrolSerializer, responses=shapes.EnrolResultSerializer)
    @action(detail=True, methods=["post"])
    def enroll(self, request: Request, pk: Any = None) -> Response:
        campaign, given = self.get_object(), self.checked(shapes.EnrolSerializer)
        if campaign.status != CampaignStatus.ACTIVE:
            raise NotActive
        self._require_seen(campaign, given["leads"])
        outcomes = enrolment.enrol_all(
            campaign, given["leads"], at=timezone.now(), by=self.caller, again=given["again"]
        )
        enrolled = sum(outcome == Outcome.ENROLLED for outcome in outcomes.values())
        results = [{"lead": lead, "outcome": outcome} for lead, outcome in outcomes.items()]
        answer = shapes.EnrolResultSerializer({"enrolled": enrolled, "results": results})
        return Response(answer.data)

    def _require_seen(self, campaign: Campaign, ids: list[int]) -> None:
        leads = Lead.objects.visible_to(self.caller).filter(broker=campaign.broker_id, pk__in=ids)
        unknown = set(ids) - set(leads.values_list("pk", flat=True))
        if unknown:
            raise ValidationError({"leads": does_not_exist(min(unknown))})

    @extend_schema(responses=shapes.StatsSerializer)
    @action(detail=True, **BARE)
    def stats(self, request: Request, pk: Any = None) -> Response:
        return Response(shapes.StatsSerializer(stats.of(self.get_object())).data)

    @extend_schema(
        responses=shapes.LogSerializer(many=True),
        parameters=[shapes.LogQuerySerializer],
        operation_id="campaigns_logs_list",
    )
    @action(detail=True, **BARE)
    def logs(self, request: Request, pk: Any = None) -> Response:
        asked = self.asked(shapes.LogQuerySerializer)
        rows: Any = CampaignLog.objects.filter(campaign=self.get_object(), **asked)
        page: Any = self.paginate_queryset(rows.select_related("step", "lead"))
        return self.get_paginated_response(shapes.LogSerializer(page, many=True).data)

    @extend_schema(responses=shapes.ForecastSerializer)
    @action(detail=True, **BARE)
    def forecast(self, request: Request, pk: Any = None) -> Response:
        """The latest forecast, with its progress; 404 where none was asked for."""
        return Response(shapes.ForecastSerializer(self._forecast()).data)

    @extend_schema(request=None, responses={202: shapes.ForecastSerializer})
    @forecast.mapping.post
    def ask_forecast(self, request: Request, pk: Any = None) -> Response:
        """Work out what the campaign would do from now on; it sends nothing."""
        asked = forecasting.ask(self.get_object(), by=self.caller, at=timezone.now())
        return Response(shapes.ForecastSerializer(asked).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        responses=shapes.ForecastLineSerializer(many=True),
        parameters=[shapes.ForecastQuerySerializer],
        operation_id="campaigns_forecast_lines_list",
    )
    @action(detail=True, url_path="forecast/lines", url_name="forecast-lines", **BARE)
    def forecast_lines(self, request: Request, pk: Any = None) -> Response:
        """For each lead and step when it will run, or why not: the lists behind the totals."""
        asked = self.asked(shapes.ForecastQuerySerializer)
        if "conflicts" in asked:
            asked["conflict__isnull"] = not asked.pop("conflicts")
        rows: Any = CampaignForecastLine.objects.filter(forecast=self._forecast(), **asked)
        page: Any = self.paginate_queryset(rows.select_related("step", "lead"))
        shown = shapes.ForecastLineSerializer(page, many=True)
        return self.get_paginated_response(shown.data)

    def _forecast(self) -> CampaignForecast:
        found = forecasting.latest(self.get_object())
        if found is None:
            raise NotFound
        return found

    @extend_schema(responses=shapes.StepSerializer(many=True), operation_id="campaigns_steps_list")
    @action(detail=True, **BARE)
    def steps(self, request: Request, pk: Any = None) -> Response:
        rows: Any = self.get_object().steps.order_by("step_number")
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(shapes.StepSerializer(page, many=True).data)

    @extend_schema(
        request=shapes.StepSerializer,
        responses={201: shapes.StepSerializer},
        operation_id="campaigns_steps_create",
    )
    @steps.mapping.post
    def add_step(self, request: Request, pk: Any = None) -> Response:
        return self._save_step(self.get_object(), None, status.HTTP_201_CREATED)

    @extend_schema(
        responses=shapes.StepSerializer,
        parameters=[STEP],
        operation_id="campaigns_steps_retrieve",
    )
    @action(detail=True, url_path="steps/(?P<step>[0-9]+)", url_name="step", **BARE)
    def step(self, request: Request, pk: Any = None, step: str = "") -> Response:
        return Response(shapes.StepSerializer(self._step(step)).data)

    @extend_schema(
        request=shapes.StepSerializer(partial=True),
        responses=shapes.StepSerializer,
        parameters=[STEP],
        operation_id="campaigns_steps_update",
    )
    @step.mapping.patch
    def change_step(self, request: Request, pk: Any = None, step: str = "") -> Response:
        row = self._step(step)
        return self._save_step(row.campaign, row, status.HTTP_200_OK)

    @extend_schema(responses={204: None}, parameters=[STEP], operation_id="campaigns_steps_destroy")
    @step.mapping.delete
    def remove_step(self, request: Request, pk: Any = None, step: str = "") -> Response:
        running.delete_step(self._step(step))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _step(self, pk: str) -> CampaignStep:
        """A step of the campaign in the address, which the caller may see."""
        steps = CampaignStep.objects.select_related("campaign")
        known = int(pk) if len(pk) < 19 else 0
        return get_object_or_404(steps, campaign=self.get_object(), pk=known)

    def _save_step(self, campaign: Campaign, row: CampaignStep | None, code: int) -> Response:
        context = {**self.get_serializer_context(), "campaign": campaign}
        given = shapes.StepSerializer(
            row, data=self.request.data, partial=row is not None, context=context
        )
        given.is_valid(raise_exception=True)
        with transaction.atomic():
            given.save()
            running.require_fit(campaign.pk)
        return Response(given.data, status=code)
