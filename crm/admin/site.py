"""The Admin site: only admins that know of tenants are shown."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from crm.admin.base import TenantAdmin


class Site(UnfoldAdminSite):
    """Ignores what third-party apps register: users here hold no Django permissions or groups."""

    index_title = _("Inicio")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        if admin_class is not None and issubclass(admin_class, TenantAdmin):
            super().register(model_or_iterable, admin_class, **options)
