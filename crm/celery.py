"""The Celery application: settings from Django, tasks from every app."""

import os

from celery import Celery

from crm import observed  # noqa: F401 - connects itself to what Celery tells of tasks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

app = Celery("crm", task_cls="crm.tasks:BaseTask")
app.config_from_object("crm.celery_settings:settings", namespace="CELERY")
app.conf.update(CELERY_DB_REUSE_MAX=1000)
app.autodiscover_tasks()
