"""The product's addresses: Admin, API, health, and what each app adds under its own module."""

from django.contrib import admin
from django.urls import path

from crm import health

urlpatterns = [
    path("admin/", admin.site.urls),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
]
