"""ASGI entry point, which `python -m crm.web` serves: Django's WSGI application behind our door."""

from crm.wsgi import application as django_application

# isort: split
# Only now: what is wrong with the settings was said in one line by the import above.
from django.conf import settings
from django.urls import get_resolver

from crm.web.front import Front

_ = get_resolver().url_patterns  # imports every view now: seconds that no visitor waits for
application = Front(django_application, threads=settings.WEB_THREADS)
