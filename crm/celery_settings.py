"""Django's settings as Celery reads them, when it first asks: by itself it would hide what is wrong."""

from django.conf import settings

from crm.starting import in_one_line

with in_one_line():
    assert settings.SECRET_KEY
