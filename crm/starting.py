"""Starting, or one line that says why not: for every way in which the product is started."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured


@contextmanager
def in_one_line() -> Iterator[None]:
    """A setting that is missing or wrong is a line for a person, not a traceback."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{' '.join(str(error).split())}\n")
        raise SystemExit(1) from None


def refuse_without_pages() -> None:
    """A web process without its static files would answer every page with an error."""
    from crm import pages  # noqa: PLC0415 - needs the settings, which are loaded by now

    if trouble := pages.trouble():
        raise ImproperlyConfigured(trouble)
