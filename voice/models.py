"""AI voice calls and their transcripts."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from brokers.models import CallerIdClass, VoiceProvider
from crm.models import BrokerOwned, one_of, within
from crm.tenancy import of_their_leads
from leads.models import Lead, LeadOwned
from leads.stages import Stage


class CallStatus(models.TextChoices):
    INITIATED = "initiated", _("iniciada")
    RINGING = "ringing", _("llamando")
    ANSWERED = "answered", _("contestada")
    COMPLETED = "completed", _("completada")
    FAILED = "failed", _("fallida")
    NO_ANSWER = "no_answer", _("no contesta")
    BUSY = "busy", _("ocupado")
    CANCELLED = "cancelled", _("cancelada")

    @property
    def is_over(self) -> bool:
        return self not in UNDER_WAY


UNDER_WAY = (CallStatus.INITIATED, CallStatus.RINGING, CallStatus.ANSWERED)


class Disposition(models.TextChoices):
    INTERESTED = "interested", _("interesado")
    NOT_INTERESTED = "not_interested", _("no interesado")
    CALL_BACK = "call_back", _("volver a llamar")
    APPOINTMENT = "appointment", _("agendó visita")
    VOICEMAIL = "voicemail", _("buzón de voz")
    WRONG_NUMBER = "wrong_number", _("número equivocado")
    OPTED_OUT = "opted_out", _("pidió no ser llamado")
    OTHER = "other", _("otro")


class CallPurpose(models.TextChoices):
    QUALIFICATION = "qualification", _("calificación")
    FOLLOW_UP = "follow_up", _("seguimiento")
    REMINDER = "reminder", _("recordatorio")
    CONFIRMATION = "confirmation", _("confirmación")
    CAMPAIGN = "campaign", _("campaña")


class VoiceCall(LeadOwned):
    """One call to a lead, or ``is_incoming``; ``score_delta`` is score after minus before its facts.

    ``dialled_at`` is when a worker took it to the provider, ``reported_at`` when its final report
    was applied, ``retry_at`` when it is due again; retries name the first call in ``retry_of``.
    """

    admin_can: ClassVar[str] = "cr"
    agent_can: ClassVar[str] = "cr"

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="calls", verbose_name=_("lead")
    )
    provider = models.CharField(_("proveedor"), max_length=20, choices=VoiceProvider.choices)
    external_call_id = models.CharField(
        _("identificador externo"), max_length=200, null=True, blank=True
    )
    intent_key = models.CharField(_("clave de intención"), max_length=200, unique=True)
    status = models.CharField(
        _("estado"), max_length=20, choices=CallStatus.choices, default=CallStatus.INITIATED
    )
    disposition = models.CharField(
        _("resultado"), max_length=20, choices=Disposition.choices, null=True, blank=True
    )
    call_purpose = models.CharField(
        _("propósito"),
        max_length=20,
        choices=CallPurpose.choices,
        default=CallPurpose.QUALIFICATION,
    )
    caller_id_class = models.CharField(
        _("clase de identificador"),
        max_length=3,
        choices=CallerIdClass.choices,
        null=True,
        blank=True,
    )
    phone = models.CharField(_("teléfono"), max_length=20, blank=True)
    reason = models.CharField(_("motivo"), max_length=100, blank=True)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("pedida por"),
    )
    is_incoming = models.BooleanField(_("entrante"), default=False)
    attempt = models.PositiveSmallIntegerField(_("intento"), default=1)
    retry_of = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="retries",
        verbose_name=_("primera llamada"),
    )
    retry_at = models.DateTimeField(_("próximo intento"), null=True, blank=True)
    dialled_at = models.DateTimeField(_("marcada"), null=True, blank=True)
    reported_at = models.DateTimeField(_("informe aplicado"), null=True, blank=True)
    started_at = models.DateTimeField(_("inicio"), null=True, blank=True)
    completed_at = models.DateTimeField(_("término"), null=True, blank=True)
    duration = models.PositiveIntegerField(_("duración (segundos)"), null=True, blank=True)
    recording_url = models.URLField(_("grabación"), max_length=1000, blank=True)
    summary = models.TextField(_("resumen"), blank=True)
    score_delta = models.FloatField(_("cambio de puntaje"), null=True, blank=True)
    stage_after_call = models.CharField(
        _("etapa después"), max_length=50, choices=Stage.choices, null=True, blank=True
    )
    cost_usd = models.DecimalField(
        _("costo (USD)"), max_digits=10, decimal_places=4, null=True, blank=True
    )

    class Meta:
        db_table = "voice_calls"
        verbose_name = _("llamada")
        verbose_name_plural = _("llamadas")
        ordering = ["-id"]
        constraints = [
            one_of("provider", VoiceProvider, "voice_calls"),
            one_of("status", CallStatus, "voice_calls"),
            one_of("disposition", Disposition, "voice_calls"),
            one_of("call_purpose", CallPurpose, "voice_calls"),
            one_of("caller_id_class", CallerIdClass, "voice_calls"),
            one_of("stage_after_call", Stage, "voice_calls"),
            within("cost_usd", 0, None, "voice_calls"),
            within("score_delta", -100, 100, "voice_calls"),
            models.UniqueConstraint(
                fields=["provider", "external_call_id"],
                condition=Q(external_call_id__isnull=False),
                name="voice_calls_external_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["broker", "status", "-id"], name="voice_calls_broker"),
            models.Index(fields=["lead", "-id"], name="voice_calls_lead"),
            models.Index(
                fields=["retry_at"],
                condition=Q(retry_at__isnull=False),
                name="voice_calls_retry",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=["initiated", "ringing", "answered"]),
                name="voice_calls_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_call_purpose_display()} · {self.lead}"


class Speaker(models.TextChoices):
    BOT = "bot", _("asistente")
    CUSTOMER = "customer", _("cliente")


class CallTranscript(BrokerOwned):
    """One line of a call: who spoke, when (seconds from the start), how sure the ear was."""

    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(of_their_leads("call__lead__"))

    call = models.ForeignKey(
        VoiceCall, on_delete=models.CASCADE, related_name="lines", verbose_name=_("llamada")
    )
    position = models.PositiveIntegerField(_("línea"))
    speaker = models.CharField(_("habla"), max_length=10, choices=Speaker.choices)
    text = models.TextField(_("texto"))
    timestamp = models.FloatField(_("segundo"))
    confidence = models.FloatField(_("confianza"), null=True, blank=True)

    class Meta:
        db_table = "call_transcripts"
        verbose_name = _("línea de transcripción")
        verbose_name_plural = _("transcripciones")
        ordering = ["call", "position"]
        constraints = [
            one_of("speaker", Speaker, "call_transcripts"),
            within("timestamp", 0, None, "call_transcripts"),
            within("confidence", 0, 1, "call_transcripts"),
            models.UniqueConstraint(fields=["call", "position"], name="call_transcripts_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_speaker_display()}: {self.text[:60]}"


class VoiceEvent(BrokerOwned):
    """The ledger of what providers told us of a call: each event stored, and applied, once.

    ``payload`` holds a final report until it is applied; then it lives in the call.
    """

    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(of_their_leads("call__lead__"))

    call = models.ForeignKey(
        VoiceCall, on_delete=models.CASCADE, related_name="events", verbose_name=_("llamada")
    )
    provider = models.CharField(_("proveedor"), max_length=20, choices=VoiceProvider.choices)
    event_key = models.CharField(_("clave del evento"), max_length=250)
    status = models.CharField(_("estado"), max_length=20, choices=CallStatus.choices)
    reason = models.CharField(_("motivo"), max_length=100, blank=True)
    payload = models.JSONField(_("informe"), null=True, blank=True)
    at = models.DateTimeField(_("momento"))
    applied_at = models.DateTimeField(_("aplicado"), null=True, blank=True)

    class Meta:
        db_table = "voice_events"
        verbose_name = _("evento de llamada")
        verbose_name_plural = _("eventos de llamadas")
        ordering = ["-id"]
        constraints = [
            one_of("provider", VoiceProvider, "voice_events"),
            one_of("status", CallStatus, "voice_events"),
            models.UniqueConstraint(
                fields=["broker", "provider", "event_key"], name="voice_events_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(applied_at__isnull=True), name="voice_events_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} · {self.event_key}"


class VoiceCost(BrokerOwned):
    """What a call of an erased lead cost: the broker's accounts keep it, without the person."""

    provider = models.CharField(_("proveedor"), max_length=20, choices=VoiceProvider.choices)
    at = models.DateTimeField(_("momento"))
    duration = models.PositiveIntegerField(_("duración (segundos)"), null=True, blank=True)
    cost_usd = models.DecimalField(_("costo (USD)"), max_digits=10, decimal_places=4)

    class Meta:
        db_table = "voice_costs"
        verbose_name = _("costo de una llamada borrada")
        verbose_name_plural = _("costos de llamadas borradas")
        ordering = ["-id"]
        constraints = [
            one_of("provider", VoiceProvider, "voice_costs"),
            within("cost_usd", 0, None, "voice_costs"),
        ]
        indexes = [models.Index(fields=["broker", "-at"], name="voice_costs_broker")]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} · US$ {self.cost_usd}"
