"""The sidebar: groups in the words of the trade, each link only for who may follow it."""

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.tenancy import allows

Link = tuple[str, Any, str] | tuple[str, Any, str, str]  # model, title, icon, page

HOME = _("Inicio")
GROUPS: tuple[tuple[Any, tuple[Link, ...]], ...] = (
    (
        _("Leads"),
        (
            ("leads.Lead", _("Leads"), "group"),
            ("leads.Task", _("Tareas"), "task_alt"),
            ("leads.LeadImport", _("Importaciones"), "upload_file"),
            ("leads.LeadImportRow", _("Filas importadas"), "table_rows"),
            ("leads.LeadExport", _("Exportaciones"), "download"),
            ("leads.MergeSuggestion", _("Posibles duplicados"), "join_inner"),
            ("leads.LeadMerge", _("Uniones"), "merge"),
            ("leads.StageTransition", _("Cambios de etapa"), "conversion_path"),
            ("leads.ActivityLog", _("Actividad"), "history"),
            ("leads.Notification", _("Notificaciones"), "notifications_active"),
            ("leads.LeadAlert", _("Avisos"), "notifications"),
            ("leads.AgentCard", _("Avisos por Telegram"), "send_to_mobile"),
        ),
    ),
    (
        _("Conversaciones"),
        (
            ("leads.Conversation", _("Bandeja"), "inbox", "inbox"),
            ("leads.Conversation", _("Conversaciones"), "forum"),
            ("leads.ChatMessage", _("Mensajes"), "chat"),
            ("leads.Attachment", _("Adjuntos"), "attach_file"),
            ("leads.ChannelIdentity", _("Identidades en canales"), "badge"),
            ("leads.TelegramMessage", _("Registro de Telegram"), "send"),
            ("leads.KeptWebhook", _("Avisos sin leer"), "mark_email_unread"),
            ("leads.Consent", _("Consentimientos"), "verified_user"),
            ("leads.Suppression", _("No contactar"), "do_not_disturb_on"),
            ("leads.SuppressionEvent", _("Historial de no contactar"), "manage_history"),
            ("leads.RightsRequest", _("Solicitudes de derechos"), "shield_person"),
        ),
    ),
    (
        _("Agenda"),
        (
            ("scheduling.Appointment", _("Citas"), "event"),
            ("scheduling.AvailabilitySlot", _("Horarios de atención"), "schedule"),
            ("scheduling.AppointmentBlock", _("Bloqueos"), "event_busy"),
            ("scheduling.SlotOffer", _("Horas ofrecidas"), "pending_actions"),
            ("scheduling.CalendarConnection", _("Calendarios conectados"), "sync"),
            ("scheduling.CalendarEvent", _("Eventos de calendario"), "event_repeat"),
        ),
    ),
    (
        _("Campañas"),
        (
            ("campaigns.Campaign", _("Campañas"), "campaign"),
            ("campaigns.CampaignStep", _("Pasos"), "steps"),
            ("campaigns.CampaignEnrollment", _("Inscripciones"), "how_to_reg"),
            ("campaigns.CampaignLog", _("Registro de campañas"), "receipt_long"),
            ("campaigns.CampaignForecast", _("Proyecciones"), "query_stats"),
            ("campaigns.CampaignForecastLine", _("Detalle de proyecciones"), "table_rows"),
            ("leads.MessageTemplate", _("Plantillas"), "article"),
        ),
    ),
    (
        _("Conocimiento"),
        (
            ("knowledge.KnowledgeEntry", _("Base de conocimiento"), "menu_book"),
            ("knowledge.KnowledgeDocument", _("Documentos"), "description"),
            ("knowledge.KnowledgeGap", _("Preguntas sin respuesta"), "help"),
            ("knowledge.ListingRefusal", _("Propiedades rechazadas"), "thumb_down"),
            ("knowledge.Figure", _("Valores de referencia"), "table_chart"),
        ),
    ),
    (
        _("Llamadas"),
        (
            ("voice.VoiceCall", _("Llamadas"), "call"),
            ("voice.CallTranscript", _("Transcripciones"), "subtitles"),
            ("voice.VoiceEvent", _("Eventos de llamadas"), "phone_callback"),
            ("voice.VoiceCost", _("Costos de llamadas borradas"), "payments"),
        ),
    ),
    (
        _("Asistente y costos"),
        (
            ("llm.PromptVersion", _("Asistente"), "smart_toy", "desk"),
            ("llm.PromptVersion", _("Versiones del asistente"), "history_edu"),
            ("llm.PromptReplay", _("Repeticiones"), "replay"),
            ("llm.ReplayedConversation", _("Conversaciones repetidas"), "compare_arrows"),
            ("brokers.BrokerPromptConfig", _("Nombre y visitas"), "badge"),
            ("llm.CostDay", _("Costos"), "payments", "costs"),
            ("llm.CostDay", _("Costos por día"), "calendar_month"),
            ("llm.CostShare", _("Costos por concepto"), "donut_small"),
            ("llm.ModelHour", _("Fallas por hora"), "error_med"),
            ("llm.LLMCall", _("Consultas a modelos"), "receipt_long"),
        ),
    ),
    (
        _("Equipo y configuración"),
        (
            ("brokers.User", _("Equipo"), "groups"),
            ("brokers.FailedSignIns", _("Bloqueos de ingreso"), "lock_person"),
            ("brokers.Broker", _("Corredora"), "apartment"),
            ("brokers.BrokerLeadConfig", _("Puntaje y asignación"), "tune"),
            ("brokers.BrokerChatConfig", _("Canales"), "hub"),
            ("brokers.ChannelHook", _("Webhooks"), "webhook"),
            ("brokers.BrokerVoiceConfig", _("Voz"), "settings_phone"),
            ("leads.LeadSignal", _("Señales de puntaje"), "insights"),
        ),
    ),
    (
        _("Operación"),
        (
            ("crm.FailedTask", _("Estado"), "monitor_heart", "state"),
            ("crm.FailedTask", _("Tareas fallidas"), "error"),
            ("leads.LeadImportPart", _("Archivos por importar"), "attach_file"),
            ("crm.PeriodicRun", _("Barridos periódicos"), "autorenew"),
        ),
    ),
)


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar of whoever asks; a group without a link they may follow is left out."""
    home = {"title": HOME, "icon": "home", "link": reverse("admin:index")}
    shown: list[dict[str, Any]] = [{"title": "", "items": [home]}]
    for title, links in GROUPS:
        items = [_item(link) for link in links if _may_read(request, link[0])]
        if items:
            shown.append({"title": title, "collapsible": True, "items": items})
    _mark_active(request.path, [item for group in shown for item in group["items"]])
    return shown


def account(request: HttpRequest) -> list[dict[str, Any]]:
    """What stands under one's own name: the page about oneself, and the password."""
    mine = reverse("admin:brokers_user_change", args=[request.user.pk])
    return [
        {"title": _("Mi cuenta"), "link": mine},
        {"title": _("Cambiar contraseña"), "link": reverse("admin:password_change")},
    ]


def _mark_active(path: str, items: list[dict[str, Any]]) -> None:
    """The one whose address says most of where the user is: a model may have several pages."""
    around = (item["link"] for item in items if path.startswith(item["link"]))
    here = max(around, key=len, default="")
    for item in items:
        item["active"] = item["link"] == here


def _may_read(request: HttpRequest, label: str) -> bool:
    return allows(request.user, apps.get_model(label), "r")


def _item(link: Link) -> dict[str, Any]:
    label, title, icon, *page = link
    name = f"{label.lower().replace('.', '_')}_{page[0] if page else 'changelist'}"
    return {"title": title, "icon": icon, "link": reverse(f"admin:{name}")}
