"""Appointments, availability and free slots under /api/v1/."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from brokers.models import Broker
from crm.api.permissions import AdminsOnly
from crm.api.serializers import OF_BROKER, broker_of
from crm.api.views import ReadOnly, Removable, TenantViewSet
from crm.tasks import enqueue
from crm.tenancy import Role
from scheduling import availability, booking, reminders, sync
from scheduling import serializers as shapes
from scheduling.errors import OfTheCalendar
from scheduling.filters import AppointmentFilter, BlockFilter, CalendarEventFilter, WindowFilter
from scheduling.models import (
    Appointment,
    AppointmentBlock,
    AppointmentType,
    AvailabilitySlot,
    CalendarConnection,
    CalendarEvent,
)
from scheduling.tasks import push_event

DAY = timedelta(days=1)
Verb = Callable[..., Appointment]


class Appointments(mixins.UpdateModelMixin, ReadOnly[Appointment]):
    """Appointments. Creating one books it; only notes are edited by hand."""

    queryset = Appointment.objects.all()
    serializer_class = shapes.AppointmentSerializer
    filterset_class = AppointmentFilter
    search_fields = ["lead__name", "lead__phone", "location"]
    ordering_fields = ["id", "start_time", "created_at"]
    http_method_names = ["get", "post", "patch", "head", "options"]

    @extend_schema(request=shapes.BookingSerializer, responses={201: shapes.AppointmentSerializer})
    def create(self, request: Request) -> Response:
        given = self.checked(shapes.BookingSerializer)
        if self.caller.role == Role.AGENT:
            given["agent"] = self.caller
        appointment = booking.book(
            given["lead"],
            start=given["start_time"],
            agent=given.get("agent"),
            appointment_type=given["appointment_type"],
            duration=given.get("duration_minutes"),
            location=given["location"],
            by=self.caller,
            at=timezone.now(),
        )
        return self.answer(appointment, status.HTTP_201_CREATED)

    def answer(self, appointment: Appointment, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(appointment).data, status=code)

    def _through(
        self, verb: Verb, kind: type[Serializer[Any]] | None = None, **named: str
    ) -> Response:
        """One verb of ``booking``, with what ``kind`` reads under the names that the verb takes."""
        appointment = self.get_object()
        given = self.checked(kind) if kind else {}
        words = {named.get(name, name): value for name, value in given.items()}
        return self.answer(verb(appointment, by=self.caller, at=timezone.now(), **words))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: Any = None) -> Response:
        return self._through(booking.confirm)

    @extend_schema(request=shapes.CancelSerializer, responses=shapes.AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: Any = None) -> Response:
        return self._through(booking.cancel, shapes.CancelSerializer)

    @extend_schema(request=shapes.RescheduleSerializer, responses=shapes.AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def reschedule(self, request: Request, pk: Any = None) -> Response:
        return self._through(booking.reschedule, shapes.RescheduleSerializer, start_time="start")

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: Any = None) -> Response:
        return self._through(booking.complete)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="no-show", url_name="no-show")
    def no_show(self, request: Request, pk: Any = None) -> Response:
        return self._through(booking.mark_no_show)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def remind(self, request: Request, pk: Any = None) -> Response:
        """Send the reminder as the caller's own message: for when the assistant may not speak."""
        appointment = self.get_object()
        reminders.send_by_person(appointment, by=self.caller, at=timezone.now())
        return self.answer(appointment)

    @extend_schema(request=shapes.ReassignSerializer, responses=shapes.AppointmentSerializer)
    @action(detail=True, methods=["post"], permission_classes=[AdminsOnly])
    def reassign(self, request: Request, pk: Any = None) -> Response:
        return self._through(booking.reassign, shapes.ReassignSerializer, agent="to")


class Windows(Removable[AvailabilitySlot]):
    """Weekly windows, in wall-clock time of the broker's zone; agents keep their own."""

    queryset = AvailabilitySlot.objects.all()
    serializer_class = shapes.WindowSerializer
    filterset_class = WindowFilter
    ordering_fields = ["id", "weekday", "start_time"]


class Blocks(Removable[AppointmentBlock]):
    """Time in which nothing is offered; agents keep their own.

    What came from a Google calendar changes there only: 409 ``block_of_calendar``.
    """

    queryset = AppointmentBlock.objects.all()
    serializer_class = shapes.BlockSerializer
    filterset_class = BlockFilter
    search_fields = ["reason"]
    ordering_fields = ["id", "start_time", "end_time"]

    def perform_update(self, serializer: Any) -> None:
        _require_by_person(serializer.instance)
        super().perform_update(serializer)

    def perform_destroy(self, block: AppointmentBlock) -> None:
        _require_by_person(block)
        super().perform_destroy(block)


def _require_by_person(block: AppointmentBlock) -> None:
    if not block.is_by_person:
        raise OfTheCalendar


class Calendars(ReadOnly[CalendarConnection]):
    """Agents' calendars: the feed to subscribe to, and whether Google is joined."""

    queryset = CalendarConnection.objects.all()
    serializer_class = shapes.CalendarSerializer
    ordering_fields = ["id"]
    letters = {"mine": "r", "renew": "r", "disconnect": "d"}

    @extend_schema(request=None)
    @action(detail=False, methods=["post"])
    def mine(self, request: Request) -> Response:
        """The caller's own, made when first asked for."""
        return self.answer(sync.connection_of(self.caller))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="renew-feed")
    def renew(self, request: Request, pk: Any = None) -> Response:
        """Another address for the feed; the old one ends."""
        connection = self.get_object()
        sync.renew_feed(connection)
        return self.answer(connection)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def disconnect(self, request: Request, pk: Any = None) -> Response:
        connection = self.get_object()
        sync.disconnect(connection, at=timezone.now())
        return self.answer(connection)

    def answer(self, connection: CalendarConnection) -> Response:
        return Response(self.get_serializer(connection).data)


class CalendarEvents(ReadOnly[CalendarEvent]):
    """What should stand in agents' calendars, and whether it does."""

    queryset = CalendarEvent.objects.all()
    serializer_class = shapes.CalendarEventSerializer
    filterset_class = CalendarEventFilter
    ordering_fields = ["id", "due_at"]
    letters = {"retry": "r"}

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: Any = None) -> Response:
        """Push once more what gave up."""
        row = self.get_object()
        sync.retry(row, at=timezone.now())
        enqueue(push_event, row.pk)
        row.refresh_from_db()
        return Response(self.get_serializer(row).data)


ID = {"type": "integer", "format": "int64", "minimum": 1}
DAY_OR_MOMENT = {
    "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]
}
SLOTS_ASKED = [
    *OF_BROKER,
    OpenApiParameter("agent", ID, description="Only times of this agent."),
    OpenApiParameter("from", DAY_OR_MOMENT, description="Default now."),
    OpenApiParameter("to", DAY_OR_MOMENT, description="A day is included, a moment excluded."),
    OpenApiParameter(
        "duration",
        {"type": "integer", "minimum": 5, "maximum": 24 * 60},
        description="Minutes; default as the broker set.",
    ),
    OpenApiParameter(
        "type",
        str,
        enum=AppointmentType.values,
        description="appointment_type; default property_visit.",
    ),
]


class Slots(TenantViewSet[AvailabilitySlot]):
    """Times that can be booked, each with the agents free then; an agent is shown their own."""

    queryset = AvailabilitySlot.objects.all()
    serializer_class = shapes.SlotListSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        parameters=SLOTS_ASKED, responses=forced_singular_serializer(shapes.SlotListSerializer)
    )
    def list(self, request: Request) -> Response:
        broker, at = broker_of(request), timezone.now()
        given = self.asked(shapes.SlotsAskedSerializer)
        agent = given.get("agent")
        if self.caller.role == Role.AGENT:
            agent = self.caller
        start, end = asked_range(broker, given.get("from"), given.get("to"), at)
        slots = availability.free_slots(
            broker,
            start=start,
            end=end,
            at=at,
            duration=given.get("duration"),
            appointment_type=given["type"],
            agent=agent,
        )
        page = {"count": len(slots), "next": None, "previous": None, "results": slots}
        return Response(self.get_serializer(page).data)


def asked_range(
    broker: Broker, first: date | datetime | None, last: date | datetime | None, at: datetime
) -> tuple[datetime, datetime]:
    """The range asked for; without an end, as far ahead as the broker offers."""
    start = at if first is None else _moment(broker, first, end=False)
    if last is None:
        return start, start + availability.meeting(broker).horizon
    return start, _moment(broker, last, end=True)


def _moment(broker: Broker, given: date | datetime, *, end: bool) -> datetime:
    if isinstance(given, datetime):
        return given
    return availability.span_of_days(broker, given, given)[1 if end else 0]
