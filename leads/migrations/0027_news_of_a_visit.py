from django.db import migrations, models
from django.db.migrations.operations.base import Operation

KINDS = {
    "hot_lead": "lead caliente",
    "qualified": "lead calificado",
    "handoff_reminder": "espera 15 minutos",
    "handoff_alert": "espera 30 minutos",
    "handoff_resumed": "el asistente retomó",
    "leads_handed_over": "leads traspasados",
    "llm_budget": "tope de gasto en modelos",
    "calendar_conflict": "cita que choca con tu calendario",
    "reminder_held": "recordatorio no enviado",
    "invitation": "invitación de calendario",
    "telegram_trouble": "Telegram no entrega",
    "new_lead": "lead sin asignar",
    "handoff_waiting": "espera a una persona",
    "visit": "visita por confirmar",
    "visit_news": "aviso sobre una visita",
    "assigned": "lead asignado",
    "agent_unreachable": "bloqueó el bot de Telegram",
    "flood": "escribe sin parar",
    "task_due": "tarea por hacer",
}
TABLES = {"agentcard": "agent_cards", "leadalert": "lead_alerts", "notification": "notifications"}


def of_alerts(model: str, table: str) -> list[Operation]:
    name = f"{table}_kind_valid"
    return [
        migrations.RemoveConstraint(model, name),
        migrations.AlterField(
            model,
            "kind",
            models.CharField(choices=[*KINDS.items()], max_length=30, verbose_name="aviso"),
        ),
        migrations.AddConstraint(
            model,
            models.CheckConstraint(condition=models.Q(kind__in=list(KINDS)), name=name),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("leads", "0026_complaints")]

    operations = [each for model, table in TABLES.items() for each in of_alerts(model, table)]
