"""The language of a brokerage: what its leads and people read, whoever writes it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import translation

from brokers.models import Broker


@contextmanager
def in_language_of(broker: Broker) -> Iterator[str]:
    """What a broker's leads and people read, whoever wrote it: a worker, or a page in another."""
    known = broker.language in dict(settings.LANGUAGES)
    language = broker.language if known else settings.LANGUAGE_CODE
    with translation.override(language):
        yield language
