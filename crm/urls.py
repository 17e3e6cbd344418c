"""The product's addresses: Admin, API, health, and what each app adds under its own module."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerView

from crm import health
from crm.api import openapi
from crm.api.errors import not_found
from crm.metrics.views import metrics

API = [
    path("", include("brokers.urls")),
    path("", include("leads.urls")),
    path("", include("knowledge.urls")),
    path("", include("scheduling.urls")),
    path("", include("llm.urls")),
    path("", include("voice.urls")),
    path("", include("campaigns.urls")),
]


# Only to be looked at: it describes itself to nobody.
docs = SpectacularSwaggerView.as_view(url_name="schema", http_method_names=["get", "head"])

# Admin, which asks who is not signed in to sign in.
front = RedirectView.as_view(pattern_name="admin:index", http_method_names=["get", "head"])

handler400 = "crm.responses.bad_request"
handler403 = "crm.responses.permission_denied"
handler404 = "crm.responses.page_not_found"
handler500 = "crm.responses.server_error"

urlpatterns = [
    path("", front, name="front"),
    path("", include("brokers.account_urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", metrics, name="metrics"),
    path("chat/", include("leads.chat_urls")),
    path("forms/", include("leads.forms_urls")),
    path("calcular/", include("knowledge.calculator_urls")),
    path("hooks/voice/", include("voice.hooks_urls")),
    path("", include("scheduling.hooks_urls")),
    path("hooks/", include("leads.hooks_urls")),
    path("api/v1/", include(API)),
    path("api/schema/", openapi.schema, name="schema"),
    path("api/docs/", docs, name="docs"),
    path("api", not_found),
    re_path(r"^api/", not_found),
]
