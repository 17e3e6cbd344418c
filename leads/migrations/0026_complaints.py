from django.db import migrations, models

REASONS = [
    ("requested", "pidió una persona"),
    ("anger", "está molesto"),
    ("complaint", "tiene un reclamo"),
    ("no_progress", "la conversación no avanza"),
    ("legal_threat", "mencionó acciones legales"),
    ("closed_stage", "escribió con el proceso cerrado"),
    ("not_qualified", "no califica: decide una persona"),
    ("other", "otro motivo"),
]


class Migration(migrations.Migration):
    dependencies = [("leads", "0025_occurrence_of_a_task")]

    operations = [
        migrations.RemoveConstraint("conversation", "conversations_waiting_reason_valid"),
        migrations.AlterField(
            model_name="conversation",
            name="waiting_reason",
            field=models.CharField(
                blank=True, choices=REASONS, max_length=20, verbose_name="motivo de la espera"
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=models.Q(waiting_reason__in=["", *(each for each, _ in REASONS)]),
                name="conversations_waiting_reason_valid",
            ),
        ),
    ]
