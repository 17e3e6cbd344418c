"""The diary, and the calendars of others that follow it."""

from scheduling.models.calendar import CalendarConnection, CalendarEvent
from scheduling.models.diary import (
    ACTIVE,
    REQUESTED,
    AgentRange,
    Appointment,
    AppointmentBlock,
    AppointmentStatus,
    AppointmentType,
    AvailabilitySlot,
    SlotOffer,
    TimeRange,
    parse_rrule,
    validate_rrule,
    visit_token,
)

__all__ = [
    "ACTIVE",
    "REQUESTED",
    "AgentRange",
    "Appointment",
    "AppointmentBlock",
    "AppointmentStatus",
    "AppointmentType",
    "AvailabilitySlot",
    "CalendarConnection",
    "CalendarEvent",
    "SlotOffer",
    "TimeRange",
    "parse_rrule",
    "validate_rrule",
    "visit_token",
]
