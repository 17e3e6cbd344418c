"""ASGI entry point, for servers that speak it."""

import os

from django.core.asgi import get_asgi_application

from crm import connections, starting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
with starting.in_one_line():
    application = get_asgi_application()
    starting.refuse_without_pages()
connections.become("web")
