from django.contrib.auth.hashers import check_password
from django.db import migrations

ACCOUNTS = ["root@demo.test", "admin@demo.test", "ana@demo.test", "luis@demo.test", "admin@rival.test"]


def mark(apps, schema_editor):
    """Hashes of before the mark: only the demo's own accounts, each costs a bcrypt."""
    users = apps.get_model("brokers", "User").objects.filter(email__in=ACCOUNTS)
    for user in users.exclude(password__startswith="demo$"):
        if check_password("demo", user.password):
            user.password = "demo$" + user.password.partition("$")[2]
            user.save(update_fields=["password"])


class Migration(migrations.Migration):
    dependencies = [("brokers", "0005_signing_in")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
