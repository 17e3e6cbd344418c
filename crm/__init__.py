"""Project package and base of the house."""

from crm.celery import app as celery_app

__all__ = ["celery_app"]
