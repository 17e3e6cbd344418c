"""ASGI entry point, for servers that speak it."""

import os

from django.core.asgi import get_asgi_application

from crm import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
application = get_asgi_application()
connections.become("web")
