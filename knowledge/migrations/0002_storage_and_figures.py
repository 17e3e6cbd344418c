"""Embeddings inline, and the installation's first figures, dated and sourced."""

import datetime

from django.db import migrations

# UF and UTM are entered: a value that ships with a version would be wrong the day it is installed.
FIGURES = (
    ('down_payment', '20', None, 'Práctica habitual de los bancos: financian hasta el 80 % del precio', '', (2025, 12, 31)),
    ('rate', '4.14', '5.00', 'Banco Central de Chile: tasa promedio de vivienda en UF, 4,14 % en diciembre de 2025; hasta 5 % por prudencia',
     'https://www.bcentral.cl', (2025, 12, 31)),
    ('term', '20', '30', 'Plazos habituales de los créditos hipotecarios en UF', '', (2025, 12, 31)),
    ('dividend_share', '25', None, 'Práctica habitual de los bancos: el dividendo no supera el 25 % de la renta líquida', '', (2025, 12, 31)),
    ('debt_share', '40', None, 'Práctica habitual de los bancos: todas las cuotas no superan el 40 % de la renta líquida', '', (2025, 12, 31)),
    ('ds1_1', '30', '1100', 'Minvu, DS1 de 2025, compra; hasta UF 1.200 en zonas extremas', 'https://www.minvu.gob.cl', (2025, 10, 17)),
    ('ds1_2', '40', '1600', 'Minvu, DS1 de 2025, compra; hasta UF 1.800 en zonas extremas', 'https://www.minvu.gob.cl', (2025, 10, 17)),
    ('ds1_3', '80', '2200', 'Minvu, DS1 de 2025, compra; hasta UF 2.600 en zonas extremas', 'https://www.minvu.gob.cl', (2025, 10, 17)),
    ('ds19', '30', '2200', 'Minvu, DS19 de 2025; el ahorro depende del tramo', 'https://www.minvu.gob.cl', (2026, 3, 6)),
)  # fmt: skip


def enter_figures(apps, schema_editor):
    figures = apps.get_model('knowledge', 'Figure').objects
    if figures.exists():
        return
    figures.bulk_create(
        figures.model(kind=kind, low=low, high=high, source=source, source_url=url, as_of=datetime.date(*as_of))
        for kind, low, high, source, url, as_of in FIGURES
    )


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial")]

    operations = [
        # Exact search within a broker reads no TOAST table.
        migrations.RunSQL(
            "ALTER TABLE knowledge_base ALTER COLUMN embedding SET STORAGE PLAIN",
            "ALTER TABLE knowledge_base ALTER COLUMN embedding SET STORAGE EXTERNAL",
        ),
        migrations.RunPython(enter_figures, migrations.RunPython.noop),
    ]
