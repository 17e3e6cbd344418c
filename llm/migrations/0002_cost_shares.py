"""What each thing had of a day's costs, and thirds of months: tables of their own for long periods."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('brokers', '0002_sessions_epoch'),
        ('llm', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CostShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('day', models.DateField(verbose_name='día')),
                ('provider', models.CharField(max_length=50, verbose_name='proveedor')),
                ('model', models.CharField(max_length=100, verbose_name='modelo')),
                ('call_type', models.CharField(choices=[('turn', 'conversación'), ('summary', 'resumen'), ('embedding', 'embedding'), ('analysis', 'análisis de llamada'), ('campaign', 'mensaje de campaña'), ('trial', 'prueba del asistente')], max_length=20, verbose_name='tipo')),
                ('source', models.CharField(blank=True, choices=[('webchat', 'Chat web'), ('telegram', 'Telegram'), ('whatsapp', 'WhatsApp'), ('email', 'Correo'), ('call', 'Llamada'), ('form', 'Formulario web'), ('import', 'Importación'), ('api', 'API'), ('person', 'Ingreso manual')], max_length=30, verbose_name='origen')),
                ('calls', models.PositiveIntegerField(default=0, verbose_name='consultas')),
                ('failed', models.PositiveIntegerField(default=0, verbose_name='con error')),
                ('fallbacks', models.PositiveIntegerField(default=0, verbose_name='de respaldo')),
                ('unpriced', models.PositiveIntegerField(default=0, verbose_name='sin precio')),
                ('input_tokens', models.BigIntegerField(default=0, verbose_name='tokens de entrada')),
                ('cached_tokens', models.BigIntegerField(default=0, verbose_name='tokens en caché')),
                ('output_tokens', models.BigIntegerField(default=0, verbose_name='tokens de salida')),
                ('estimated_cost_usd', models.DecimalField(blank=True, decimal_places=8, max_digits=14, null=True, verbose_name='costo estimado (USD)')),
                ('part', models.CharField(choices=[('day', 'todo el día'), ('kind', 'modelo y tipo'), ('version', 'versión del prompt'), ('agent', 'agente'), ('source', 'origen')], max_length=10, verbose_name='concepto')),
                ('span', models.CharField(choices=[('day', 'un día'), ('third', 'un tercio del mes')], default='day', max_length=10, verbose_name='período')),
            ],
            options={
                'verbose_name': 'costo por concepto',
                'verbose_name_plural': 'costos por concepto',
                'db_table': 'llm_cost_shares',
                'ordering': ['-day', '-id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='modelhour',
            name='llm_model_hours_once',
        ),
        migrations.AddField(
            model_name='modelhour',
            name='span',
            field=models.CharField(choices=[('day', 'un día'), ('third', 'un tercio del mes')], db_default='day', default='day', max_length=10, verbose_name='período'),
        ),
        migrations.AddIndex(
            model_name='modelhour',
            index=models.Index(fields=['span', 'day'], name='llm_model_hours_span'),
        ),
        migrations.AddConstraint(
            model_name='modelhour',
            constraint=models.CheckConstraint(condition=models.Q(('span__in', ['day', 'third'])), name='llm_model_hours_span_valid'),
        ),
        migrations.AddConstraint(
            model_name='modelhour',
            constraint=models.UniqueConstraint(fields=('provider', 'model', 'broker', 'day', 'hour', 'span'), name='llm_model_hours_once'),
        ),
        migrations.AddField(
            model_name='costshare',
            name='agent',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='agente'),
        ),
        migrations.AddField(
            model_name='costshare',
            name='broker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora'),
        ),
        migrations.AddField(
            model_name='costshare',
            name='prompt_version',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='llm.promptversion', verbose_name='versión del prompt'),
        ),
        migrations.AddIndex(
            model_name='costshare',
            index=models.Index(fields=['broker', 'day'], name='llm_cost_shares_broker'),
        ),
        migrations.AddIndex(
            model_name='costshare',
            index=models.Index(fields=['part', 'span', 'day'], name='llm_cost_shares_part'),
        ),
        migrations.AddConstraint(
            model_name='costshare',
            constraint=models.CheckConstraint(condition=models.Q(('part__in', ['day', 'kind', 'version', 'agent', 'source'])), name='llm_cost_shares_part_valid'),
        ),
        migrations.AddConstraint(
            model_name='costshare',
            constraint=models.CheckConstraint(condition=models.Q(('span__in', ['day', 'third'])), name='llm_cost_shares_span_valid'),
        ),
        migrations.AddConstraint(
            model_name='costshare',
            constraint=models.CheckConstraint(condition=models.Q(('call_type', ''), ('call_type__in', ['turn', 'summary', 'embedding', 'analysis', 'campaign', 'trial']), _connector='OR'), name='llm_cost_shares_call_type_valid'),
        ),
        migrations.AddConstraint(
            model_name='costshare',
            constraint=models.CheckConstraint(condition=models.Q(('source', ''), ('source__in', ['webchat', 'telegram', 'whatsapp', 'email', 'call', 'form', 'import', 'api', 'person']), _connector='OR'), name='llm_cost_shares_source_valid'),
        ),
        migrations.AddConstraint(
            model_name='costshare',
            constraint=models.CheckConstraint(condition=models.Q(('estimated_cost_usd__gte', 0)), name='llm_cost_shares_estimated_cost_usd_range'),
        ),
    ]
