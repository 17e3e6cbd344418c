"""From now on a channel that is not turned on neither receives nor sends: those in use are."""

from django.db import migrations



def turn_on(apps, schema_editor):
    for config in apps.get_model("brokers", "BrokerChatConfig").objects.iterator():
        configured = [name for name, given in config.provider_configs.items() if given]
        config.enabled_providers = list(
            dict.fromkeys([*config.enabled_providers, "email", *configured])
        )
        config.save(update_fields=["enabled_providers"])


class Migration(migrations.Migration):
    dependencies = [("brokers", "0001_initial")]

    operations = [migrations.RunPython(turn_on, migrations.RunPython.noop)]
