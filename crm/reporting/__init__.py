"""Traces to an OpenTelemetry collector and errors to Sentry, where the settings name one.

Their libraries are imported only then. What leaves is chosen by name: whatever they or their next
versions gather besides (addresses, bodies, arguments, local variables) stays.
"""

from importlib import import_module

from django.conf import settings


def start() -> None:
    """What the settings ask for; without them nothing is imported, so that a start stays quick."""
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        import_module("crm.reporting.traces").start(settings.OTEL_EXPORTER_OTLP_ENDPOINT)
    if settings.SENTRY_DSN:
        import_module("crm.reporting.sentry").start(settings.SENTRY_DSN)
