"""What the background owes to leads, for who watches the operation."""

from datetime import timedelta

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from crm.queues import Queue, register
from leads import alerts, attachments, cards, delivery, erasing, importing, next_actions, removals

register(
    Queue(
        "messages",
        _("mensajes por enviar"),
        "leads.tasks.sweep_messages",
        delivery.owed,
        F("due_at"),
        "leads_chatmessage",
    ),
    Queue(
        "attachments",
        _("archivos por descargar"),
        "leads.tasks.sweep_attachments",
        attachments.owed,
        F("due_at"),
        "leads_attachment",
    ),
    Queue(
        "removals",
        _("archivos por borrar"),
        "leads.tasks.sweep_removals",
        removals.owed,
        F("due_at"),
        "crm_periodicrun",
        timedelta(minutes=30),
    ),
    Queue(
        "cards",
        _("avisos por Telegram"),
        "leads.tasks.sweep_cards",
        cards.owed,
        F("due_at"),
        "leads_agentcard",
    ),
    Queue(
        "alerts",
        _("avisos por correo"),
        "leads.tasks.sweep_alerts",
        alerts.owed,
        F("due_at"),
        "leads_leadalert",
    ),
    Queue(
        "reminders_of_tasks",
        _("recordatorios de tareas"),
        "leads.tasks.sweep_reminders",
        next_actions.owed,
        F("remind_at"),
        "leads_task",
    ),
    Queue(
        "imports",
        _("importaciones"),
        "leads.tasks.sweep_imports",
        importing.owed,
        F("updated_at"),
        "leads_leadimport",
        timedelta(minutes=30),
    ),
    Queue(
        "erasures",
        _("supresiones de datos"),
        "leads.tasks.sweep_erasures",
        lambda _at: erasing.owed(),
        F("updated_at"),
        "leads_rightsrequest",
        timedelta(minutes=30),
    ),
)
