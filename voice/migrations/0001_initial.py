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
            name='VoiceCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('provider', models.CharField(choices=[('vapi', 'Vapi'), ('bland', 'Bland'), ('simulated', 'simulado')], max_length=20, verbose_name='proveedor')),
                ('external_call_id', models.CharField(blank=True, max_length=200, null=True, verbose_name='identificador externo')),
                ('intent_key', models.CharField(max_length=200, unique=True, verbose_name='clave de intención')),
                ('status', models.CharField(choices=[('initiated', 'iniciada'), ('ringing', 'llamando'), ('answered', 'contestada'), ('completed', 'completada'), ('failed', 'fallida'), ('no_answer', 'no contesta'), ('busy', 'ocupado'), ('cancelled', 'cancelada')], default='initiated', max_length=20, verbose_name='estado')),
                ('disposition', models.CharField(blank=True, choices=[('interested', 'interesado'), ('not_interested', 'no interesado'), ('call_back', 'volver a llamar'), ('appointment', 'agendó visita'), ('voicemail', 'buzón de voz'), ('wrong_number', 'número equivocado'), ('opted_out', 'pidió no ser llamado'), ('other', 'otro')], max_length=20, null=True, verbose_name='resultado')),
                ('call_purpose', models.CharField(choices=[('qualification', 'calificación'), ('follow_up', 'seguimiento'), ('reminder', 'recordatorio'), ('confirmation', 'confirmación'), ('campaign', 'campaña')], default='qualification', max_length=20, verbose_name='propósito')),
                ('caller_id_class', models.CharField(blank=True, choices=[('600', '600: llamada no solicitada'), ('809', '809: llamada solicitada')], max_length=3, null=True, verbose_name='clase de identificador')),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='teléfono')),
                ('reason', models.CharField(blank=True, max_length=100, verbose_name='motivo')),
                ('is_incoming', models.BooleanField(default=False, verbose_name='entrante')),
                ('attempt', models.PositiveSmallIntegerField(default=1, verbose_name='intento')),
                ('retry_at', models.DateTimeField(blank=True, null=True, verbose_name='próximo intento')),
                ('dialled_at', models.DateTimeField(blank=True, null=True, verbose_name='marcada')),
                ('reported_at', models.DateTimeField(blank=True, null=True, verbose_name='informe aplicado')),
                ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='inicio')),
                ('completed_at', models.DateTimeField(blank=True, null=True, verbose_name='término')),
                ('duration', models.PositiveIntegerField(blank=True, null=True, verbose_name='duración (segundos)')),
                ('recording_url', models.URLField(blank=True, max_length=1000, verbose_name='grabación')),
                ('summary', models.TextField(blank=True, verbose_name='resumen')),
                ('score_delta', models.FloatField(blank=True, null=True, verbose_name='cambio de puntaje')),
                ('stage_after_call', models.CharField(blank=True, choices=[('entrada', 'Entrada'), ('perfilamiento', 'Perfilamiento'), ('calificacion_financiera', 'Calificación financiera'), ('agendado', 'Agendado'), ('seguimiento', 'Seguimiento'), ('referidos', 'Referidos'), ('ganado', 'Ganado'), ('perdido', 'Perdido')], max_length=50, null=True, verbose_name='etapa después')),
                ('cost_usd', models.DecimalField(blank=True, decimal_places=4, max_digits=10, null=True, verbose_name='costo (USD)')),
                ('broker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='leads.lead', verbose_name='lead')),
                ('placed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='pedida por')),
                ('retry_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='retries', to='voice.voicecall', verbose_name='primera llamada')),
            ],
            options={
                'verbose_name': 'llamada',
                'verbose_name_plural': 'llamadas',
                'db_table': 'voice_calls',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['broker', 'status', '-id'], name='voice_calls_broker'), models.Index(fields=['lead', '-id'], name='voice_calls_lead'), models.Index(condition=models.Q(('retry_at__isnull', False)), fields=['retry_at'], name='voice_calls_retry'), models.Index(condition=models.Q(('status__in', ['initiated', 'ringing', 'answered'])), fields=['created_at'], name='voice_calls_under_way')],
                'constraints': [models.CheckConstraint(condition=models.Q(('provider__in', ['vapi', 'bland', 'simulated'])), name='voice_calls_provider_valid'), models.CheckConstraint(condition=models.Q(('status__in', ['initiated', 'ringing', 'answered', 'completed', 'failed', 'no_answer', 'busy', 'cancelled'])), name='voice_calls_status_valid'), models.CheckConstraint(condition=models.Q(('disposition__in', ['interested', 'not_interested', 'call_back', 'appointment', 'voicemail', 'wrong_number', 'opted_out', 'other'])), name='voice_calls_disposition_valid'), models.CheckConstraint(condition=models.Q(('call_purpose__in', ['qualification', 'follow_up', 'reminder', 'confirmation', 'campaign'])), name='voice_calls_call_purpose_valid'), models.CheckConstraint(condition=models.Q(('caller_id_class__in', ['600', '809'])), name='voice_calls_caller_id_class_valid'), models.CheckConstraint(condition=models.Q(('stage_after_call__in', ['entrada', 'perfilamiento', 'calificacion_financiera', 'agendado', 'seguimiento', 'referidos', 'ganado', 'perdido'])), name='voice_calls_stage_after_call_valid'), models.CheckConstraint(condition=models.Q(('cost_usd__gte', 0)), name='voice_calls_cost_usd_range'), models.CheckConstraint(condition=models.Q(('score_delta__gte', -100), ('score_delta__lte', 100)), name='voice_calls_score_delta_range'), models.UniqueConstraint(condition=models.Q(('external_call_id__isnull', False)), fields=('provider', 'external_call_id'), name='voice_calls_external_unique')],
            },
        ),
        migrations.CreateModel(
            name='CallTranscript',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('position', models.PositiveIntegerField(verbose_name='línea')),
                ('speaker', models.CharField(choices=[('bot', 'asistente'), ('customer', 'cliente')], max_length=10, verbose_name='habla')),
                ('text', models.TextField(verbose_name='texto')),
                ('timestamp', models.FloatField(verbose_name='segundo')),
                ('confidence', models.FloatField(blank=True, null=True, verbose_name='confianza')),
                ('broker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora')),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='voice.voicecall', verbose_name='llamada')),
            ],
            options={
                'verbose_name': 'línea de transcripción',
                'verbose_name_plural': 'transcripciones',
                'db_table': 'call_transcripts',
                'ordering': ['call', 'position'],
                'constraints': [models.CheckConstraint(condition=models.Q(('speaker__in', ['bot', 'customer'])), name='call_transcripts_speaker_valid'), models.CheckConstraint(condition=models.Q(('timestamp__gte', 0)), name='call_transcripts_timestamp_range'), models.CheckConstraint(condition=models.Q(('confidence__gte', 0), ('confidence__lte', 1)), name='call_transcripts_confidence_range'), models.UniqueConstraint(fields=('call', 'position'), name='call_transcripts_once')],
            },
        ),
        migrations.CreateModel(
            name='VoiceCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('provider', models.CharField(choices=[('vapi', 'Vapi'), ('bland', 'Bland'), ('simulated', 'simulado')], max_length=20, verbose_name='proveedor')),
                ('at', models.DateTimeField(verbose_name='momento')),
                ('duration', models.PositiveIntegerField(blank=True, null=True, verbose_name='duración (segundos)')),
                ('cost_usd', models.DecimalField(decimal_places=4, max_digits=10, verbose_name='costo (USD)')),
                ('broker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora')),
            ],
            options={
                'verbose_name': 'costo de una llamada borrada',
                'verbose_name_plural': 'costos de llamadas borradas',
                'db_table': 'voice_costs',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['broker', '-at'], name='voice_costs_broker')],
                'constraints': [models.CheckConstraint(condition=models.Q(('provider__in', ['vapi', 'bland', 'simulated'])), name='voice_costs_provider_valid'), models.CheckConstraint(condition=models.Q(('cost_usd__gte', 0)), name='voice_costs_cost_usd_range')],
            },
        ),
        migrations.CreateModel(
            name='VoiceEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('provider', models.CharField(choices=[('vapi', 'Vapi'), ('bland', 'Bland'), ('simulated', 'simulado')], max_length=20, verbose_name='proveedor')),
                ('event_key', models.CharField(max_length=250, verbose_name='clave del evento')),
                ('status', models.CharField(choices=[('initiated', 'iniciada'), ('ringing', 'llamando'), ('answered', 'contestada'), ('completed', 'completada'), ('failed', 'fallida'), ('no_answer', 'no contesta'), ('busy', 'ocupado'), ('cancelled', 'cancelada')], max_length=20, verbose_name='estado')),
                ('reason', models.CharField(blank=True, max_length=100, verbose_name='motivo')),
                ('payload', models.JSONField(blank=True, null=True, verbose_name='informe')),
                ('at', models.DateTimeField(verbose_name='momento')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='aplicado')),
                ('broker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora')),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='voice.voicecall', verbose_name='llamada')),
            ],
            options={
                'verbose_name': 'evento de llamada',
                'verbose_name_plural': 'eventos de llamadas',
                'db_table': 'voice_events',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('applied_at__isnull', True)), fields=['id'], name='voice_events_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(('provider__in', ['vapi', 'bland', 'simulated'])), name='voice_events_provider_valid'), models.CheckConstraint(condition=models.Q(('status__in', ['initiated', 'ringing', 'answered', 'completed', 'failed', 'no_answer', 'busy', 'cancelled'])), name='voice_events_status_valid'), models.UniqueConstraint(fields=('broker', 'provider', 'event_key'), name='voice_events_once')],
            },
        ),
    ]
