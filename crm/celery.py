"""The Celery application: settings from Django, tasks from every app."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

app = Celery("crm", task_cls="crm.tasks:BaseTask")
app.config_from_object("crm.celery_settings:settings", namespace="CELERY")
app.conf.update(CELERY_DB_REUSE_MAX=1000)
app.autodiscover_tasks()
