"""The words of messages, conversations and consent."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    TELEGRAM = "telegram", "Telegram"
    WHATSAPP = "whatsapp", "WhatsApp"
    INSTAGRAM = "instagram", "Instagram"
    FACEBOOK = "facebook", "Facebook"
    TIKTOK = "tiktok", "TikTok"
    WEBCHAT = "webchat", _("Chat web")
    EMAIL = "email", _("Correo")


CALLS = "call"  # what a wish may name beside the channels: the phone


class Direction(models.TextChoices):
    IN = "in", _("entrante")
    OUT = "out", _("saliente")


class Author(models.TextChoices):
    LEAD = "lead", _("lead")
    ASSISTANT = "assistant", _("asistente")
    USER = "user", _("persona")
    CAMPAIGN = "campaign", _("campaña")
    SYSTEM = "system", _("sistema")


class Purpose(models.TextChoices):
    REPLY = "reply", _("respuesta")
    HUMAN = "human", _("persona")
    REMINDER = "reminder", _("recordatorio")
    CONFIRM_OPT_OUT = "confirm_opt_out", _("confirmación de baja")
    MARKETING = "marketing", _("campaña")
    CALL = "call", _("llamada")


PUSHED = (Purpose.MARKETING, Purpose.CALL)  # nobody waits for these: they are ours to begin


class Delivery(models.TextChoices):
    PENDING = "pending", _("pendiente")
    SENDING = "sending", _("enviando")
    SENT = "sent", _("enviado")
    DELIVERED = "delivered", _("entregado")
    READ = "read", _("leído")
    FAILED = "failed", _("fallido")
    BLOCKED = "blocked", _("bloqueado")


NEVER_LEFT = (Delivery.FAILED, Delivery.BLOCKED)


class Holder(models.TextChoices):
    ASSISTANT = "assistant", _("asistente")
    USER = "user", _("persona")
    WAITING = "waiting", _("esperando a una persona")


class HandoffReason(models.TextChoices):
    REQUESTED = "requested", _("pidió una persona")
    ANGER = "anger", _("está molesto")
    COMPLAINT = "complaint", _("tiene un reclamo")
    NO_PROGRESS = "no_progress", _("la conversación no avanza")
    LEGAL_THREAT = "legal_threat", _("mencionó acciones legales")
    CLOSED_STAGE = "closed_stage", _("escribió con el proceso cerrado")
    NOT_QUALIFIED = "not_qualified", _("no califica: decide una persona")
    OTHER = "other", _("otro motivo")


class Actor(models.TextChoices):
    HUMAN = "human", _("persona")
    ASSISTANT = "assistant", _("asistente")
    SYSTEM = "system", _("sistema")
    LEAD = "lead", _("lead")
    PROVIDER = "provider", _("proveedor")


class ConsentPurpose(models.TextChoices):
    MARKETING = "marketing", _("campañas")
    SERVICE = "service", _("atención")
    CALL = "call", _("llamadas")


class ConsentState(models.TextChoices):
    GRANTED = "granted", _("otorgado")
    WITHDRAWN = "withdrawn", _("retirado")
    LIFTED = "lifted", _("retiro levantado")


class SuppressionChange(models.TextChoices):
    ADDED = "added", _("agregado")
    LIFTED = "lifted", _("levantado")


class Right(models.TextChoices):
    ACCESS = "access", _("acceso y portabilidad")
    RECTIFICATION = "rectification", _("rectificación")
    OBJECTION = "objection", _("oposición al puntaje automático")
    ERASURE = "erasure", _("supresión")


class RightState(models.TextChoices):
    OPEN = "open", _("pendiente")
    RUNNING = "running", _("en curso")
    DONE = "done", _("cumplida")
    REFUSED = "refused", _("rechazada")


class AskedBy(models.TextChoices):
    PERSON = "person", _("la persona")
    REPRESENTATIVE = "representative", _("su representante")
    BROKER = "broker", _("la corredora")


class TemplateApproval(models.TextChoices):
    NONE = "none", _("no requiere")
    PENDING = "pending", _("pendiente")
    APPROVED = "approved", _("aprobada")
    REJECTED = "rejected", _("rechazada")
    PAUSED = "paused", _("pausada")
    DISABLED = "disabled", _("desactivada")
    UNSUPPORTED = "unsupported", _("no se puede usar aquí")


class TemplateCategory(models.TextChoices):
    MARKETING = "marketing", _("marketing")
    UTILITY = "utility", _("utilidad")
    AUTHENTICATION = "authentication", _("autenticación")


class Parameters(models.TextChoices):
    """How WhatsApp names a template's variables."""

    NAMED = "named", _("por nombre")
    POSITIONAL = "positional", _("por posición")


class AttachmentState(models.TextChoices):
    PENDING = "pending", _("por descargar")
    READY = "ready", _("disponible")
    FAILED = "failed", _("falló")
    REFUSED = "refused", _("rechazado")


class AgentType(models.TextChoices):
    PROFILER = "perfilador", _("perfilador")
    FINANCIAL = "calificador_financiero", _("calificador financiero")
    SCHEDULER = "agendador", _("agendador")
    FOLLOW_UP = "seguimiento", _("seguimiento")


class AlertKind(models.TextChoices):
    HOT_LEAD = "hot_lead", _("lead caliente")
    QUALIFIED = "qualified", _("lead calificado")
    HANDOFF_REMINDER = "handoff_reminder", _("espera 15 minutos")
    HANDOFF_ALERT = "handoff_alert", _("espera 30 minutos")
    HANDOFF_RESUMED = "handoff_resumed", _("el asistente retomó")
    LEADS_HANDED_OVER = "leads_handed_over", _("leads traspasados")
    LLM_BUDGET = "llm_budget", _("tope de gasto en modelos")
    CALENDAR_CONFLICT = "calendar_conflict", _("cita que choca con tu calendario")
    REMINDER_HELD = "reminder_held", _("recordatorio no enviado")
    INVITATION = "invitation", _("invitación de calendario")
    TELEGRAM_TROUBLE = "telegram_trouble", _("Telegram no entrega")
    NEW_LEAD = "new_lead", _("lead sin asignar")
    HANDOFF_WAITING = "handoff_waiting", _("espera a una persona")
    VISIT = "visit", _("visita por confirmar")
    VISIT_NEWS = "visit_news", _("aviso sobre una visita")
    ASSIGNED = "assigned", _("lead asignado")
    AGENT_UNREACHABLE = "agent_unreachable", _("bloqueó el bot de Telegram")
    FLOOD = "flood", _("escribe sin parar")
    TASK_DUE = "task_due", _("tarea por hacer")


class AlertState(models.TextChoices):
    PENDING = "pending", _("pendiente")
    SENT = "sent", _("enviado")
    FAILED = "failed", _("fallido")


class CardState(models.TextChoices):
    PENDING = "pending", _("por enviar")
    SENT = "sent", _("enviado")
    FAILED = "failed", _("fallido")
    DROPPED = "dropped", _("ya no hacía falta")


class SignalKind(models.TextChoices):
    APPOINTMENT_ACTIVE = "appointment_active", _("visita agendada")
    APPOINTMENT_COMPLETED = "appointment_completed", _("visita realizada")
    NO_SHOW = "no_show", _("no asistió")
    WRONG_NUMBER = "wrong_number", _("número equivocado")
    OPTED_OUT = "opted_out", _("pidió no ser contactado")
    FINANCING = "financing", _("preguntó por financiamiento")


class KeptReason(models.TextChoices):
    """Why a webhook was kept instead of being taken in."""

    UNKNOWN_SHAPE = "unknown_shape", _("forma desconocida")
    HANDLING_FAILED = "handling_failed", _("falló al leerse")


class KeptState(models.TextChoices):
    KEPT = "kept", _("sin leer")
    REPLAYED = "replayed", _("leído después")
    DISMISSED = "dismissed", _("descartado")


class TaskKind(models.TextChoices):
    CALL = "call", _("llamar")
    MESSAGE = "message", _("escribir")
    VISIT = "visit", _("visita o reunión")
    DOCUMENTS = "documents", _("documentos")
    OTHER = "other", _("otra cosa")


class TaskState(models.TextChoices):
    OPEN = "open", _("pendiente")
    DONE = "done", _("hecha")
    CANCELLED = "cancelled", _("cancelada")


class Repeat(models.TextChoices):
    NEVER = "never", _("no se repite")
    DAILY = "daily", _("cada día")
    WEEKLY = "weekly", _("cada semana")
    MONTHLY = "monthly", _("cada mes")
