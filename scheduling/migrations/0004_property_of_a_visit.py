import django.db.models.deletion
from django.db import migrations, models


def of_property(**more: object) -> models.ForeignKey:
    return models.ForeignKey(
        blank=True,
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        to="knowledge.knowledgeentry",
        verbose_name="propiedad",
        **more,
    )


def requested() -> models.CharField:
    return models.CharField(
        blank=True, editable=False, max_length=300, verbose_name="lo que pidió"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0003_blocks_from_calendars"),
        ("knowledge", "0006_first_figures"),
    ]

    operations = [
        migrations.AddField("appointment", "listing", of_property(related_name="visits")),
        migrations.AddField("appointment", "requested", requested()),
        migrations.AddField("slotoffer", "listing", of_property(related_name="+")),
        migrations.AddField("slotoffer", "requested", requested()),
    ]
