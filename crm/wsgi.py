"""WSGI entry point: what crm.asgi puts behind our front door, and what any other server may run."""

import os

from django.core.wsgi import get_wsgi_application

from crm import connections, starting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
with starting.in_one_line():
    application = get_wsgi_application()
    starting.refuse_without_pages()
connections.become("web")
app = application
