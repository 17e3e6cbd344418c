import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.utils.timezone
import pgvector.django.extensions
import pgvector.django.indexes
import pgvector.django.vector
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
        pgvector.django.extensions.VectorExtension(),
        migrations.CreateModel(
            name='KnowledgeDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('title', models.CharField(max_length=255, verbose_name='título')),
                ('format', models.CharField(choices=[('csv', 'CSV'), ('markdown', 'Markdown'), ('text', 'texto')], default='text', editable=False, max_length=20, verbose_name='formato')),
                ('source_type', models.CharField(choices=[('property', 'propiedad'), ('faq', 'pregunta frecuente'), ('policy', 'política'), ('subsidy', 'subsidio'), ('custom', 'otro')], default='custom', max_length=50, verbose_name='tipo')),
                ('text', models.TextField(verbose_name='texto')),
                ('content_hash', models.CharField(editable=False, max_length=64, verbose_name='huella')),
                ('status', models.CharField(choices=[('pending', 'pendiente'), ('ready', 'lista'), ('failed', 'fallida')], default='pending', editable=False, max_length=20, verbose_name='estado')),
                ('error', models.CharField(blank=True, editable=False, max_length=300, verbose_name='error')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='intentos')),
                ('due_at', models.DateTimeField(editable=False, null=True, verbose_name='procesar desde')),
                ('broker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora')),
            ],
            options={
                'verbose_name': 'documento',
                'verbose_name_plural': 'documentos',
                'db_table': 'knowledge_documents',
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('source_type__in', ['property', 'faq', 'policy', 'subsidy', 'custom'])), name='knowledge_documents_source_type_valid'), models.CheckConstraint(condition=models.Q(('format__in', ['csv', 'markdown', 'text'])), name='knowledge_documents_format_valid'), models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'ready', 'failed'])), name='knowledge_documents_status_valid'), models.UniqueConstraint(fields=('broker', 'content_hash'), name='knowledge_documents_once')],
            },
        ),
        migrations.CreateModel(
            name='KnowledgeEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('title', models.CharField(max_length=255, verbose_name='título')),
                ('content', models.TextField(verbose_name='contenido')),
                ('embedding', pgvector.django.vector.VectorField(dimensions=768, editable=False, null=True)),
                ('embedding_model', models.CharField(blank=True, editable=False, max_length=100, verbose_name='modelo de embedding')),
                ('content_hash', models.CharField(editable=False, max_length=64, verbose_name='huella')),
                ('embed_status', models.CharField(choices=[('pending', 'pendiente'), ('ready', 'lista'), ('failed', 'fallida')], default='pending', editable=False, max_length=20, verbose_name='estado')),
                ('embed_attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='intentos')),
                ('embed_due_at', models.DateTimeField(editable=False, null=True, verbose_name='procesar desde')),
                ('embed_error', models.CharField(blank=True, editable=False, max_length=200, verbose_name='error')),
                ('embed_again', models.BooleanField(default=False, editable=False, verbose_name='indexar de nuevo')),
                ('source_type', models.CharField(choices=[('property', 'propiedad'), ('faq', 'pregunta frecuente'), ('policy', 'política'), ('subsidy', 'subsidio'), ('custom', 'otro')], default='custom', max_length=50, verbose_name='tipo')),
                ('metadata', models.JSONField(blank=True, default=dict, verbose_name='datos')),
                ('part', models.PositiveIntegerField(default=0, editable=False, verbose_name='parte')),
                ('valid_from', models.DateField(blank=True, null=True, verbose_name='vigente desde')),
                ('valid_until', models.DateField(blank=True, null=True, verbose_name='vigente hasta')),
                ('listing', models.JSONField(editable=False, null=True, verbose_name='ficha')),
                ('listed_place', models.CharField(blank=True, editable=False, max_length=60, verbose_name='comuna')),
                ('listed_uf', models.FloatField(editable=False, null=True, verbose_name='precio en UF')),
                ('listed_clp', models.FloatField(editable=False, null=True, verbose_name='precio en pesos')),
                ('search', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector('title', config='spanish', weight='A'), '||', django.contrib.postgres.search.SearchVector('content', config='spanish', weight='B'), django.contrib.postgres.search.SearchConfig('spanish')), output_field=django.contrib.postgres.search.SearchVectorField())),
                ('broker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora')),
                ('document', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='knowledge.knowledgedocument', verbose_name='documento')),
            ],
            options={
                'verbose_name': 'entrada de conocimiento',
                'verbose_name_plural': 'base de conocimiento',
                'db_table': 'knowledge_base',
                'ordering': ['-id'],
                'indexes': [pgvector.django.indexes.IvfflatIndex(fields=['embedding'], lists=100, name='knowledge_base_embedding', opclasses=['vector_cosine_ops']), django.contrib.postgres.indexes.GinIndex(fields=['search'], name='knowledge_base_search'), models.Index(fields=['broker', 'source_type', '-id'], name='knowledge_base_broker'), models.Index(fields=['broker', 'embed_status'], name='knowledge_base_status'), models.Index(condition=models.Q(('source_type', 'property')), fields=['broker', 'listed_place', '-id'], name='knowledge_base_stock')],
                'constraints': [models.CheckConstraint(condition=models.Q(('source_type__in', ['property', 'faq', 'policy', 'subsidy', 'custom'])), name='knowledge_base_source_type_valid'), models.CheckConstraint(condition=models.Q(('embed_status__in', ['pending', 'ready', 'failed'])), name='knowledge_base_embed_status_valid'), models.CheckConstraint(condition=models.Q(('valid_from__isnull', True), ('valid_until__isnull', True), ('valid_from__lte', models.F('valid_until')), _connector='OR'), name='knowledge_base_validity_order', violation_error_message='La vigencia debe terminar después de empezar.'), models.CheckConstraint(condition=models.Q(models.Q(('embed_status', 'ready'), _negated=True), ('embedding__isnull', False), _connector='OR'), name='knowledge_base_ready_has_embedding'), models.UniqueConstraint(condition=models.Q(('document__isnull', False)), fields=('document', 'part'), name='knowledge_base_part_once')],
            },
        ),
        migrations.CreateModel(
            name='KnowledgeGap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('question', models.CharField(max_length=500, verbose_name='pregunta')),
                ('question_key', models.CharField(editable=False, max_length=64)),
                ('times', models.PositiveIntegerField(default=1, verbose_name='veces')),
                ('state', models.CharField(choices=[('open', 'sin respuesta'), ('resolved', 'resuelta')], default='open', max_length=20, verbose_name='estado')),
                ('broker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora')),
                ('last_message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='leads.chatmessage', verbose_name='último mensaje')),
            ],
            options={
                'verbose_name': 'pregunta sin respuesta',
                'verbose_name_plural': 'preguntas sin respuesta',
                'db_table': 'knowledge_gaps',
                'ordering': ['-times', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['open', 'resolved'])), name='knowledge_gaps_state_valid'), models.UniqueConstraint(fields=('broker', 'question_key'), name='knowledge_gaps_question_unique')],
            },
        ),
        migrations.CreateModel(
            name='ListingRefusal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('title', models.CharField(editable=False, max_length=255, verbose_name='título')),
                ('listing', models.JSONField(default=dict, editable=False, verbose_name='ficha')),
                ('reason', models.CharField(choices=[('price', 'muy cara'), ('place', 'no le gusta el sector'), ('size', 'muy chica'), ('kind', 'no es el tipo de propiedad que busca'), ('delivery', 'se entrega muy tarde'), ('pets', 'no acepta mascotas'), ('other', 'otro motivo')], max_length=20, verbose_name='motivo')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='lo que dijo')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='momento')),
                ('broker', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora')),
                ('by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='registrado por')),
                ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='refusals', to='knowledge.knowledgeentry', verbose_name='propiedad')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='leads.lead', verbose_name='lead')),
            ],
            options={
                'verbose_name': 'propiedad rechazada',
                'verbose_name_plural': 'propiedades rechazadas',
                'db_table': 'listing_refusals',
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__in', ['price', 'place', 'size', 'kind', 'delivery', 'pets', 'other'])), name='listing_refusals_reason_valid'), models.UniqueConstraint(fields=('lead', 'entry', 'reason'), name='listing_refusals_once')],
            },
        ),
        migrations.CreateModel(
            name='Figure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='creado')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='actualizado')),
                ('kind', models.CharField(choices=[('uf', 'UF (pesos)'), ('utm', 'UTM (pesos)'), ('down_payment', 'Pie (% del precio)'), ('rate', 'Tasa anual sobre UF (%)'), ('term', 'Plazo (años)'), ('dividend_share', 'Dividendo máximo (% de la renta)'), ('debt_share', 'Carga financiera máxima con otras deudas (% de la renta)'), ('ds1_1', 'DS1 tramo 1 (UF: ahorro mínimo y precio máximo)'), ('ds1_2', 'DS1 tramo 2 (UF: ahorro mínimo y precio máximo)'), ('ds1_3', 'DS1 tramo 3 (UF: ahorro mínimo y precio máximo)'), ('ds19', 'DS19 (UF: ahorro mínimo y precio máximo)')], max_length=30, verbose_name='valor')),
                ('low', models.DecimalField(decimal_places=4, max_digits=14, verbose_name='valor, o mínimo')),
                ('high', models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True, verbose_name='máximo')),
                ('source', models.CharField(max_length=200, verbose_name='fuente')),
                ('source_url', models.URLField(blank=True, max_length=300, verbose_name='enlace a la fuente')),
                ('as_of', models.DateField(verbose_name='valor al día')),
                ('broker', models.ForeignKey(blank=True, help_text='Sin corredora, vale para todas las que no tengan un valor propio.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='brokers.broker', verbose_name='corredora')),
            ],
            options={
                'verbose_name': 'valor de referencia',
                'verbose_name_plural': 'valores de referencia',
                'db_table': 'figures',
                'ordering': ['kind', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['uf', 'utm', 'down_payment', 'rate', 'term', 'dividend_share', 'debt_share', 'ds1_1', 'ds1_2', 'ds1_3', 'ds19'])), name='figures_kind_valid'), models.CheckConstraint(condition=models.Q(('low__gte', 0)), name='figures_low_range'), models.CheckConstraint(condition=models.Q(('high__isnull', True), ('high__gte', models.F('low')), _connector='OR'), name='figures_order', violation_error_message='El máximo no puede ser menor que el mínimo.'), models.UniqueConstraint(fields=('broker', 'kind'), name='figures_once', nulls_distinct=False)],
            },
        ),
    ]
