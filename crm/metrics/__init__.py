"""Figures for Prometheus: counted in every process, added up in Redis, read at ``/metrics``."""

from crm.metrics.recording import Counter, Histogram

__all__ = ["Counter", "Histogram"]
