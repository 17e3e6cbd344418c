"""WSGI entry point, served by gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from crm import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
application = get_wsgi_application()
connections.become("web")
app = application
