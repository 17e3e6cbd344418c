"""How Admin looks: names, colours, navigation, as unfold reads them from the settings."""

from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("CRM inmobiliario"),
    "SITE_HEADER": _("CRM inmobiliario"),
    "SITE_SYMBOL": "real_estate_agent",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("crm/favicon.svg")}
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "crm.admin.dashboard.context",
    "LOGIN": {"form": "brokers.entrance.SignInForm"},
    "STYLES": [lambda _request: static("crm/admin.css")],
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "crm.admin.navigation.groups",
    },
    "ACCOUNT": {"navigation": "crm.admin.navigation.account"},
    "COLORS": {
        "primary": {
            "50": "oklch(97.7% .013 236.62)",
            "100": "oklch(95.1% .026 236.824)",
            "200": "oklch(90.1% .058 230.902)",
            "300": "oklch(82.8% .111 230.318)",
            "400": "oklch(74.6% .16 232.661)",
            "500": "oklch(68.5% .169 237.323)",
            "600": "oklch(54.8% .146 241.966)",
            "700": "oklch(48% .124 242.749)",
            "800": "oklch(42.3% .105 240.876)",
            "900": "oklch(37.1% .086 240.876)",
            "950": "oklch(29.3% .066 243.157)",
        }
    },
}
