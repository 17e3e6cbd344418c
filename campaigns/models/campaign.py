"""Campaigns: who is approached, by which steps, and what became of each."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns import conditions
from crm.models import BrokerOwned, one_of, within
from crm.tenancy import of_their_leads
from leads.models import ChatMessage, Lead, LeadOwned, MessageTemplate
from leads.stages import Stage


class CampaignChannel(models.TextChoices):
    TELEGRAM = "telegram", "Telegram"
    CALL = "call", _("Llamada")
    WHATSAPP = "whatsapp", "WhatsApp"
    EMAIL = "email", _("Correo")


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", _("borrador")
    ACTIVE = "active", _("activa")
    PAUSED = "paused", _("en pausa")
    FINISHED = "finished", _("terminada")


class Trigger(models.TextChoices):
    MANUAL = "manual", _("manual")
    LEAD_SCORE = "lead_score", _("puntaje del lead")
    STAGE_CHANGE = "stage_change", _("cambio de etapa")
    INACTIVITY = "inactivity", _("inactividad")


class StepAction(models.TextChoices):
    SEND_MESSAGE = "send_message", _("enviar mensaje")
    MAKE_CALL = "make_call", _("llamar")
    SCHEDULE_MEETING = "schedule_meeting", _("ofrecer reunión")
    UPDATE_STAGE = "update_stage", _("cambiar etapa")


class EnrollmentState(models.TextChoices):
    ACTIVE = "active", _("activa")
    FINISHED = "finished", _("terminada")
    STOPPED = "stopped", _("detenida")


class LogStatus(models.TextChoices):
    DUE = "due", _("por ejecutar")
    CLAIMED = "claimed", _("en ejecución")
    SENT = "sent", _("realizado")
    FAILED = "failed", _("fallido")
    SKIPPED = "skipped", _("omitido")


class Campaign(BrokerOwned):
    """A sequence of steps that follows up leads by itself."""

    admin_can: ClassVar[str] = "crud"

    name = models.CharField(_("nombre"), max_length=200)
    description = models.TextField(_("descripción"), blank=True)
    channel = models.CharField(_("canal"), max_length=20, choices=CampaignChannel.choices)
    status = models.CharField(
        _("estado"),
        max_length=20,
        choices=CampaignStatus.choices,
        default=CampaignStatus.DRAFT,
        editable=False,
    )
    triggered_by = models.CharField(
        _("se activa por"), max_length=20, choices=Trigger.choices, default=Trigger.MANUAL
    )
    trigger_condition = models.JSONField(
        _("condición"),
        default=dict,
        blank=True,
        help_text=_(
            'Por puntaje {"score": 60}; por etapa {"stage": "seguimiento"}; por inactividad {"days": 3}.'
        ),
    )
    max_contacts = models.PositiveIntegerField(
        _("máximo de contactos"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    contacts_made = models.PositiveIntegerField(_("contactados"), default=0, editable=False)
    stop_on_reply = models.BooleanField(_("se detiene si responde"), default=True)
    activated_at = models.DateTimeField(_("activada"), null=True, blank=True, editable=False)

    class Meta:
        db_table = "campaigns"
        verbose_name = _("campaña")
        verbose_name_plural = _("campañas")
        ordering = ["-id"]
        constraints = [
            one_of("channel", CampaignChannel, "campaigns"),
            one_of("status", CampaignStatus, "campaigns"),
            one_of("triggered_by", Trigger, "campaigns"),
            within("max_contacts", 1, None, "campaigns"),
            models.CheckConstraint(
                condition=Q(max_contacts__isnull=True)
                | Q(contacts_made__lte=models.F("max_contacts")),
                name="campaigns_within_max_contacts",
            ),
        ]
        indexes = [
            models.Index(fields=["broker", "status", "triggered_by"], name="campaigns_broker")
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.max_contacts is not None and self.max_contacts < self.contacts_made:
            detail = ValidationError(_("Ya se contactó a más leads."), code="below_contacted")
            raise ValidationError({"max_contacts": detail})
        try:
            conditions.validate_trigger(self.triggered_by, self.trigger_condition)
        except ValidationError as error:
            raise ValidationError({"trigger_condition": error}) from error


class CampaignStep(BrokerOwned):
    """One step: what to do, how long after the one before, and under which conditions."""

    admin_can: ClassVar[str] = "crud"

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="steps", verbose_name=_("campaña")
    )
    step_number = models.PositiveSmallIntegerField(_("paso"))
    action = models.CharField(
        _("acción"), max_length=20, choices=StepAction.choices, default=StepAction.SEND_MESSAGE
    )
    message_template = models.ForeignKey(
        MessageTemplate,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("plantilla"),
    )
    message_text = models.TextField(_("texto"), blank=True)
    use_ai_message = models.BooleanField(_("redacta la IA"), default=False)
    delay_hours = models.PositiveIntegerField(_("espera (horas)"), default=0)
    conditions = models.JSONField(
        _("condiciones"),
        default=dict,
        blank=True,
        validators=[conditions.validate],
        help_text=_(
            'Todas deben cumplirse al ejecutar: {"status": ["warm"], "pipeline_stage": ["perfilamiento"], '
            '"score_min": 20, "score_max": 80, "tags": ["inversionista"], "replied": false}.'
        ),
    )
    target_stage = models.CharField(
        _("etapa destino"), max_length=50, choices=Stage.choices, null=True, blank=True
    )
    step_channel = models.CharField(
        _("canal del paso"), max_length=20, choices=CampaignChannel.choices, null=True, blank=True
    )
    window_start = models.TimeField(_("enviar desde"), null=True, blank=True)
    window_end = models.TimeField(_("enviar hasta"), null=True, blank=True)

    class Meta:
        db_table = "campaign_steps"
        verbose_name = _("paso de campaña")
        verbose_name_plural = _("pasos de campaña")
        ordering = ["campaign", "step_number"]
        constraints = [
            one_of("action", StepAction, "campaign_steps"),
            one_of("target_stage", Stage, "campaign_steps"),
            one_of("step_channel", CampaignChannel, "campaign_steps"),
            within("step_number", 1, None, "campaign_steps"),
            models.UniqueConstraint(
                fields=["campaign", "step_number"], name="campaign_steps_number_unique"
            ),
            models.CheckConstraint(
                condition=~Q(action="update_stage") | Q(target_stage__isnull=False),
                name="campaign_steps_stage_named",
                violation_error_message=_("Indica la etapa destino."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_number}. {self.get_action_display()}"


class CampaignEnrollment(LeadOwned):
    """A lead's run through a campaign; ``rotation`` counts the runs of the same lead."""

    agent_can: ClassVar[str] = ""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="enrollments", verbose_name=_("campaña")
    )
    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="enrollments", verbose_name=_("lead")
    )
    rotation = models.PositiveIntegerField(_("vuelta"), default=1)
    state = models.CharField(
        _("estado"),
        max_length=20,
        choices=EnrollmentState.choices,
        default=EnrollmentState.ACTIVE,
    )
    reason = models.CharField(_("motivo"), max_length=100, blank=True)
    enrolled_at = models.DateTimeField(_("inscrito"))
    trigger_key = models.CharField(_("evento que lo inscribió"), max_length=100, blank=True)

    class Meta:
        db_table = "campaign_enrollments"
        verbose_name = _("inscripción")
        verbose_name_plural = _("inscripciones")
        ordering = ["-id"]
        constraints = [
            one_of("state", EnrollmentState, "campaign_enrollments"),
            models.UniqueConstraint(
                fields=["campaign", "lead", "rotation"], name="campaign_enrollments_unique"
            ),
            models.UniqueConstraint(
                fields=["campaign", "lead"],
                condition=Q(state="active"),
                name="campaign_enrollments_one_active",
            ),
            models.UniqueConstraint(
                fields=["campaign", "lead", "trigger_key"],
                condition=~Q(trigger_key=""),
                name="campaign_enrollments_event_once",
            ),
        ]
        indexes = [
            models.Index(fields=["lead", "state"], name="campaign_enrollments_lead"),
            models.Index(fields=["broker", "state"], name="campaign_enrollments_broker"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.lead}"


class CampaignLog(LeadOwned):
    """One step of one enrolment: when it is due and what became of it."""

    agent_can: ClassVar[str] = ""
    agent_sees = staticmethod(of_their_leads())

    enrollment = models.ForeignKey(
        CampaignEnrollment,
        on_delete=models.CASCADE,
        related_name="logs",
        verbose_name=_("inscripción"),
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="logs", verbose_name=_("campaña")
    )
    step = models.ForeignKey(
        CampaignStep, on_delete=models.CASCADE, related_name="logs", verbose_name=_("paso")
    )
    status = models.CharField(
        _("estado"), max_length=20, choices=LogStatus.choices, default=LogStatus.DUE
    )
    reason = models.CharField(_("motivo"), max_length=100, blank=True)
    due_at = models.DateTimeField(_("programado"))
    claimed_until = models.DateTimeField(_("en ejecución hasta"), null=True, blank=True)
    executed_at = models.DateTimeField(_("ejecutado"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)
    holds = models.PositiveSmallIntegerField(_("veces aplazado por una persona"), default=0)
    message = models.ForeignKey(
        ChatMessage,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mensaje"),
    )

    class Meta:
        db_table = "campaign_logs"
        verbose_name = _("registro de campaña")
        verbose_name_plural = _("registros de campaña")
        ordering = ["-id"]
        constraints = [
            one_of("status", LogStatus, "campaign_logs"),
            models.UniqueConstraint(fields=["enrollment", "step"], name="campaign_logs_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=["due", "claimed"]),
                name="campaign_logs_due",
            ),
            models.Index(fields=["campaign", "status"], name="campaign_logs_campaign"),
        ]

    def __str__(self) -> str:
        return f"{self.step} · {self.lead}"
