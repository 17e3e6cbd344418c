"""Appointments, availability and free slots as the API shows them."""

from datetime import date, datetime
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from brokers.models import User
from crm.api.serializers import YEARS, MomentField, TenantRelatedField, TenantSerializer
from crm.tenancy import Role
from leads.models import Lead
from scheduling import feeds
from scheduling.calendars import google
from scheduling.calendars.wording import visit_link
from scheduling.models import (
    Appointment,
    AppointmentBlock,
    AppointmentType,
    AvailabilitySlot,
    CalendarConnection,
    CalendarEvent,
)

PEOPLE = User.objects.exclude(role=Role.SUPERADMIN)
MINUTES: dict[str, Any] = {"min_value": 5, "max_value": 24 * 60}


class AppointmentSerializer(TenantSerializer[Appointment]):
    """``visit_url`` is the lead's own page, to confirm, change or cancel."""

    visit_url = serializers.SerializerMethodField()

    class Meta:
        model = Appointment
        fields = [
            "id",
            "broker",
            "lead",
            "agent",
            "appointment_type",
            "status",
            "start_time",
            "end_time",
            "duration_minutes",
            "location",
            "meet_url",
            "visit_url",
            "google_event_id",
            "reminder_sent_24h",
            "reminder_sent_1h",
            "cancelled_at",
            "cancellation_reason",
            "listing",
            "requested",
            "notes",
            "created_at",
            "updated_at",
        ]
        read_only_fields = [name for name in fields if name not in ("notes", "visit_url")]

    def get_visit_url(self, appointment: Appointment) -> str:
        return visit_link(appointment)


class CalendarSerializer(TenantSerializer[CalendarConnection]):
    """Where the agent's feed is; the address is a secret that only its owner reads."""

    feed_url = serializers.SerializerMethodField()
    connect_url = serializers.SerializerMethodField()

    class Meta:
        model = CalendarConnection
        fields = [
            "id",
            "broker",
            "user",
            "provider",
            "calendar_id",
            "state",
            "feed_url",
            "connect_url",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def _is_own(self, connection: CalendarConnection) -> bool:
        return bool(self.context["request"].user.pk == connection.user_id)

    def get_feed_url(self, connection: CalendarConnection) -> str | None:
        return feeds.address(connection) if self._is_own(connection) else None

    def get_connect_url(self, connection: CalendarConnection) -> str | None:
        """Where a signed-in browser starts Google's consent; null where that is not set up."""
        return google.start_url() if google.is_configured() else None


class CalendarEventSerializer(TenantSerializer[CalendarEvent]):
    class Meta:
        model = CalendarEvent
        fields = [
            "id",
            "broker",
            "appointment",
            "connection",
            "event_id",
            "action",
            "state",
            "reason",
            "attempts",
            "due_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class BookingSerializer(serializers.Serializer[Any]):
    """Without an agent, whose visit it is among those free then."""

    lead = TenantRelatedField(queryset=Lead.objects.living())
    start_time = MomentField()
    agent = TenantRelatedField(queryset=PEOPLE, required=False, allow_null=True)
    appointment_type = serializers.ChoiceField(
        choices=AppointmentType.choices, default=AppointmentType.PROPERTY_VISIT
    )
    duration_minutes = serializers.IntegerField(required=False, **MINUTES)
    location = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class RescheduleSerializer(serializers.Serializer[Any]):
    start_time = MomentField()


class CancelSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class ReassignSerializer(serializers.Serializer[Any]):
    agent = TenantRelatedField(queryset=PEOPLE)


class OfAgentSerializer(TenantSerializer[Any]):
    """Availability of one agent, or of all with ``null``, which only admins may say."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        caller = self.context["request"].user
        if caller.role == Role.AGENT:
            if self.instance is None:
                attrs.setdefault("agent", caller)
            if attrs.get("agent", caller) is None:
                detail = _("Solo un administrador define horarios para todos.")
                raise serializers.ValidationError({"agent": detail})
        return super().validate(attrs)


class WindowSerializer(OfAgentSerializer):
    class Meta:
        model = AvailabilitySlot
        fields = [
            "id",
            "broker",
            "agent",
            "weekday",
            "start_time",
            "end_time",
            "valid_from",
            "valid_until",
            "appointment_type",
            "step_minutes",
            "capacity",
            "created_at",
            "updated_at",
        ]


class BlockSerializer(OfAgentSerializer):
    """Those of ``source`` google follow the agent's calendar and are read here only."""

    class Meta:
        model = AppointmentBlock
        fields = [
            "id",
            "broker",
            "agent",
            "start_time",
            "end_time",
            "rrule",
            "reason",
            "source",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["source"]


@extend_schema_field(OpenApiTypes.STR)
class DayOrMoment(serializers.Field[Any, Any, Any, Any]):
    """A day of the broker's zone (``2026-11-24``), or a moment with its offset."""

    def to_internal_value(self, data: Any) -> date | datetime:
        text = str(data)
        try:
            read = parse_date(text) or parse_datetime(text.replace(" ", "+"))
        except ValueError:
            read = None
        if read is None or not _is_usable(read):
            far = read is not None and read.year not in YEARS
            raise serializers.ValidationError(
                _("Usa una fecha AAAA-MM-DD o un momento ISO 8601 con zona."),
                code="out_of_range" if far else "invalid",
            )
        return read


def _is_usable(given: date | datetime) -> bool:
    has_zone = not isinstance(given, datetime) or not is_naive(given)
    return has_zone and given.year in YEARS


class SlotsAskedSerializer(serializers.Serializer[Any]):
    """``from`` and ``to`` are words of Python, so the view adds them by name."""

    agent = TenantRelatedField(queryset=PEOPLE, required=False)
    duration = serializers.IntegerField(required=False, **MINUTES)
    type = serializers.ChoiceField(
        choices=AppointmentType.choices, default=AppointmentType.PROPERTY_VISIT
    )

    def get_fields(self) -> Any:
        fields = super().get_fields()
        for name in ("from", "to"):
            fields[name] = DayOrMoment(required=False)
        return fields


class SlotSerializer(serializers.Serializer[Any]):
    start_time = serializers.DateTimeField(source="start")
    end_time = serializers.DateTimeField(source="end")
    agents = serializers.ListField(child=serializers.IntegerField())


class SlotListSerializer(serializers.Serializer[Any]):
    """One page, whatever its length: the range is bounded."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = SlotSerializer(many=True)
