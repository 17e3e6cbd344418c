"""The language in which a lead writes to us, for what we send them ourselves."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import translation

from brokers.language import in_language_of
from leads.channels.choices import PRESSED
from leads.enums import Direction
from leads.languages import Language, spoken_by
from leads.models import ChatMessage, Lead

_READ = 10  # messages: who changes language is answered in the new one


def language_of(lead: Lead) -> Language | None:
    """None for who has written nothing, or too little to tell."""
    written = ChatMessage.objects.filter(lead=lead, direction=Direction.IN).exclude(
        provider_metadata__has_key=PRESSED  # in words of ours
    )
    return spoken_by(written.order_by("-pk").values_list("message_text", flat=True)[:_READ])


@contextmanager
def in_language_of_lead(lead: Lead) -> Iterator[str]:
    """The lead's, else the brokerage's."""
    language = language_of(lead)
    if language is None:
        with in_language_of(lead.broker) as code:
            yield code
        return
    with translation.override(language):
        yield language
