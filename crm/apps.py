"""App registration of the base, and the registries that every app may fill."""

from django.apps import AppConfig
from django.contrib.admin import apps as django_admin
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from crm import reporting


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = _("Operación")

    def ready(self) -> None:
        reporting.start()
        autodiscover_modules(
            "checks",
            "receivers",
            "parts",
            "duties",
            "tools",
            "shortcuts",
            "situations",
            "card_verbs",
            "dashboard",
            "schema",
            "usage",
            "queues",
            "troubles",
        )


class AdminConfig(django_admin.AdminConfig):
    """Django Admin on our own site."""

    default = False
    default_site = "crm.admin.site.Site"
