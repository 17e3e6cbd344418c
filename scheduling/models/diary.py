"""Appointments, when agents are available, what blocks them, and the slots held for a lead."""

import re
import secrets
from datetime import datetime
from typing import ClassVar, cast

from dateutil.rrule import rrule, rrulestr
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, one_of, within
from crm.tenancy import own
from knowledge.models import KnowledgeEntry
from leads.models import Lead, LeadOwned
from leads.stages import Stage

REQUESTED = 300  # characters of the words with which a lead asked to see a property


class AppointmentType(models.TextChoices):
    PROPERTY_VISIT = "property_visit", _("visita a propiedad")
    VIRTUAL_MEETING = "virtual_meeting", _("reunión virtual")
    PHONE_CALL = "phone_call", _("llamada telefónica")
    OFFICE_MEETING = "office_meeting", _("reunión en oficina")
    OTHER = "other", _("otra")


class AppointmentStatus(models.TextChoices):
    SCHEDULED = "scheduled", _("agendada")
    CONFIRMED = "confirmed", _("confirmada")
    CANCELLED = "cancelled", _("cancelada")
    COMPLETED = "completed", _("realizada")
    NO_SHOW = "no_show", _("no asistió")


ACTIVE = (AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED)


def visit_token() -> str:
    return secrets.token_urlsafe(24)


class TimeRange(Func):
    """tstzrange(start, end): half-open, so that one visit may begin when another ends."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class AgentRange(Func):
    """int8range(agent, agent, '[]'): equality that GiST can index without btree_gist."""

    function = "int8range"
    template = "%(function)s(%(expressions)s)"


class Appointment(LeadOwned):
    """A visit or meeting of a lead with an agent; of a property, which and with what words it was
    asked for."""

    agent_can: ClassVar[str] = "cru"
    admin_can: ClassVar[str] = "cru"
    agent_sees = staticmethod(own("agent"))

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="appointments", verbose_name=_("lead")
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name=_("agente"),
    )
    appointment_type = models.CharField(
        _("tipo"),
        max_length=20,
        choices=AppointmentType.choices,
        default=AppointmentType.PROPERTY_VISIT,
    )
    status = models.CharField(
        _("estado"),
        max_length=20,
        choices=AppointmentStatus.choices,
        default=AppointmentStatus.SCHEDULED,
    )
    start_time = models.DateTimeField(_("inicio"))
    end_time = models.DateTimeField(_("término"))
    duration_minutes = models.PositiveIntegerField(_("duración (minutos)"), default=60)
    location = models.CharField(_("lugar"), max_length=500, blank=True)
    meet_url = models.URLField(_("enlace de Meet"), max_length=500, blank=True)
    google_event_id = models.CharField(_("evento de Google"), max_length=255, blank=True)
    reminder_sent_24h = models.BooleanField(_("recordatorio de 24 h"), default=False)
    reminder_sent_1h = models.BooleanField(_("recordatorio de 1 h"), default=False)
    cancelled_at = models.DateTimeField(_("cancelada el"), null=True, blank=True)
    cancellation_reason = models.TextField(_("motivo de cancelación"), blank=True)
    listing = models.ForeignKey(
        KnowledgeEntry,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="visits",
        verbose_name=_("propiedad"),
    )
    requested = models.CharField(
        _("lo que pidió"), max_length=REQUESTED, blank=True, editable=False
    )
    notes = models.TextField(_("notas"), blank=True)
    stage_before = models.CharField(max_length=50, choices=Stage.choices, editable=False)
    agreed_at = models.DateTimeField(_("hora acordada el"), default=timezone.now, editable=False)
    ics_sequence = models.PositiveIntegerField(default=0, editable=False)
    token = models.CharField(max_length=64, unique=True, default=visit_token, editable=False)

    class Meta:
        db_table = "appointments"
        verbose_name = _("cita")
        verbose_name_plural = _("citas")
        ordering = ["-start_time", "-id"]
        constraints = [
            one_of("appointment_type", AppointmentType, "appointments"),
            one_of("status", AppointmentStatus, "appointments"),
            one_of("stage_before", Stage, "appointments"),
            within("duration_minutes", 5, 24 * 60, "appointments"),
            models.CheckConstraint(
                condition=Q(end_time__gt=F("start_time")), name="appointments_end_after_start"
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled", cancelled_at__isnull=False)
                | (~Q(status="cancelled") & Q(cancelled_at__isnull=True)),
                name="appointments_cancelled_at",
            ),
            ExclusionConstraint(
                name="appointments_no_overlap",
                expressions=[
                    (AgentRange(F("agent"), F("agent"), Value("[]")), RangeOperators.OVERLAPS),
                    (TimeRange(F("start_time"), F("end_time")), RangeOperators.OVERLAPS),
                ],
                condition=Q(agent__isnull=False, status__in=["scheduled", "confirmed"]),
                violation_error_message=_("El agente ya tiene una cita a esa hora."),
            ),
            models.UniqueConstraint(
                fields=["lead", "appointment_type"],
                condition=Q(status__in=["scheduled", "confirmed"]),
                name="appointments_one_active_per_type",
            ),
        ]
        indexes = [
            models.Index(fields=["broker", "start_time"], name="appointments_broker_start"),
            models.Index(fields=["agent", "start_time"], name="appointments_agent_start"),
            models.Index(fields=["broker", "status", "start_time"], name="appointments_status"),
            models.Index(
                fields=["start_time"],
                condition=Q(status__in=["scheduled", "confirmed"]),
                name="appointments_active_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_appointment_type_display()} · {self.lead}"


class AvailabilitySlot(BrokerOwned):
    """A weekly window, in wall-clock time of the broker's zone, in which visits may start.

    A null agent means every agent of the broker.
    """

    admin_can: ClassVar[str] = "crud"
    agent_can: ClassVar[str] = "crud"
    agent_sees = staticmethod(own("agent"))

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("lunes")
        TUESDAY = 1, _("martes")
        WEDNESDAY = 2, _("miércoles")
        THURSDAY = 3, _("jueves")
        FRIDAY = 4, _("viernes")
        SATURDAY = 5, _("sábado")
        SUNDAY = 6, _("domingo")

    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="availability",
        verbose_name=_("agente"),
        help_text=_("Vacío: todos los agentes."),
    )
    weekday = models.PositiveSmallIntegerField(_("día"), choices=Weekday.choices)
    start_time = models.TimeField(_("desde"))
    end_time = models.TimeField(_("hasta"))
    valid_from = models.DateField(_("vigente desde"), null=True, blank=True)
    valid_until = models.DateField(_("vigente hasta"), null=True, blank=True)
    appointment_type = models.CharField(
        _("tipo"), max_length=20, choices=AppointmentType.choices, blank=True
    )
    step_minutes = models.PositiveSmallIntegerField(_("cada (minutos)"), default=60)
    capacity = models.PositiveSmallIntegerField(_("capacidad"), default=1, editable=False)

    class Meta:
        db_table = "availability_slots"
        verbose_name = _("horario de atención")
        verbose_name_plural = _("horarios de atención")
        ordering = ["weekday", "start_time", "id"]
        constraints = [
            within("weekday", 0, 6, "availability_slots"),
            within("step_minutes", 5, 480, "availability_slots"),
            within("capacity", 1, 1, "availability_slots"),
            models.CheckConstraint(
                condition=Q(appointment_type__in=["", *AppointmentType.values]),
                name="availability_slots_type_valid",
            ),
            models.CheckConstraint(
                condition=Q(end_time__gt=F("start_time")),
                name="availability_slots_end_after_start",
                violation_error_message=_("El horario debe terminar después de empezar."),
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_from__lte=F("valid_until")),
                name="availability_slots_validity_order",
                violation_error_message=_("La vigencia debe terminar después de empezar."),
            ),
        ]
        indexes = [models.Index(fields=["broker", "weekday"], name="availability_slots_broker")]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.start_time:%H:%M}–{self.end_time:%H:%M}"


# What a block's rule may say: whole days or more apart, at the hour of the block itself.
_RRULE = re.compile(r"(RRULE:)?FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[A-Z0-9,+-]+)*")
_RRULE_NEVER = re.compile(r"BYHOUR|BYMINUTE|BYSECOND|BYEASTER|INTERVAL=0+(;|$)|COUNT=0+(;|$)")
# Days of the month or year are for months and years: day by day, a rule that never comes true
# ("every 30 February") is looked for until the year 9999, which takes seconds.
_RRULE_ENDLESS = re.compile(
    r"(?:RRULE:)?FREQ=(?:DAILY|WEEKLY).*BY(?:MONTHDAY|YEARDAY|WEEKNO|SETPOS)"
)
_RRULE_UNTIL = re.compile(r"UNTIL=(\d{8})(?=;|$)")
_RRULE_LONGEST = 300


def parse_rrule(rule: str, start: datetime) -> rrule:
    """The rule in naive wall-clock time; an UNTIL without an hour includes its day."""
    until_whole_day = _RRULE_UNTIL.sub(r"UNTIL=\1T235959", rule)
    return cast(rrule, rrulestr(until_whole_day, dtstart=start, ignoretz=True))


def validate_rrule(rule: str) -> None:
    try:
        unusual = _RRULE_NEVER.search(rule) or _RRULE_ENDLESS.match(rule)
        understood = len(rule) <= _RRULE_LONGEST and _RRULE.fullmatch(rule) and not unusual
        happens = bool(understood and next(iter(parse_rrule(rule, datetime(2000, 1, 1))), None))
    except (ValueError, TypeError):
        happens = False
    if not happens:
        raise ValidationError(
            _("No es una regla de repetición válida; por ejemplo: FREQ=WEEKLY;BYDAY=MO.")
        )


class AppointmentBlock(BrokerOwned):
    """Time in which nothing is offered; may repeat. A null agent blocks every agent.

    Those of ``source`` google follow the agent's calendar under its event's id: people see them
    and change them there.
    """

    class Source(models.TextChoices):
        PERSON = "person", _("persona")
        GOOGLE = "google", "Google Calendar"

    admin_can: ClassVar[str] = "crud"
    agent_can: ClassVar[str] = "crud"
    agent_sees = staticmethod(own("agent"))

    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="blocks",
        verbose_name=_("agente"),
        help_text=_("Vacío: todos los agentes."),
    )
    start_time = models.DateTimeField(_("inicio"))
    end_time = models.DateTimeField(_("término"))
    rrule = models.CharField(
        _("repetición"),
        max_length=_RRULE_LONGEST,
        blank=True,
        validators=[validate_rrule],
        help_text=_("Por ejemplo FREQ=WEEKLY;BYDAY=MO"),
    )
    reason = models.CharField(_("motivo"), max_length=200, blank=True)
    source = models.CharField(
        _("origen"), max_length=20, choices=Source.choices, default=Source.PERSON, editable=False
    )
    external_id = models.CharField(max_length=1024, null=True, editable=False)

    class Meta:
        db_table = "appointment_blocks"
        verbose_name = _("bloqueo de agenda")
        verbose_name_plural = _("bloqueos de agenda")
        ordering = ["-start_time", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end_time__gt=F("start_time")),
                name="appointment_blocks_end_after_start",
                violation_error_message=_("El bloqueo debe terminar después de empezar."),
            ),
            models.CheckConstraint(
                condition=Q(source="person", external_id__isnull=True)
                | Q(source="google", external_id__isnull=False, agent__isnull=False),
                name="appointment_blocks_source",
            ),
            models.UniqueConstraint(
                fields=["agent", "external_id"], name="appointment_blocks_external_unique"
            ),
        ]
        indexes = [models.Index(fields=["broker", "end_time"], name="appointment_blocks_broker")]

    def __str__(self) -> str:
        return self.reason or str(_("Bloqueo"))

    @property
    def is_by_person(self) -> bool:
        return self.source == self.Source.PERSON


class SlotOffer(LeadOwned):
    """A slot that was offered to a lead, and held for them until ``hold_until``; the property and
    the words are those of the visit that comes of it."""

    agent_sees = staticmethod(own("agent"))

    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("agente"),
    )
    appointment_type = models.CharField(_("tipo"), max_length=20, choices=AppointmentType.choices)
    start_time = models.DateTimeField(_("inicio"))
    end_time = models.DateTimeField(_("término"))
    listing = models.ForeignKey(
        KnowledgeEntry,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("propiedad"),
    )
    requested = models.CharField(
        _("lo que pidió"), max_length=REQUESTED, blank=True, editable=False
    )
    hold_until = models.DateTimeField(_("reservada hasta"))
    taken = models.BooleanField(_("tomada"), default=False)

    class Meta:
        db_table = "slot_offers"
        verbose_name = _("hora ofrecida")
        verbose_name_plural = _("horas ofrecidas")
        ordering = ["-id"]
        constraints = [
            one_of("appointment_type", AppointmentType, "slot_offers"),
            models.CheckConstraint(
                condition=Q(end_time__gt=F("start_time")), name="slot_offers_end_after_start"
            ),
            models.UniqueConstraint(
                fields=["lead", "agent", "start_time", "appointment_type"],
                name="slot_offers_unique",
            ),
        ]
        indexes = [models.Index(fields=["broker", "hold_until"], name="slot_offers_hold")]

    def __str__(self) -> str:
        return f"{self.start_time:%d-%m-%Y %H:%M}"
