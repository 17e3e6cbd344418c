"""What lists of appointments, windows, blocks and calendar events are filtered by."""

from crm.api.filters import FilterSet, IdFilter, MomentFilter
from scheduling.models import Appointment, AppointmentBlock, AvailabilitySlot, CalendarEvent


class AppointmentFilter(FilterSet):
    agent = IdFilter()
    lead = IdFilter()
    start_from = MomentFilter(field_name="start_time", lookup_expr="gte")
    start_until = MomentFilter(field_name="start_time", lookup_expr="lt")

    class Meta:
        model = Appointment
        fields = ["status", "appointment_type"]


class WindowFilter(FilterSet):
    agent = IdFilter()

    class Meta:
        model = AvailabilitySlot
        fields = ["weekday", "appointment_type"]


class BlockFilter(FilterSet):
    agent = IdFilter()
    ends_from = MomentFilter(field_name="end_time", lookup_expr="gte")

    class Meta:
        model = AppointmentBlock
        fields = ["source"]


class CalendarEventFilter(FilterSet):
    appointment = IdFilter()
    connection = IdFilter()

    class Meta:
        model = CalendarEvent
        fields = ["state", "action"]
