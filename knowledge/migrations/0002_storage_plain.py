"""Keep embeddings inline: exact search within a broker reads no TOAST table."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE knowledge_base ALTER COLUMN embedding SET STORAGE PLAIN",
            "ALTER TABLE knowledge_base ALTER COLUMN embedding SET STORAGE EXTERNAL",
        )
    ]
