import crm.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('brokers', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('leads', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='PeriodicRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('task', models.CharField(max_length=200, unique=True, verbose_name='tarea')),
                ('started_at', models.DateTimeField(null=True, verbose_name='inicio')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='término')),
                ('succeeded', models.BooleanField(default=True, verbose_name='correcta')),
                ('error', models.CharField(blank=True, max_length=200, verbose_name='error')),
            ],
            options={
                'verbose_name': 'barrido periódico',
                'verbose_name_plural': 'barridos periódicos',
                'db_table': 'periodic_runs',
                'ordering': ['task'],
            },
        ),
        migrations.CreateModel(
            name='FailedTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('task', models.CharField(max_length=200, verbose_name='tarea')),
                ('task_id', models.CharField(max_length=100, unique=True, verbose_name='identificador')),
                ('args', models.JSONField(blank=True, default=list, verbose_name='argumentos')),
                ('kwargs', models.JSONField(blank=True, default=dict, verbose_name='opciones')),
                ('state', models.CharField(choices=[('failed', 'fallida'), ('retried', 'reintentada'), ('dismissed', 'descartada')], default='failed', max_length=20, verbose_name='estado')),
                ('error', models.CharField(max_length=200, verbose_name='error')),
                ('details', models.TextField(blank=True, verbose_name='detalle')),
                ('attempts', models.PositiveIntegerField(default=1, verbose_name='intentos')),
                ('broker', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora')),
                ('retried_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='reintentada por')),
            ],
            options={
                'verbose_name': 'tarea fallida',
                'verbose_name_plural': 'tareas fallidas',
                'db_table': 'failed_tasks',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['broker', 'state'], name='failed_tasks_broker_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['failed', 'retried', 'dismissed'])), name='failed_tasks_state_valid')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('key', models.CharField(max_length=100, verbose_name='clave')),
                ('fingerprint', models.CharField(max_length=64, verbose_name='huella')),
                ('leased_at', models.DateTimeField(null=True, verbose_name='en curso desde')),
                ('status', models.PositiveSmallIntegerField(default=0, verbose_name='estado HTTP')),
                ('answer', crm.fields.EncryptedJSONField(null=True, verbose_name='respuesta')),
                ('broker', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora')),
                ('lead', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leads.lead', verbose_name='lead')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='usuario')),
            ],
            options={
                'verbose_name': 'clave de idempotencia',
                'verbose_name_plural': 'claves de idempotencia',
                'db_table': 'idempotency_keys',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['created_at'], name='idempotency_keys_age')],
                'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='idempotency_keys_once')],
            },
        ),
    ]
