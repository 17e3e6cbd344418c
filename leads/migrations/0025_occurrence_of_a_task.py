from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("leads", "0024_tasks_and_notifications")]

    operations = [
        migrations.AddField(
            model_name="task",
            name="occurrence_at",
            field=models.DateTimeField(
                default=timezone.now, editable=False, verbose_name="hora de la serie"
            ),
            preserve_default=False,
        ),
        migrations.RunSQL("UPDATE tasks SET occurrence_at = due_at", migrations.RunSQL.noop),
    ]
