"""The words of a lead's life: stages, statuses, treatments, and the edges between stages."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    ENTRY = "entrada", _("Entrada")
    PROFILING = "perfilamiento", _("Perfilamiento")
    QUALIFICATION = "calificacion_financiera", _("Calificación financiera")
    SCHEDULED = "agendado", _("Agendado")
    FOLLOW_UP = "seguimiento", _("Seguimiento")
    REFERRALS = "referidos", _("Referidos")
    WON = "ganado", _("Ganado")
    LOST = "perdido", _("Perdido")

    @property
    def is_closed(self) -> bool:
        return self in (Stage.WON, Stage.LOST)


class Status(models.TextChoices):
    COLD = "cold", _("Frío")
    WARM = "warm", _("Tibio")
    HOT = "hot", _("Caliente")
    CONVERTED = "converted", _("Convertido")
    LOST = "lost", _("Perdido")


class Treatment(models.TextChoices):
    AUTOMATED_TELEGRAM = "automated_telegram", _("Automático por mensajes")
    AUTOMATED_CALL = "automated_call", _("Automático por llamada")
    MANUAL_FOLLOW_UP = "manual_follow_up", _("Seguimiento manual")
    HOLD = "hold", _("En pausa: solo personas")


class Source(models.TextChoices):
    WEBCHAT = "webchat", _("Chat web")
    TELEGRAM = "telegram", "Telegram"
    WHATSAPP = "whatsapp", "WhatsApp"
    EMAIL = "email", _("Correo")
    CALL = "call", _("Llamada")
    FORM = "form", _("Formulario web")
    IMPORT = "import", _("Importación")
    API = "api", "API"
    PERSON = "person", _("Ingreso manual")


WORKING = (Stage.ENTRY, Stage.PROFILING, Stage.QUALIFICATION, Stage.SCHEDULED, Stage.FOLLOW_UP)

# Edges that a person may walk. Those in NEEDS_REASON also need to say why.
BY_PEOPLE: dict[Stage, frozenset[Stage]] = {
    **{
        stage: frozenset({*WORKING, Stage.LOST} - {stage})
        | ({Stage.REFERRALS, Stage.WON} if stage == Stage.FOLLOW_UP else frozenset())
        for stage in WORKING
    },
    Stage.REFERRALS: frozenset({Stage.WON, Stage.LOST}),
    Stage.WON: frozenset({Stage.FOLLOW_UP}),
    Stage.LOST: frozenset({Stage.PROFILING}),
}

# Edges that the system may walk, by the event that walks them.
BY_SYSTEM: dict[Stage, frozenset[Stage]] = {
    Stage.ENTRY: frozenset({Stage.PROFILING, Stage.SCHEDULED}),
    Stage.PROFILING: frozenset({Stage.QUALIFICATION, Stage.SCHEDULED}),
    Stage.QUALIFICATION: frozenset({Stage.SCHEDULED}),
    Stage.FOLLOW_UP: frozenset({Stage.SCHEDULED}),
    # agendado → seguimiento by a completed visit; back to the stage before by cancelling.
    Stage.SCHEDULED: frozenset(
        {Stage.FOLLOW_UP, Stage.ENTRY, Stage.PROFILING, Stage.QUALIFICATION}
    ),
}


def needs_reason(source: Stage, target: Stage) -> bool:
    return target == Stage.LOST or source == Stage.WON
